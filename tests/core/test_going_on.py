"""A turn goes on from what the one before it knew, and from nothing that somebody may have changed since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from reviewapps.model import Actual, Build, Deployment, Environment, Guard, Origin, Package, Task
from reviewapps.plan import gone_on, lasting
from reviewapps.reconcile.going_on import RESTED, forget, keep, look, note_source, pass_on, seen_lately
from reviewapps.reconcile.means import Means
from tests.core.imagined import CloudFoundry
from tests.core.settling import NOW, GitHub, Settling, pull_request
from tests.core.test_capacity import Remembering
from tests.core.test_deploying import PR_1, Deploying


@dataclass
class Held:
    fence: int
    previous: int | None = None

    def check(self) -> None:
        pass


@dataclass
class Scene:
    """A preview on its way, as one turn left it: ``known`` is what that turn knew."""

    means: Means
    known: Actual
    cf: CloudFoundry

    def after(self, seconds: float) -> Means:
        """The means, so much later."""
        return replace(self.means, now=lambda: NOW + timedelta(seconds=seconds))


@pytest.fixture
def scene() -> Scene:
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}))
    there.turn(PR_1)
    own: dict[str, Any] = {"cloudfoundry": there.cf, "memory": Remembering(), "now": lambda: NOW}
    means = replace(Deploying(()).means, **own)
    seen = look(means).actual(PR_1)
    built = Build("b", "ready", "p", "key", "a", droplet="d")
    known = replace(seen, builds=(built,), packages=(), droplets=(), deployments=(), elsewhere=())
    return Scene(means, known, there.cf)


def test_the_next_turn_knows_what_this_one_knew(scene: Scene) -> None:
    keep(scene.means, PR_1, Held(5), scene.known)
    seen = seen_lately(scene.after(3), PR_1, Held(9, previous=5))
    assert seen is not None
    space, actual = seen
    assert actual == scene.known
    assert space.actual(PR_1).apps == scene.known.apps


def test_after_somebody_elses_turn_nothing_is_known(scene: Scene) -> None:
    keep(scene.means, PR_1, Held(5), scene.known)
    assert seen_lately(scene.after(3), PR_1, Held(9, previous=7)) is None
    assert seen_lately(scene.after(3), PR_1, Held(9)) is None


def test_a_turn_that_only_waited_passes_on_what_it_was_left(scene: Scene) -> None:
    keep(scene.means, PR_1, Held(5), scene.known)
    pass_on(scene.means, PR_1, Held(6, previous=5))
    pass_on(scene.means, PR_1, Held(8, previous=7))
    seen = seen_lately(scene.after(3), PR_1, Held(9, previous=6))
    assert seen is not None and seen[1] == scene.known


def test_what_a_later_look_shows_otherwise_is_not_believed(scene: Scene) -> None:
    keep(scene.means, PR_1, Held(5), scene.known)
    (guid,) = scene.cf.apps
    scene.cf.apps[guid] = replace(scene.cf.apps[guid], started=True)  # somebody's doing
    look(scene.after(30))
    assert seen_lately(scene.after(31), PR_1, Held(9, previous=5)) is None


@pytest.mark.parametrize("ahead", [-180, 180])
def test_what_was_seen_before_this_was_done_is_not_believed_whatever_the_clock_of_who_saw_it(
    scene: Scene, ahead: float
) -> None:
    look(scene.after(ahead))
    (guid,) = scene.cf.apps
    scene.cf.apps[guid] = replace(scene.cf.apps[guid], droplet="d")  # our own doing, since
    known = replace(scene.known, apps=scene.cf.look().actual(PR_1).apps)
    keep(scene.means, PR_1, Held(5), known)
    seen = seen_lately(scene.after(1), PR_1, Held(9, previous=5))
    assert seen is None or seen[1] == known
    assert seen_lately(scene.after(1), PR_1, Held(2 * RESTED)) is None


def test_a_turn_shares_the_look_that_called_for_it_where_nobody_else_was_at_work(scene: Scene) -> None:
    fence = 2 * RESTED
    for lease in (Held(fence), Held(fence, previous=fence - RESTED - 1)):
        seen = seen_lately(scene.after(1), PR_1, lease)
        assert seen is not None and seen[1] == scene.cf.look().actual(PR_1)
    assert seen_lately(scene.after(1), PR_1, Held(fence, previous=fence - 1)) is None
    assert seen_lately(scene.after(3), PR_1, Held(fence)) is None


def test_who_builds_what_somebody_else_builds_too_looks_for_that_once_more(scene: Scene) -> None:
    other, uploaded = Environment(7, "pr-2"), Package("p", "ready", "key", uploaded=True)
    known = replace(scene.known, packages=(uploaded,), elsewhere=())
    note_source(scene.means, PR_1, "key")
    keep(scene.means, PR_1, Held(5), known)
    seen = seen_lately(scene.after(3), PR_1, Held(9, previous=5))
    assert seen is not None and seen[1].elsewhere == ()
    note_source(scene.means, other, "key")
    keep(scene.means, PR_1, Held(9, previous=5), known)
    seen = seen_lately(scene.after(3), PR_1, Held(11, previous=9))
    assert seen is not None and seen[1] == replace(known, elsewhere=None)


def test_what_is_forgotten_is_looked_at(scene: Scene) -> None:
    keep(scene.means, PR_1, Held(5), scene.known)
    forget(scene.means, PR_1)
    assert seen_lately(scene.after(3), PR_1, Held(9, previous=5)) is None


def test_what_another_version_kept_is_looked_at(scene: Scene) -> None:
    keep(scene.means, PR_1, Held(5), scene.known)
    scene.means.remember({"fence": 5, "actual": "?"}, 60.0, "kept", PR_1.name)
    assert seen_lately(scene.after(3), PR_1, Held(9, previous=5)) is None


def test_what_the_platform_goes_on_with_does_not_last() -> None:
    staging = Build("b", "waiting", "p", "key", "a")
    task = Task("t", "release", "key", "ready", NOW)
    busy = Actual(
        PR_1,
        packages=(Package("p", "waiting", "key", uploaded=True),),
        builds=(staging,),
        droplets=(),
        deployments=(Deployment("x", True, False, False, "d", "a"),),
        elsewhere=(),
        tasks=(task,),
        instances=(),
        answers=False,
        configured=Origin("c"),
        guard=Guard(bound=True, up=False, tended=True),
    )
    processed = Package("p", "waiting", "key", uploaded=True, processed=True)
    assert lasting(busy) == Actual(PR_1, elsewhere=(), packages=(processed,), uncopied=frozenset({"b"}))
    assert lasting(replace(busy, packages=(replace(processed, uploaded=False),))).packages is None
    over = replace(busy, packages=(), builds=(replace(staging, state="ready"),), deployments=())
    assert lasting(over) == Actual(
        PR_1, packages=(), builds=over.builds, droplets=(), deployments=(), elsewhere=()
    )


@pytest.mark.parametrize(
    ("bound", "up", "answers", "lasts"),
    [
        (True, True, None, True),
        (True, True, False, False),
        (True, False, None, False),
        (False, True, None, False),
    ],
)
def test_a_gate_is_believed_in_until_nobody_answers_behind_it(
    bound: bool, up: bool, answers: bool | None, lasts: bool
) -> None:
    left = lasting(Actual(PR_1, guard=Guard(bound=bound, up=up, tended=True), answers=answers))
    assert left.guard == (Guard(bound=True, up=True) if lasts else None)


def test_only_what_stands_as_it_was_left_is_gone_on_with(scene: Scene) -> None:
    seen = Actual(PR_1, scene.known.apps, scene.known.routes)
    assert gone_on(scene.known, seen) == scene.known
    assert gone_on(scene.known, replace(seen, routes=())) is None
