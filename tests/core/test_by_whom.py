"""Who says something of a shared environment by hand stands in every audit line that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, cast

import pytest
import structlog

from reviewapps.installation import Installation
from reviewapps.model import Environment
from reviewapps.reconcile import Adoption
from tests.core.settling import SHOP

STAGING = Environment(SHOP.id, "staging")
ADOPTION = Adoption(STAGING, "acme/shop:staging", cast(Any, None), (), (), (), "public")


class There:
    """A reconciler, leases and what is due at once, which note who was there and what is awake."""

    repository, name = SHOP, SHOP.name

    def __init__(self) -> None:
        self.told: list[object] = []
        self.awake: list[str] = []
        self.hurried: list[Environment] = []
        self.installation = Installation(
            {SHOP.name: cast(Any, self)},
            due=cast(Any, self),
            leases=cast(Any, self),
            clock=cast(Any, None),
            soon=cast(Any, None),
            memory=cast(Any, None),
            announce=print,
        )

    def take(self, key: str) -> Any:
        return nullcontext()

    def wake(self, key: str, *, queue: str) -> None:
        self.awake.append(key)

    def wait_no_more(self, environment: Environment) -> None:
        self.hurried.append(environment)

    def _note(self, *_: object) -> str:
        self.told.append(structlog.contextvars.get_contextvars().get("who"))
        return "a commit"

    redeploy = reset = deploy = adopt = governing = _note


VERBS: dict[str, Callable[[Installation], object]] = {
    "redeploy": lambda it: it.redeploy(STAGING, "ada"),
    "reset": lambda it: it.reset(STAGING, "ada"),
    "deploy": lambda it: it.deploy(STAGING, "ada"),
    "adopt": lambda it: it.adopt(ADOPTION, "ada"),
    "rollback": lambda it: _governed(it),
}


def _governed(installation: Installation) -> None:
    with installation.governing(STAGING, "ada"):
        pass


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_says_who_said_it_and_wakes_the_environment(verb: str) -> None:
    there = There()
    VERBS[verb](there.installation)
    assert (there.told, there.awake) == (["ada"], [STAGING.key])
    assert there.hurried == [STAGING]
