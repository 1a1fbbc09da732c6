"""It settles: whatever is there, whoever is killed, and whatever gets lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewapps.model import Environment
from reviewapps.steps import Done
from tests.core.settling import Settling, is_as_it_should_be
from tests.core.worlds import EVENTS, Event, quickly, worlds

PR_1 = Environment(7, "pr-1")


def is_settled(world: Settling) -> None:
    """Everything is as it should be, and nobody who looks, with or without a memory, finds something to do."""
    assert is_as_it_should_be(world) == {}
    assert world.attention() == {}
    assert {type(step) for step in world.replanned().values()} <= {Done}
    forgetful = Settling(world.github, world.cf, world.grant, world.allowance)
    forgetful.until_settled()
    assert forgetful.taken == []


@quickly
@given(worlds())
def test_any_world_settles(world: Settling) -> None:
    world.until_settled()
    is_settled(world)


@quickly
@given(worlds(), st.lists(EVENTS, min_size=1, max_size=8))
def test_a_world_settles_whatever_happens_to_it_and_whoever_is_killed(
    world: Settling, events: list[Event]
) -> None:
    for event in events:
        event(world)
    world.until_settled()
    is_settled(world)
