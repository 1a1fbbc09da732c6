"""What Prometheus reads."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from reviewapps.coordination.counters import RedisCounters
from reviewapps.coordination.due import Due
from reviewapps.coordination.lease import Leases
from reviewapps.coordination.soon import Soon
from reviewapps.wiring import installation
from tests.web.seen import shop
from tests.web.serving import Serving


def scraped(web: Serving) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families(web.ask("/metrics").text)
        for sample in family.samples
    }


def test_what_workers_count_is_added_up(web: Serving) -> None:
    one, other = (RedisCounters(web.redis, web.told.prefix) for _ in range(2))
    for counters in (one, other):
        counters.count("deploys", result="live", stage="")
        counters.observe("time_to_url", 45)
    one.count("deploys", result="refused", stage="build")
    one.observe("time_to_url", 5000)
    seen = scraped(web)
    assert seen["reviewapps_deploys_total", "live", ""] == 2
    assert seen["reviewapps_deploys_total", "refused", "build"] == 1
    bucket = "reviewapps_time_to_url_seconds_bucket"
    assert [seen[bucket, le] for le in ("30.0", "60.0", "3600.0", "+Inf")] == [0, 2, 2, 3]
    assert seen["reviewapps_time_to_url_seconds_sum",] == 5090


def test_what_stands_there_now_is_told(web: Serving) -> None:
    web.show(shop(2))
    web.remember("points:github", [4998, 5000])
    due = Due(web.redis, web.told.prefix, forward=95)
    due.wake("7/pr-1", at=due.now() - 30)
    due.wake("7/pr-2", at=due.now() + 30)
    lease = Leases(web.redis, web.told.prefix, seconds=60).take("7/pr-1")
    assert lease is not None
    with lease:
        seen = scraped(web)
    assert seen["reviewapps_environments", "acme/shop", "live"] == 3
    assert seen["reviewapps_pull_requests_without_preview", "acme/shop", "fork"] == 1
    assert seen["reviewapps_memory_megabytes", "acme/shop"] == 512
    assert seen["reviewapps_last_look_age_seconds", "acme/shop"] == pytest.approx(12, abs=5)
    assert (seen["reviewapps_due",], seen["reviewapps_leases_held",]) == (2, 1)
    assert seen["reviewapps_due_age_seconds",] == pytest.approx(30, abs=5)
    assert (seen["reviewapps_github_points_left",], seen["reviewapps_github_points_allowed",]) == (4998, 5000)
    assert (
        seen["reviewapps_budget_left", "cloudfoundry"]
        == seen["reviewapps_budget_allowed", "cloudfoundry"]
        == 12
    )


def test_how_long_a_webhook_waits_for_its_look_is_counted(web: Serving) -> None:
    Soon(web.redis, web.told.prefix).ask("acme/shop", "1")
    assert installation(web.told).asked_for() == ["acme/shop"]
    assert scraped(web)["reviewapps_webhook_lag_seconds_count",] == 1
