"""The gate is found again from what stands, whoever began it, and takes over from itself without a pause."""

from __future__ import annotations

import json
import operator
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import requests

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.errors import NameTaken, OperatorMustAct
from reviewapps.gate import Gate, gate_of
from reviewapps.model import Actual, Guard, Secret
from tests.contract.test_cloudfoundry.platform import Diary, Platform, client
from tests.contract.test_cloudfoundry.scenes import NAMES, created, until

GATE = "review-gate"
TAKEN = {"code": 10008, "title": "UnprocessableEntity", "detail": "Route already exists with host"}


def gate(password: str = "open sesame", name: str = GATE) -> Gate:
    return gate_of(name, Secret(password), None, whose="acme/review")


class Killed(Exception):
    pass


class Mortal(Diary):
    """Dies right after each kind of change that nobody died of before, and never knows what came of it."""

    def say(self, action: str, **facts: object) -> None:
        if action not in self.said:
            super().say(action, **facts)
            raise Killed


def routed(space: SpaceClient) -> Actual:
    return space.carry_out(steps.CreateRoute(NAMES, gated=True), created(space))


def bind(actual: Actual) -> steps.BindGate:
    assert actual.route is not None
    return steps.BindGate(actual.route.guid)


def guard(actual: Actual) -> Guard:
    assert actual.guard is not None
    return actual.guard


def up(space: SpaceClient, actual: Actual) -> Actual:
    """The gate bound and up."""
    actual = space.carry_out(bind(actual), actual)
    return until(lambda: space.carry_out(steps.RaiseGate(), actual), lambda a: guard(a).up)


def asked(platform: Platform) -> int:
    """The status that a stranger sees at the preview's address."""
    host = f"{NAMES[0]}.{platform.domain}:{platform.app_port}"
    return requests.get(
        f"http://127.0.0.1:{platform.app_port}/", headers={"Host": host}, timeout=5
    ).status_code


@contextmanager
def callers(platform: Platform) -> Iterator[set[int]]:
    """The statuses that the gate's own health shows all the while."""
    seen: set[int] = set()
    leave = threading.Event()
    headers = {"Host": f"{GATE}.{platform.domain}:{platform.app_port}"}

    def call() -> None:
        while not leave.wait(0.03):
            url = f"http://127.0.0.1:{platform.app_port}/_gate/health"
            seen.add(requests.get(url, headers=headers, timeout=5).status_code)

    calling = threading.Thread(target=call)
    calling.start()
    try:
        yield seen
    finally:
        leave.set()
        calling.join()


@pytest.fixture
def clean(platform: Platform) -> Iterator[Platform]:
    """Nothing of any gate is left for the next test."""
    yield platform
    platform.clear_gates()


def test_whoever_is_killed_after_each_change_has_one_gate_in_the_end(clean: Platform) -> None:
    mine = routed(client(clean))
    diary = Mortal()

    def seen() -> Actual:
        mortal = client(clean, gate=gate(), diary=diary)
        try:
            actual = mortal.carry_out(steps.Look("guard"), mine)
            if not guard(actual).bound:
                actual = mortal.carry_out(bind(mine), mine)
            return mortal.carry_out(steps.RaiseGate(), actual)
        except Killed:
            return mine

    until(
        seen, lambda a: a.guard is not None and a.guard == Guard(bound=True, up=True, tended=True), seconds=60
    )
    assert len(diary.said) == 15, diary.said
    assert clean.gates() == {"apps": 1, "routes": 1, "service_instances": 1, "service_route_bindings": 1}
    assert len(clean.calls("POST", "/v3/builds")) == 1
    assert asked(clean) in (404, 503)  # nothing is mapped to it yet


def test_it_is_staged_again_at_once_where_its_cell_went_away_and_then_after_a_pause(clean: Platform) -> None:
    mine = routed(client(clean))
    space = client(clean, gate=gate())
    with clean.slow_staging() as lose:
        mine = space.carry_out(bind(mine), mine)
        for _ in range(2):
            before = len(clean.calls("POST", "/v3/builds"))
            until(
                lambda: (space.carry_out(steps.RaiseGate(), mine), len(clean.calls("POST", "/v3/builds")))[1],
                partial(operator.eq, before + 1),
            )
            lose()
        with pytest.raises(OperatorMustAct, match="the gate cannot be staged: StagingError"):
            space.carry_out(steps.RaiseGate(), mine)
    assert len(clean.calls("POST", "/v3/builds")) == 2


def test_another_password_takes_over_without_a_pause_and_another_instance_has_its_own(
    clean: Platform,
) -> None:
    space = client(clean, gate=gate())
    up(space, routed(space))
    with callers(clean) as seen:
        changed = client(clean, gate=gate("open poppy"))
        found = changed.carry_out(steps.Look("guard"), changed.look().actual(created(changed).environment))
        assert guard(found) == Guard(bound=True, up=False)
        up(changed, found)
    assert seen == {200}
    assert clean.gates()["apps"] == 1
    assert changed.guarded() != frozenset() and space.guarded() == frozenset()

    theirs = client(clean, gate=gate(), instance="umbrella")
    assert theirs.guarded() == frozenset()
    up(theirs, theirs.carry_out(steps.CreateRoute(("theirs",), gated=True), created(theirs, name="theirs")))
    assert clean.gates()["apps"] == 2


def test_a_route_that_somebody_else_guards_is_left_to_them_in_words(clean: Platform) -> None:
    theirs, space = client(clean, gate=gate(), instance="umbrella"), client(clean, gate=gate())
    actual = routed(space)
    theirs.carry_out(bind(actual), actual)
    with pytest.raises(
        OperatorMustAct, match="A route may only be bound to a single service instance; without"
    ):
        space.carry_out(bind(actual), actual)


def test_names_that_are_taken_are_named(clean: Platform) -> None:
    space = client(clean, gate=gate())
    actual = routed(space)
    clean.fault("POST", "/v3/routes", "status", status=422, body=json.dumps({"errors": [TAKEN]}), times=2)
    with pytest.raises(NameTaken, match="name another gate"):
        space.carry_out(bind(actual), actual)
