"""Somebody edited what we wrote onto an app: that stops its own environment, and people hear of it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reviewapps.cloudfoundry import labels, looking
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.postgres import Postgres
from reviewapps.cloudfoundry.serving import Servants
from reviewapps.errors import OperatorMustAct
from reviewapps.model import Attempt, Environment, Lock, Over, Pin, Refusal, Said, Wanted
from reviewapps.reconcile import Reconciler
from tests.core.settling import NOW, SHOP, pull_request
from tests.core.test_deploying import PR_1, Deploying, GitHub

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


# --- whatever is written there ---

FAR = "9999-12-31T23:59:59-23:59"
REFUSED = Refusal("build", "m", NOW, ("line",))
ATTEMPT = labels.attempt_text(Attempt("1.1", "a" * 40, "c", NOW, asked_at=NOW, refusal=REFUSED))
LOCK = labels.lock_text(Lock("ada", "why", NOW)) or ""
PIN = labels.pin_text(Pin("a" * 40, "b" * 40)) or ""
SAID = labels.said_text(Said("1.1", "live"))
OVER = labels.over_text((Over("v1", "b" * 40, 1.0),)) or ""
APPROVED = labels.approved_text("b" * 40, ("approved: #1 by hubot",)) or ""
SIGN_OFFS = labels.sign_offs_text((("ada", "a" * 40),)) or ""

KEYS = sorted(
    {key for key in vars(labels).values() if isinstance(key, str) and key.startswith("reviewapps-")}
    | {f"{key}-{at}" for key in (labels.TAGS_SEEN, labels.ENV_NAMES, labels.SERVICE_NAMES) for at in (0, 1)}
)
ODD = st.sampled_from(
    ["[" * 5000, FAR, "0001-01-01T00:00:00+23:59", "2026-03-02T12:00:00", "../..", "a\x00b", "9" * 60]
)
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ODD | st.just(10**12)


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """What we would write, perhaps with one value of it changed."""
    written: dict[str, Any] = json.loads(text)
    refusal = written.get("refusal")
    of = refusal if refusal and draw(st.booleans()) else written
    if draw(st.booleans()):
        of[draw(st.sampled_from(sorted(of)))] = draw(VALUE)
    return json.dumps(written)


OURS = st.fixed_dictionaries(
    {},
    optional={
        labels.ATTEMPT: edited(ATTEMPT),
        labels.LOCK: edited(LOCK),
        labels.PIN: edited(PIN),
        labels.SAID: edited(SAID),
        labels.OVER: st.just(OVER),
        labels.APPROVED: st.just(APPROVED),
        labels.SIGN_OFFS: st.just(SIGN_OFFS),
        labels.LIVE_SINCE: st.just(NOW.isoformat()) | ODD,
        labels.WISHED: st.just("b" * 40) | st.text(),
        labels.OVERRIDE: st.just("b" * 40) | st.text(),
        labels.OVERRIDE_UNTIL: st.just(f"{NOW.isoformat()} {'b' * 40}") | ODD,
        f"{labels.TAGS_SEEN}-0": st.lists(st.text()).map(json.dumps),
    },
)
ANY = st.dictionaries(st.sampled_from(KEYS), st.text() | ODD, max_size=2)
NOTES = st.builds(lambda ours, odd: ours | odd, OURS, ANY | st.just({}))


@dataclass
class Listed:
    """A space in which somebody edited one app and its route; another app is as we left it."""

    environment: Environment
    notes: dict[str, str]
    marks: dict[str, str]
    instance: str = "acme"
    ring: None = None

    def resource(self, name: str, environment: Environment, **more: Any) -> dict[str, Any]:
        hostile = environment == self.environment
        marks = labels.owner(self.instance, environment) | (self.marks if hostile else {})
        return {
            "guid": name,
            "name": name,
            "state": "STARTED",
            "created_at": "2026-01-02T03:04:05Z",
            "relationships": {"current_droplet": {"data": {"guid": "D"}}},
            "metadata": {"labels": marks, "annotations": self.notes if hostile else {}},
        } | more

    def apps(self, selector: str) -> list[dict[str, Any]]:
        return [self.resource("edited", self.environment), self.resource("ours", PR_1)]

    def routes(self, selector: str) -> list[dict[str, Any]]:
        leads = {"host": "x", "url": "x.test", "destinations": [{"app": {"guid": "edited"}}]}
        return [self.resource("route", self.environment, **leads)]


@dataclass
class Regained(Listed):
    """A space that we may see again since the apps were listed."""

    listings: int = 0

    @property
    def target(self) -> Regained:
        return self

    def check_space(self) -> None:
        """It is there."""

    def apps(self, selector: str) -> list[dict[str, Any]]:
        self.listings += 1
        return [] if self.listings == 1 else super().apps(selector)


def test_a_space_that_was_not_to_be_seen_for_a_moment_has_not_lost_its_apps() -> None:
    space = looking.space(cast(Client, Regained(PR_2, {}, {})))
    assert {app.guid for app in space.apps} == {"edited", "ours"} and space.routes


@dataclass
class Two(GitHub):
    """Two pull requests."""

    both: tuple[int, ...] = field(default=(1, 2))

    def look(self, *, whole: bool = False) -> Wanted:
        return Wanted(SHOP, tuple(map(pull_request, self.both)), (), None)


@given(st.sampled_from([PR_2, Environment(SHOP.id, "dev")]), NOTES, ANY | st.just({}))
@example(PR_2, {labels.SAID: "[" * 5000}, {})
@example(PR_2, {labels.LIVE_SINCE: FAR}, {})
@example(PR_2, {labels.ATTEMPT: ATTEMPT.replace(NOW.isoformat(), FAR)}, {})
@example(PR_2, {labels.ATTEMPT: ATTEMPT.replace('"tries":0', '"tries":1000000000000')}, {})
@example(Environment(SHOP.id, "dev"), {labels.LOCK: LOCK.replace(NOW.isoformat(), FAR)}, {})
def test_whatever_somebody_writes_stops_no_other_environment(
    whose: Environment, notes: dict[str, str], marks: dict[str, str]
) -> None:
    there, woken = Deploying((), github=Two()), set[Environment]()
    space = looking.space(cast(Client, Listed(whose, notes, marks)))
    there.cf.look = lambda: space  # type: ignore[method-assign]
    with contextlib.suppress(OperatorMustAct):
        Reconciler(there.means).look(lambda environment, removal: woken.add(environment))
    assert PR_1 in woken
    assert PR_1 in {one.environment for one in Reconciler(there.means).rehearse_all()}
    assert Reconciler(there.means).overview().rows


class WithServices:
    """A space with two services of ours; somebody edited the labels of the first."""

    instance = "acme"

    @property
    def services(self) -> WithServices:
        return self

    def instances(self, selector: str) -> list[dict[str, Any]]:
        marks = labels.owner(self.instance, PR_1)
        return [
            {"name": "x", "metadata": {"labels": one}} for one in (marks | {labels.ENVIRONMENT: "?"}, marks)
        ]


def test_a_service_that_cannot_be_read_keeps_nobody_from_theirs() -> None:
    servants = Servants(cast(Client, WithServices()), cast(Postgres, None))
    assert servants.environments() == {PR_1}
