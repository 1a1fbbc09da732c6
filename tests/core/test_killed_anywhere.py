"""Whoever is killed is continued by the next one who looks, and what got lost is found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from reviewapps import steps
from reviewapps.desired import Held
from reviewapps.grants import Grant
from reviewapps.model import (
    ADOPTED,
    App,
    Attempt,
    Droplet,
    Environment,
    Lock,
    Pin,
    Route,
    Tag,
    Tagging,
)
from tests.core.imagined import DOMAIN, LOOK, CloudFoundry, Fate, Note, Running, Trouble
from tests.core.settling import (
    DEADLINE,
    NOW,
    SHOP,
    GitHub,
    Settling,
    destroy,
    is_as_it_should_be,
    pull_request,
    sha,
)
from tests.core.worlds import only_at

Disturbance = Literal["killed"] | Trouble
NEW = sha(99)


def _world(fate: Fate) -> Settling:
    """A pull request of its own build; ``fate`` is that of the commit ``NEW``."""
    return Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {"new": fate}, looks=2))


def _first(fate: Fate) -> Settling:
    world = _world(fate)
    world.github.trees[sha(1)] = "new"
    return world


def _pushed(fate: Fate) -> Settling:
    world = _world(fate)
    world.until_settled()
    world.github.trees[NEW] = "new"
    world.github.pull_requests[1] = pull_request(1, NEW)
    return world


def _pushed_without_room(fate: Fate) -> Settling:
    world = _pushed(fate)
    world.cf.room = False
    return world


def _copied(fate: Fate) -> Settling:
    world = _world(fate)
    world.github.trees[sha(1)] = world.github.trees[sha(2)] = "new"
    world.until_settled()
    world.github.pull_requests[2] = pull_request(2)
    return world


def _tagged(fate: Fate) -> Settling:
    world = _world(fate)
    tag = Tag("dev-1", sha(50), annotated=False)
    world.github.tags.add(tag)
    world.github.taggings[tag] = Tagging(NEW, None, NOW)
    world.github.trees[NEW] = "new"
    return world


def _tagged_again(fate: Fate) -> Settling:
    world = _tagged("well")
    world.until_settled()
    tag = Tag("dev-2", sha(51), annotated=False)
    world.github.tags.add(tag)
    world.github.taggings[tag] = Tagging(sha(100), None, NOW)
    world.cf.fates = {f"tree-of-{sha(100)}": fate}
    return world


def _closed(fate: Fate) -> Settling:
    world = _pushed(fate)
    world.turn(Environment(7, "pr-1"))
    world.github.pull_requests[1] = pull_request(1, NEW, open=False, closed_at=NOW)
    return world


def _destroyed(fate: Fate) -> Settling:
    """Somebody takes the preview away while a push is on its way to it."""
    world = _pushed(fate)
    world.turn(Environment(7, "pr-1"))
    destroy(world, 1)
    return world


def _destroyed_and_pushed_again(fate: Fate) -> Settling:
    world = _first("well")
    world.until_settled()
    destroy(world, 1)
    world.until_settled()
    world.github.trees[NEW] = "new"
    world.cf.fates = {"new": fate}
    world.github.pull_requests[1] = pull_request(1, NEW)
    return world


def adopted(world: Settling) -> App:
    """The dev app, taken over from somebody else under a name of its own, with an address of its own."""
    dev, cf = Environment(7, "dev"), world.cf
    app = App("theirs", "old-shop", dev, "app", True, "their droplet", ADOPTED, ADOPTED, NOW)
    cf.apps["theirs"] = replace(app, tags_seen=frozenset(), live_since=NOW)
    cf.droplets["theirs"] = [Droplet("their droplet", "ready", "sum-of-theirs")]
    cf.made_of["their droplet"] = world.github.tree(ADOPTED)
    cf.running["theirs"] = Running("their droplet", None, age=9)
    cf.routes["r"] = Route("r", "old", f"old.{DOMAIN}", dev, frozenset({"theirs"}))
    return cf.apps["theirs"]


def _adopted(fate: Fate) -> Settling:
    world = _tagged(fate)
    adopted(world)
    return world


def _first_with_data(fate: Fate) -> Settling:
    world = _first(fate)
    world.keep_data()
    return world


def _pushed_with_data(fate: Fate) -> Settling:
    world = _world(fate)
    world.keep_data()
    world.until_settled()
    world.github.trees[NEW] = "new"
    world.github.pull_requests[1] = pull_request(1, NEW)
    return world


def _closed_with_data(fate: Fate) -> Settling:
    world = _pushed_with_data(fate)
    world.turn(Environment(7, "pr-1"))
    world.github.pull_requests[1] = pull_request(1, NEW, open=False, closed_at=NOW)
    return world


def _reopened_with_data(fate: Fate) -> Settling:
    """Closed while a push was on its way, and opened again while its teardown runs."""
    world = _closed_with_data(fate)
    while not any(isinstance(step, steps.RunTask) and step.kind == "teardown" for step in world.taken):
        _round(world)
    world.github.pull_requests[1] = pull_request(1, NEW)
    return world


WITH_DATA = (_first_with_data, _pushed_with_data, _closed_with_data, _reopened_with_data)
SCENARIOS = (
    _first,
    _pushed,
    _pushed_without_room,
    _copied,
    _tagged,
    _closed,
    _destroyed,
    _destroyed_and_pushed_again,
    _adopted,
    _tagged_again,
)
FATES: tuple[Fate, ...] = ("well", "unbuildable", "flaky", "crashing later")
FATES_OF_DATA: tuple[Fate, ...] = ("well", "unreleasable")
TRYING: tuple[Fate, ...] = ("well", "crashing later", "unreleasable")


def _summary(world: Settling) -> list[tuple[object, ...]]:
    """What stands in the end, without guids and times."""
    cf = world.cf
    apps = [
        (
            app.name,
            app.commit,
            app.started,
            app.guid in cf.running and cf.made_of[cf.running[app.guid].droplet],
            app.attempt and app.attempt.refusal and app.attempt.refusal.fault,
        )
        for app in cf.apps.values()
    ]
    return sorted(apps, key=str) + sorted((r.host, len(r.apps)) for r in cf.routes.values())


def _disturbances(scene: Settling, ways: tuple[Disturbance, ...]) -> Iterator[tuple[str, Settling]]:
    """The scene once for each way to disturb it, at each change on its way, until it is undisturbed. Late can only
    be what writes something down."""
    changes, at = len(scene.taken), 0
    while True:
        before: list[steps.Step] = []
        for way in ways:
            if way == "late" and not (before and isinstance(before[-1], Note | steps.RunTask)):
                continue
            world = deepcopy(scene)
            if way == "killed":
                world.kills = frozenset({changes + at})
            else:
                world.cf.troubles = only_at(at, way)
            world.until_settled()
            yield f"{way} at {at}", world
            before = world.taken[changes : changes + at + 1]
        if at >= len(world.taken) - changes:
            break
        at += 1


CASES = [
    *((scenario, fate) for scenario in SCENARIOS for fate in FATES),
    *((scenario, fate) for scenario in WITH_DATA for fate in FATES_OF_DATA),
    (_tagged_again, "crashing later"),
]


@pytest.mark.parametrize(
    ("scenario", "fate"), CASES, ids=[f"{one.__name__.strip('_')}-{fate}" for one, fate in CASES]
)
def test_a_disturbed_world_ends_where_an_undisturbed_one_does(
    scenario: Callable[[Fate], Settling], fate: Fate
) -> None:
    calm = scenario(fate)
    calm.until_settled()
    ways: tuple[Disturbance, ...] = ("killed", "lost", "half", "late") if fate in TRYING else ("killed",)
    for how, world in _disturbances(scenario(fate), ways):
        assert is_as_it_should_be(world) == {}, how
        assert _summary(world) == _summary(calm), how
        assert world.cf.builds_made.total() <= calm.cf.builds_made.total() + 1, how
        assert world.cf.apps_made == calm.cf.apps_made, how
        assert all(times == 1 for times in world.cf.tasks_run.values()), how


def test_what_somebody_took_away_stays_away_until_the_next_push() -> None:
    world = _first("well")
    world.until_settled()
    destroy(world, 1)
    world.until_settled()
    (record,) = world.cf.apps.values()
    assert record.is_record and world.cf.routes == {} and world.cf.running == {}
    forgetful = Settling(world.github, world.cf)
    forgetful.until_settled()
    assert forgetful.taken == []
    world.github.pull_requests[1] = pull_request(1, NEW)
    world.until_settled()
    (app,) = world.cf.running_apps
    assert (app.name, app.commit) == ("shop-pr-1", NEW)


def test_whoever_is_killed_on_the_way_leaves_something_that_remembers() -> None:
    world = _destroyed("well")
    for at in range(len(world.taken), len(world.taken) + 6):
        disturbed = deepcopy(world)
        disturbed.kills = frozenset({at})
        while disturbed.attention():
            _round(disturbed)
            assert any(app.destroyed_at(NEW) for app in disturbed.cf.apps.values()), at


def test_an_adopted_app_runs_what_it_ran_until_a_tag_rolls_it() -> None:
    world = _world("well")
    before = adopted(world)
    world.until_settled()
    assert world.cf.apps["theirs"] == before
    world.cf.looks, tag = 1, Tag("dev-2", sha(51), annotated=False)
    world.github.tags.add(tag)
    world.github.taggings[tag] = Tagging(NEW, None, NOW)
    world.until_settled()
    ours = [app for app in world.cf.running_apps if app.environment == before.environment]
    assert [(app.name, app.commit, app.source) for app in ours] == [("old-shop", NEW, "dev-2")]
    assert not any(isinstance(step, steps.Stop) for step in world.taken)
    assert [route.host for route in world.cf.routes.values()] == ["old", "shop-pr-1"]


def test_a_tag_that_crashes_leaves_an_adopted_app_as_it_was() -> None:
    world = _adopted("crashing")
    world.until_settled()
    app = world.cf.apps["theirs"]
    assert (app.started, app.commit, app.droplet) == (True, ADOPTED, "their droplet")
    assert app.attempt is not None and app.attempt.refusal is not None
    assert app.attempt.refusal.fault == "crash"


def test_whoever_was_away_past_the_deadline_takes_over_what_came_up_meanwhile() -> None:
    world = _first("well")
    while not world.cf.running:
        _round(world)
    _away(world)
    world.until_settled()
    (app,) = world.cf.running_apps
    assert app.attempt is not None and app.attempt.refusal is None and app.commit == sha(1)


def test_whoever_was_away_past_the_deadline_begins_anew_what_was_not_begun() -> None:
    world = _first("well")
    world.turn(Environment(7, "pr-1"))
    _away(world)
    world.until_settled()
    (app,) = world.cf.running_apps
    assert app.attempt is not None and app.attempt.refusal is None and app.commit == sha(1)
    assert world.cf.builds_made.total() == 1


def test_a_push_during_a_deployment_calls_it_off_and_never_supersedes_it() -> None:
    world = _pushed("well")
    while not world.cf.rolling:
        _round(world)
    world.github.pull_requests[1] = pull_request(1, sha(100))
    world.until_settled()
    assert is_as_it_should_be(world) == {}
    outcomes = [(d.active, d.deployed) for d in next(iter(world.cf.deployments.values()))]
    assert outcomes == [
        (False, True),
        (False, False),
        (False, True),
    ]  # the last, called off, and the first start


def test_what_was_switched_to_and_not_marked_live_is_marked_before_the_next_push_is_tried() -> None:
    """Else the label would name what served before, and nobody would know what serves meanwhile."""
    world = _pushed("well")
    while sum(d.deployed for some in world.cf.deployments.values() for d in some) < 2:
        _round(world)
    world.github.pull_requests[1] = pull_request(1, sha(100))
    world.cf.fates = {f"tree-of-{sha(100)}": "unbuildable"}
    world.until_settled()
    assert is_as_it_should_be(world) == {}
    (app,) = world.cf.running_apps
    assert app.commit == NEW and app.started


@pytest.mark.parametrize("rounds", [3, 7, 8], ids=["building", "rolling", "switched to"])
def test_whoever_goes_back_while_a_deploy_is_under_way_calls_it_off(rounds: int) -> None:
    grant = Grant(targets={"production": "production"})
    world = Settling(GitHub(), CloudFoundry(NOW, {}, looks=2), grant)
    world.until_settled()
    world.github.repository = replace(SHOP, head=NEW)
    for _ in range(rounds):
        _round(world)
    (app,) = world.cf.running_apps
    assert (app.commit, bool(world.cf.rolling)) == (SHOP.head, rounds == 7)
    world.cf.apps[app.guid] = replace(app, pin=Pin(SHOP.head, NEW, "ada"))
    world.until_settled()
    assert is_as_it_should_be(world) == {}
    assert world.cf.apps[app.guid].commit == SHOP.head
    assert world.cf.builds_made[world.github.tree(SHOP.head)] == 1


def test_a_commit_that_crashes_once_it_was_switched_to_gives_way_to_the_one_before() -> None:
    world = _pushed("crashing later")
    world.until_settled()
    (app,) = world.cf.running_apps
    assert (app.started, app.commit, app.droplet) == (True, sha(1), app.live_droplet)


@pytest.mark.parametrize("rolling", [False, True], ids=["restarted", "rolling"])
@pytest.mark.parametrize("room", [True, False], ids=["rolls", "stops"])
def test_what_somebody_else_deploys_during_our_attempt_is_left_alone_until_they_take_it_back(
    room: bool, rolling: bool
) -> None:
    tried = 0
    while (found := _hot_fix_after(tried + 1, rolling, room)) is not None:
        tried += 1
        world, dev = found
        world.until_settled()
        app, cf = world.cf.apps[dev], world.cf
        assert cf.made_of[cf.running[dev].droplet] == cf.made_of[app.droplet or ""] == "hot fix"
        verdict = world.judged().of(app.environment)
        assert isinstance(verdict, Held) and verdict.hold.why == "drift"
        assert not any(d.cancelling or not d.deployed for d in cf.deployments[dev])

        cf.apps[dev] = replace(app, droplet=app.live_droplet)
        cf.running[dev] = Running(app.live_droplet or "", None, age=9)
        world.until_settled()
        assert cf.apps[dev].commit == NEW and is_as_it_should_be(world) == {}
    assert tried >= 3


def test_but_not_tried_anew_past_a_lock_once_they_took_it_back() -> None:
    found = _hot_fix_after(2, False, True)
    assert found is not None
    world, dev = found
    world.until_settled()
    app, cf = world.cf.apps[dev], world.cf
    lock = Lock("ada", "a hot fix", cf.now + timedelta(hours=1))
    cf.apps[dev] = replace(app, droplet=app.live_droplet, lock=lock)
    cf.running[dev] = Running(app.live_droplet or "", None, age=9)
    world.until_settled()
    assert cf.apps[dev].commit == app.commit != NEW
    cf.apps[dev] = replace(cf.apps[dev], lock=None)
    world.until_settled()
    assert cf.apps[dev].commit == NEW and is_as_it_should_be(world) == {}


def test_what_somebody_asked_to_replace_is_replaced_and_nothing_that_came_later() -> None:
    found = _hot_fix_after(2, False, True)
    assert found is not None
    world, dev = found
    world.until_settled()
    app = world.cf.apps[dev]
    asked = replace(
        _attempt(world, app.name), id="asked", refusal=None, replaces=app.droplet, began=world.cf.now
    )
    world.cf.apps[dev] = replace(app, attempt=asked)
    later = deepcopy(world)
    world.until_settled()
    assert world.cf.apps[dev].commit == NEW and is_as_it_should_be(world) == {}
    later.cf.push_by_hand(dev, "hot fix")
    later.until_settled()
    assert isinstance(later.judged().of(app.environment), Held)


def _hot_fix_after(looks: int, rolling: bool, room: bool) -> tuple[Settling, str] | None:
    """A world in which somebody else deploys to the dev app so many looks after a tag, and its guid; None where
    we have switched by then."""
    world = _world("well")
    first, second = Tag("dev-1", sha(50), annotated=False), Tag("dev-2", sha(51), annotated=False)
    world.github.taggings = {first: Tagging(sha(98), None, NOW), second: Tagging(NEW, None, NOW)}
    world.github.tags.add(first)
    world.until_settled()
    world.cf.room = room
    world.github.tags.add(second)
    (dev,) = (app.guid for app in world.cf.running_apps if app.environment.name == "dev")
    before = world.cf.apps[dev]
    for _ in range(looks):
        _round(world)
    if world.cf.apps[dev].droplet != before.droplet or not world.cf.apps[dev].started:
        return None
    world.cf.push_by_hand(dev, "hot fix", rolling=rolling)
    return world, dev


def test_that_a_switch_needed_a_pause_is_remembered() -> None:
    world = _pushed_without_room("well")
    world.until_settled()
    assert _attempt(world, "shop-pr-1").stop_start


def test_whose_build_was_copied_is_remembered() -> None:
    world = _copied("well")
    world.until_settled()
    assert _attempt(world, "shop-pr-2").copied_from == "pr-1"
    assert world.cf.builds_made.total() == 1


def _attempt(world: Settling, name: str) -> Attempt:
    found = next(app.attempt for app in world.cf.apps.values() if app.name == name)
    assert found is not None
    return found


def _away(world: Settling) -> None:
    for _ in range(DEADLINE // LOOK + 1):
        world.cf.pass_time()


def _round(world: Settling) -> None:
    for environment in world.attention():
        world.turn(environment)
    world.cf.pass_time()
