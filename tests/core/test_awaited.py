"""What was reviewed is what goes to production, however long that waits: a merged preview's build is kept."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import pytest

from reviewapps.desired import Absent
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import App, Attempt, Droplet, Environment, Lock, PullRequest, Refusal, Wanted
from reviewapps.plan import Terms, another_try
from reviewapps.reconcile.view import fresh_view
from reviewapps.rules import Rules
from reviewapps.steps import Begin
from tests.core import test_deploying as deploying
from tests.core.imagined import CloudFoundry
from tests.core.settling import NOW, SHOP, GitHub, Settling, is_as_it_should_be, pull_request, sha
from tests.core.worlds import only_at

PREVIEW, PRODUCTION = Environment(SHOP.id, "pr-1"), Environment(SHOP.id, "production")
GRANT = Grant(targets={"review": "cloud", "production": "cloud"})
MERGE = sha(9)


class Behind(CloudFoundry):
    """Its clock is minutes behind ours."""

    def add_droplet(self, app: str, key: str, state: Literal["ready", "waiting"] = "ready") -> str:
        guid = super().add_droplet(app, key, state)
        made = self.droplets[app][0]
        self.droplets[app][0] = replace(made, created_at=self.now - timedelta(minutes=5))
        return guid


def merged(cf: type[CloudFoundry] = CloudFoundry, grant: Grant = GRANT) -> Settling:
    """A pull request was merged while production is locked; its merge has the tree that was reviewed."""
    world = Settling(GitHub({1: pull_request(1)}), cf(NOW, {}, looks=2), grant)
    world.until_settled()
    lock(world, Lock("ada", "a demo", NOW + timedelta(days=30)))
    world.github.trees[MERGE] = world.github.tree(sha(1))
    merge(world, 1, MERGE)
    return world


def merge(world: Settling, number: int, commit: str) -> None:
    now = world.cf.now
    gone = pull_request(number, open=False, closed_at=now, merged_at=now, merged_as=commit)
    world.github.pull_requests[number] = gone
    world.github.repository = replace(SHOP, head=commit)


def lock(world: Settling, wanted: Lock | None) -> None:
    app = world.cf.look().actual(PRODUCTION).app
    assert app is not None
    world.cf.apps[app.guid] = replace(app, lock=wanted)


def test_the_build_of_a_merge_that_is_held_is_there_when_it_may_go() -> None:
    world = merged()
    world.until_settled()
    kept = world.cf.look().actual(PREVIEW)
    assert kept.app is not None and (kept.app.started, kept.routes) == (False, ())
    verdict = world.judged().of(PREVIEW)
    assert isinstance(verdict, Absent) and verdict.kept_for == "production"

    lock(world, None)
    built = world.cf.builds_made.total()
    world.until_settled()
    app = world.cf.look().actual(PRODUCTION).app
    assert app is not None and app.attempt is not None
    assert (app.commit, app.attempt.copied_from) == (MERGE, "pr-1")
    assert world.cf.builds_made.total() == built
    assert world.cf.look().actual(PREVIEW).empty and is_as_it_should_be(world) == {}


def test_also_where_the_worker_is_killed_on_the_way() -> None:
    calm = merged()
    at = len(calm.taken)
    calm.until_settled()
    for kill in range(at, len(calm.taken)):
        world = merged()
        world.kills = frozenset({kill})
        world.until_settled()
        assert is_as_it_should_be(world) == {}, kill
        assert world.judged().of(PREVIEW) == calm.judged().of(PREVIEW), kill


def test_what_is_a_copy_of_which_build_is_known_wherever_its_copying_was_cut_short() -> None:
    calm = merged()
    calm.until_settled()
    lock(calm, None)
    at = len(calm.taken)
    calm.until_settled()
    for number in range(len(calm.taken) - at):
        world = merged()
        world.until_settled()
        lock(world, None)
        world.cf.troubles = only_at(number, "half")
        world.until_settled()
        app = world.cf.look().actual(PRODUCTION).app
        assert app is not None and app.commit == MERGE
        assert app.droplet_of(f"tree-of-{sha(1)}") == app.droplet is not None, number
        assert world.cf.look().actual(PREVIEW).empty


@pytest.mark.parametrize("cf", [CloudFoundry, Behind])
@pytest.mark.parametrize("tries", [0, 1])
def test_a_copy_bears_the_signature_of_its_source_whatever_the_clocks_say(
    cf: type[CloudFoundry], tries: int
) -> None:
    world = merged(cf, replace(GRANT, signs=True))
    world.until_settled()
    lock(world, None)
    while not (copies := copies_of(world)):
        world.turn(PRODUCTION)
        world.cf.pass_time()
    assert [one.signed_for for one in copies] == [None]
    if tries:
        app = app_of(world)
        assert app.attempt is not None
        world.cf.pass_time()
        begun = another_try(app.attempt, "late", Terms((), "", "again", world.cf.now + timedelta(minutes=20)))
        assert isinstance(begun, Begin)
        world.cf.apps[app.guid] = replace(app, attempt=begun.attempt)
    world.until_settled()
    assert app_of(world).commit == MERGE
    (copy,) = copies_of(world)
    assert (copy.signed_for, copy.built_by) == (f"tree-of-{sha(1)}", "pr-1")


def copies_of(world: Settling) -> list[Droplet]:
    made_of = world.cf.made_of
    return [one for one in world.cf.droplets[app_of(world).guid] if made_of[one.guid] == f"tree-of-{sha(1)}"]


def app_of(world: Settling) -> App:
    app = world.cf.look().actual(PRODUCTION).app
    assert app is not None
    return app


def _moved_on(world: Settling) -> None:
    world.github.repository = replace(SHOP, head=sha(10))


def _refused(world: Settling) -> None:
    app = world.cf.look().actual(PRODUCTION).app
    assert app is not None
    attempt = Attempt("0.1", MERGE, "c", NOW, refusal=Refusal("crash", "", NOW))
    world.cf.apps[app.guid] = replace(app, attempt=attempt)


def _broken(world: Settling) -> None:
    world.github.rules = BadRules("broken")


def _elsewhere(world: Settling) -> None:
    world.grant = replace(GRANT, targets={"review": "cloud", "production": "vault"})


def _follows_tags(world: Settling) -> None:
    world.grant = replace(GRANT, targets={"review": "cloud", "dev": "cloud"})
    world.github.rules = Rules()


@pytest.mark.parametrize("change", [_moved_on, _refused, _broken, _elsewhere, _follows_tags])
def test_it_goes_where_nobody_may_take_it_any_more(change: Callable[[Settling], None]) -> None:
    world = deepcopy(merged())
    world.until_settled()
    change(world)
    verdict = world.judged().of(PREVIEW)
    assert isinstance(verdict, Absent) and verdict.kept_for == ""
    world.until_settled()
    assert world.cf.look().actual(PREVIEW).empty


@dataclass
class Since(deploying.GitHub):
    """A pull request that was merged since the last look."""

    def look(self, *, whole: bool = False) -> Wanted:
        return Wanted(replace(SHOP, head=MERGE), (), (), None)

    def last_look(self) -> Wanted:
        return super().look()

    def pull_request(self, number: int) -> PullRequest:
        return pull_request(number, open=False, merged_at=NOW, merged_as=MERGE)


def test_who_was_merged_since_the_last_look_is_judged_by_the_head_of_now() -> None:
    seen = fresh_view(deploying.Deploying((), Since()).means, PREVIEW)
    assert [pr.merged_as for pr in seen.pull_requests] == [seen.repository.head] == [MERGE]
