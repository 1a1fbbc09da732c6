"""Somebody edited what we wrote onto an app: that stops its own environment, and people hear of it."""

from __future__ import annotations

import contextlib

import pytest

from reviewapps.errors import OperatorMustAct
from reviewapps.model import Environment
from reviewapps.reconcile import Reconciler
from tests.core.settling import SHOP
from tests.core.test_deploying import PR_1, Deploying

PR_2 = Environment(SHOP.id, "pr-2")


def looked(unreadable: dict[Environment | None, str]) -> list[Environment]:
    """Who is woken by a look at a space of which this cannot be read."""
    there, woken = Deploying(()), list[Environment]()
    there.cf.unreadable = unreadable
    with contextlib.suppress(OperatorMustAct):
        Reconciler(there.means).look(lambda environment, removal: woken.append(environment))
    return woken


def test_what_cannot_be_read_is_left_alone_and_keeps_no_other_from_its_turn() -> None:
    assert looked({PR_1: "edited"}) == []
    assert looked({PR_2: "edited"}) == [PR_1]
    assert looked({None: "edited"}) == [PR_1]


@pytest.mark.parametrize("whose", [PR_1, PR_2, None])
def test_somebody_is_told_of_what_cannot_be_read(whose: Environment | None) -> None:
    there = Deploying(())
    there.cf.unreadable = {whose: "shop-pr-2: edited"}
    with pytest.raises(OperatorMustAct, match="shop-pr-2: edited; it is left alone"):
        Reconciler(there.means).look(lambda environment, removal: None)


def test_what_cannot_be_read_of_another_repository_is_told_there() -> None:
    there = Deploying(())
    there.cf.unreadable = {Environment(8, "pr-2"): "edited"}
    Reconciler(there.means).look(lambda environment, removal: None)
