"""The worker is killed in the worst moments; the next one continues, and nobody notices."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import until
from reviewapps.sandbox.faults import Fault
from tests.faults.shop import Shop
from tests.stories.workers.conftest import Gate

pytestmark = pytest.mark.story


def restart(shop: Shop) -> None:
    """SIGKILL, and a new worker."""
    shop.playground.kill_workers()
    shop.playground.start_worker()


def test_a_worker_killed_during_staging_is_continued_and_nothing_is_built_twice(
    shop: Shop, gate: Gate
) -> None:
    preview = shop.open("blue header", bin__pre_compile=gate.hook("staging"))
    gate.until_somebody_waits("staging")
    restart(shop)
    gate.open("staging")
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []


def test_a_worker_killed_during_a_rolling_switch_is_continued_while_the_old_page_answers(
    shop: Shop, gate: Gate
) -> None:
    preview = shop.open("blue header")
    shop.until_live(preview)
    preview = shop.push(preview, "green header", **{".profile": gate.line("start")})
    gate.until_somebody_waits("start")
    restart(shop)
    gate.open("start")
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []


def test_a_worker_killed_right_after_its_first_comment_does_not_comment_again(shop: Shop, gate: Gate) -> None:
    preview = shop.open("blue header", bin__pre_compile=gate.hook("staging"))
    shop.until_asked("POST", r"/issues/\d+/comments$")
    restart(shop)
    gate.open("staging")
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []


@pytest.mark.parametrize("path", ["/v3/routes/[^/]+$", "/v3/apps/[^/]+$"], ids=["route", "app"])
def test_a_worker_killed_while_it_deletes_leaves_nothing_behind(shop: Shop, path: str) -> None:
    preview = shop.open("blue header")
    shop.until_live(preview)
    observed = shop.world.cloudfoundry.observed
    observed.plan(Fault(path, "DELETE", "delay", seconds=0.5))
    shop.octocat.merge(preview.number)
    until("the deletion on its way", lambda: not observed.faults, 20)
    restart(shop)
    shop.until_gone(preview)
    shop.until_settled()
    assert shop.leftovers(preview) == []
    assert (shop.apps(), shop.hosts()) == ([], [])


@pytest.mark.parametrize(
    "path",
    ["/v3/apps$", "/v3/builds$", r"/issues/\d+/comments$"],
    ids=["app", "build", "comment"],
)
def test_what_a_killed_worker_had_asked_for_is_found_and_not_asked_for_again(shop: Shop, path: str) -> None:
    held = Fault(path, "POST", "delay", seconds=0.3)
    servers = (shop.world.cloudfoundry.observed, shop.world.github.observed)
    for server in servers:
        server.plan(held)
    preview = shop.open("blue header")
    until(f"POST {path} on its way", lambda: any(not server.faults for server in servers), 30)
    restart(shop)
    for server in servers:
        server.faults.clear()
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []


def test_a_preview_that_is_closed_while_its_worker_is_dead_is_gone_when_the_next_one_comes(
    shop: Shop, gate: Gate
) -> None:
    preview = shop.open("blue header", bin__pre_compile=gate.hook("staging"))
    gate.until_somebody_waits("staging")
    shop.playground.kill_workers()
    shop.octocat.close(preview.number)
    shop.playground.start_worker()
    shop.until_gone(preview)
    gate.open("staging")
    shop.until_settled()
    assert shop.leftovers(preview) == []
