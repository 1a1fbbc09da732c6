"""``/metrics``, for Prometheus: what all processes counted in Redis, and what stands there at this moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from reviewapps.coordination.counters import BOUNDS, Count
from reviewapps.web.doors import Trusted
from reviewapps.web.looks import Seen
from reviewapps.web.site import Site

COUNTERS: Final = {
    "deploys": ("Deploys by result, and by the stage at which one was refused.", ("result", "stage")),
    "removals": ("Apps taken away.", ()),
    "looks": ("Looks at a repository, by result.", ("result",)),
}
HISTOGRAMS: Final = {
    "time_to_url": "From the beginning of a deploy until its address answered.",
    "webhook_lag": "From a webhook's arrival until its look was called for.",
}


def metrics(site: Site) -> APIRouter:
    """The one route."""
    router = APIRouter(include_in_schema=False)
    site.tally.registry.register(Standing(site))

    @router.get("/metrics")
    def told(visitor: Trusted) -> Response:
        return Response(generate_latest(site.tally.registry), media_type=CONTENT_TYPE_LATEST)

    return router


class Standing(Collector):
    """What Redis knows when it is asked. With Redis away it says just that."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is would have to be asked of Redis, at a time when nobody scrapes."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric but those of this process alone."""
        try:
            found = [*self._counted(), *self._due(), *self._seen(), *self._budgets()]
        except RedisError:
            yield _gauge("redis_up", "Whether Redis answers.", 0)
            return
        yield _gauge("redis_up", "Whether Redis answers.", 1)
        yield from found

    def _counted(self) -> Iterator[Metric]:
        counts = list(self._site.counters.all())
        for name, (text, labels) in COUNTERS.items():
            family = CounterMetricFamily(f"reviewapps_{name}", text, labels=labels)
            for one in counts:
                if (one.name, one.kind) == (name, "count"):
                    told = dict(one.labels)
                    family.add_metric([told.get(label, "") for label in labels], one.value)
            yield family
        for name, text in HISTOGRAMS.items():
            yield _histogram(name, text, [one for one in counts if one.name == name])

    def _due(self) -> Iterator[Metric]:
        due, now = self._site.due.all(), self._site.due.now()
        late = [now - at for at in due.values() if at <= now]
        yield _gauge("due", "Environments that somebody should look at, now or later.", len(due))
        yield _gauge(
            "due_age_seconds", "For how long the one that waits longest is due.", max(late, default=0.0)
        )
        rows = (row for seen in self._site.looks.all() if seen.overview for row in seen.overview.rows)
        known = due.keys() | {row.environment.key for row in rows}
        yield _gauge("leases_held", "Environments that are worked on now.", self._site.leases.held(known))

    def _seen(self) -> Iterator[Metric]:
        states = GaugeMetricFamily(
            "reviewapps_environments", "Environments by state.", labels=("repository", "state")
        )
        passed = GaugeMetricFamily(
            "reviewapps_pull_requests_without_preview", "By reason.", labels=("repository", "why")
        )
        ages = GaugeMetricFamily(
            "reviewapps_last_look_age_seconds", "Age of the last whole look.", labels=("repository",)
        )
        memory = GaugeMetricFamily(
            "reviewapps_memory_megabytes", "What environments hold.", labels=("repository",)
        )
        for seen in self._site.looks.all():
            if seen.overview is None:
                continue
            for state, number in Counter(row.state for row in seen.overview.rows).items():
                states.add_metric((seen.repository, state), number)
            for why, number in Counter(one.why for one in seen.overview.passed).items():
                passed.add_metric((seen.repository, why), number)
            ages.add_metric((seen.repository,), _age(seen))
            memory.add_metric((seen.repository,), sum(row.memory_mb for row in seen.overview.rows))
        yield from (states, passed, ages, memory)

    def _budgets(self) -> Iterator[Metric]:
        left = GaugeMetricFamily(
            "reviewapps_budget_left", "Requests that may be made at this moment.", labels=("endpoint",)
        )
        allowed = GaugeMetricFamily(
            "reviewapps_budget_allowed", "Requests that may be made at once.", labels=("endpoint",)
        )
        for budget in self._site.budgets:
            left.add_metric((budget.name,), budget.left())
            allowed.add_metric((budget.name,), budget.allowed)
        yield from (left, allowed)
        points = self._site.looks.points()
        if points is not None:
            yield _gauge("github_points_left", "Of GitHub's rate limit, by its last paid answer.", points[0])
            yield _gauge("github_points_allowed", "GitHub's rate limit.", points[1])


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"reviewapps_{name}", text, value=value)


def _histogram(name: str, text: str, counts: list[Count]) -> Metric:
    """Prometheus wants each bucket to count all that are smaller, too."""
    each = {one.upto: one.value for one in counts if one.kind == "bucket"}
    total, buckets = 0.0, []
    for bound in (*BOUNDS, float("inf")):
        total += each.get(bound, 0.0)
        buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
    took = sum(one.value for one in counts if one.kind == "sum")
    return HistogramMetricFamily(f"reviewapps_{name}_seconds", text, buckets=buckets, sum_value=took)


def _age(seen: Seen) -> float:
    if seen.overview is None:
        return float("inf")
    return max(0.0, (datetime.now(UTC) - seen.overview.looked_at).total_seconds())
