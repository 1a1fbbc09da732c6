"""Redis loses everything, or its life: nothing is lost but time, and nothing is said or done twice."""

from __future__ import annotations

import pytest

from reviewapps.coordination.embedded import EmbeddedRedis
from reviewapps.playground import INSTANCE
from tests.faults.shop import Preview, Shop
from tests.stories.workers.conftest import Gate

pytestmark = pytest.mark.story


NO_WRITES = ("/oauth/token", "/graphql")


def writes(shop: Shop) -> list[str]:
    """All that anybody asked to be changed, on either platform. GraphQL is asked for reviews alone."""
    calls = [*shop.world.cloudfoundry.observed.calls, *shop.world.github.observed.calls]
    return [f"{c.method} {c.path}" for c in calls if c.method != "GET" and c.path not in NO_WRITES]


def test_a_redis_that_is_emptied_whenever_repeats_nothing(shop: Shop, gate: Gate) -> None:
    preview = shop.open("blue header", bin__pre_compile=gate.hook("staging"))
    gate.until_somebody_waits("staging")
    shop.redis.flushall()
    gate.open("staging")
    shop.until_live(preview)
    shop.redis.flushall()
    shop.until_settled()
    assert shop.oddities(preview) == []

    before, said = writes(shop), list(shop.channel.lines)
    shop.redis.flushall()
    shop.until("a settle that remembers nothing", lambda: is_known_to_be_settled(shop, preview))
    shop.until_settled()
    assert writes(shop) == before
    assert shop.channel.lines == said
    assert shop.oddities(preview) == []


def test_a_redis_that_is_killed_and_started_again_repeats_nothing_and_misses_nothing(
    shop: Shop, gate: Gate
) -> None:
    preview = shop.open("blue header", bin__pre_compile=gate.hook("staging"))
    gate.until_somebody_waits("staging")
    kill_redis(shop)
    gate.open("staging")
    start_redis(shop)
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []

    kill_redis(shop)
    shop.octocat.merge(preview.number)
    start_redis(shop)
    shop.until_gone(preview)
    shop.until_settled()
    assert shop.leftovers(preview) == []


def is_known_to_be_settled(shop: Shop, preview: Preview) -> bool:
    """Whether somebody settled it since Redis was emptied."""
    key = f"reviewapps:{INSTANCE}:cache:{shop.world.repository}:settled:{preview.environment}"
    return bool(shop.redis.exists(key))


def kill_redis(shop: Shop) -> None:
    shop.playground.redis.process.kill()
    shop.playground.redis.process.wait()


def start_redis(shop: Shop) -> None:
    shop.playground.redis = EmbeddedRedis.start(shop.playground.home / "redis")
