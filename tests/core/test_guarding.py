"""The gate: no address leads anywhere before it is bound, and nobody is told before it is up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from reviewapps import steps
from reviewapps.grants import Grant
from reviewapps.model import Actual, Entrance, Environment
from tests.core.imagined import CloudFoundry, Trouble
from tests.core.settling import NOW, GitHub, Settling, is_as_it_should_be, pull_request, sha
from tests.core.worlds import only_at

PREVIEW = Environment(7, "pr-1")


class Guarded(Settling):
    """Nobody may ever find an open address."""

    def _carry_out(self, step: steps.Next, actual: Actual) -> Actual:
        after = super()._carry_out(step, actual)
        assert self.grant.entrance("review") == "public" or self.cf.open_routes == [], step
        return after


def granted(entrance: Entrance) -> Grant:
    return Grant(entrances={"review": entrance})


def world(entrance: Entrance = "password") -> Guarded:
    return Guarded(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}, looks=2), granted(entrance))


def pushed() -> Guarded:
    """A preview that is up, and a push to it."""
    settling = world()
    settling.until_settled()
    settling.github.pull_requests[1] = pull_request(1, sha(99))
    return settling


@pytest.mark.parametrize("scene", [world, pushed], ids=["opened", "pushed"])
@pytest.mark.parametrize("way", ["killed", "lost", "nothing"])
def test_whatever_happens_on_the_way_nothing_is_ever_open(
    scene: Callable[[], Guarded], way: Literal["killed"] | Trouble
) -> None:
    calm = scene()
    before = len(calm.taken)
    calm.until_settled()
    for at in range(len(calm.taken) - before + 1):
        settling = scene()
        if way == "killed":
            settling.kills = frozenset({len(settling.taken) + at})
        else:
            settling.cf.troubles = only_at(at, way)
        settling.until_settled()
        assert is_as_it_should_be(settling) == {}, at
        assert settling.cf.bound == set(settling.cf.routes), at


def test_it_is_bound_before_it_is_mapped_and_up_before_it_is_asked() -> None:
    settling = world()
    settling.until_settled()
    kinds = [type(step) for step in settling.taken]
    order = [steps.CreateRoute, steps.BindGate, steps.RaiseGate, steps.MapRoute, steps.Start, steps.MarkLive]
    assert [kind for kind in dict.fromkeys(kinds) if kind in order] == order
    assert settling.cf.gate_is_up


def test_the_app_is_built_while_the_gate_comes_up() -> None:
    settling = world()
    settling.turn(PREVIEW)
    assert not settling.cf.gate_is_up
    assert any(isinstance(step, steps.Upload) for step in settling.taken)


def test_a_gate_that_never_comes_up_is_told_after_the_deadline_and_nothing_stays_open() -> None:
    settling = world()
    settling.cf.gate_in = 10**6
    while not (settling.cf.apps and _refusal(settling)):
        for environment in settling.attention():
            settling.turn(environment)
        settling.cf.pass_time()
    assert "gate" in _refusal(settling)


@pytest.mark.parametrize("entrance", ["password", "unlisted"])
def test_what_was_open_is_closed_without_another_deploy_and_opened_again(entrance: Entrance) -> None:
    settling = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}, looks=2), granted("public"))
    settling.until_settled()
    taken = len(settling.taken)
    assert settling.cf.open_routes == ["shop-pr-1"]
    settling.grant = granted(entrance)
    settling.until_settled()
    assert settling.cf.open_routes == []
    settling.grant = granted("public")
    settling.until_settled()
    assert settling.cf.open_routes == ["shop-pr-1"]
    changes = {type(step) for step in settling.taken[taken:]}
    assert changes == {steps.BindGate, steps.RaiseGate, steps.UnbindGate}


def test_a_commit_that_is_refused_leaves_what_serves_behind_the_gate() -> None:
    settling = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}, looks=2), granted("public"))
    settling.until_settled()
    settling.cf.fates = {f"tree-of-{sha(99)}": "unbuildable"}
    settling.github.pull_requests[1] = pull_request(1, sha(99))
    settling.until_settled()
    settling.grant = granted("password")
    settling.until_settled()
    assert settling.cf.open_routes == [] and settling.cf.serving(PREVIEW) is not None


def _refusal(settling: Settling) -> str:
    (app,) = settling.cf.apps.values()
    refusal = app.attempt.refusal if app.attempt is not None else None
    return refusal.message if refusal is not None else ""
