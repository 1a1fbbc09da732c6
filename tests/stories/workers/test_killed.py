"""The worker is killed in the worst moments; the next one continues, and nobody notices."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import until
from reviewapps.sandbox.faults import Fault
from tests.faults.shop import Preview, Shop
from tests.stories.workers.conftest import Gate

pytestmark = pytest.mark.story


def restart(shop: Shop) -> None:
    """SIGKILL, and a new worker."""
    shop.playground.kill_workers()
    shop.playground.start_worker()


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


@pytest.mark.parametrize(
    ("asked", "deleted"),
    [
        ("/v3/apps$", "/v3/routes/[^/]+$"),
        ("/v3/builds$", "/v3/apps/[^/]+$"),
        (r"/issues/\d+/comments$", ""),
    ],
    ids=["app and its route", "build and its app", "comment"],
)
def test_what_a_killed_worker_had_asked_for_is_found_and_not_asked_for_again(
    shop: Shop, asked: str, deleted: str
) -> None:
    held = Fault(asked, "POST", "delay", seconds=0.3)
    servers = (shop.world.cloudfoundry.observed, shop.world.github.observed)
    for server in servers:
        server.plan(held)
    preview = shop.open("blue header")
    until(f"POST {asked} on its way", lambda: any(not server.faults for server in servers), 30)
    restart(shop)
    for server in servers:
        server.faults.clear()
    shop.until_live(preview)
    shop.until_settled()
    assert shop.oddities(preview) == []
    if deleted:
        is_deleted_by_one_who_is_killed(shop, preview, deleted)


def is_deleted_by_one_who_is_killed(shop: Shop, preview: Preview, path: str) -> None:
    """Nothing is left behind."""
    observed = shop.world.cloudfoundry.observed
    observed.plan(Fault(path, "DELETE", "delay", seconds=0.5))
    shop.octocat.merge(preview.number)
    until("the deletion on its way", lambda: not observed.faults, 20)
    restart(shop)
    shop.until_gone(preview)
    shop.until_settled()
    assert shop.leftovers(preview) == []
    assert (shop.apps(), shop.hosts()) == ([], [])


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
