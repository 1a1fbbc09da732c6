"""What the platform's figures mean for previews, what one needs, and what repositories tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from reviewapps.desired import STAGING, Line, Room, Waiter
from reviewapps.errors import BadRules, NotAuthorised, ReviewAppsError, Unavailable
from reviewapps.grants import Grant
from reviewapps.model import USUAL, App, Capacity, Environment, Quota, Space
from reviewapps.reconcile import Reconciler
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.room import look_soon, need, publish, room
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.settling import NOW, SHOP, pull_request, sha
from tests.core.test_deploying import PR_1, CloudFoundry, Deploying, GitHub, Held

OURS = App("ours", "shop-pr-1", Environment(SHOP.id, "pr-1"), "app", True, "d", sha(1), "c", NOW)
THEIRS = replace(OURS, guid="theirs", environment=Environment(8, "pr-1"))
STOPPED = replace(OURS, guid="stopped", environment=Environment(8, "pr-2"), started=False)
SPACE = Space((OURS, THEIRS, STOPPED))
SIZES = {"ours": 256, "theirs": 512, "stopped": 64, "a stranger": 128}


@dataclass
class Remembering:
    values: dict[str, Any] = field(default_factory=dict)

    def read(self, name: str) -> Any | None:
        return self.values.get(name)

    def write(self, name: str, value: Any, seconds: float) -> None:
        self.values[name] = value


class Limited(CloudFoundry):
    """Cloud Foundry with quotas; it counts how often it is asked."""

    def __init__(self, capacity: Capacity) -> None:
        super().__init__(NOW, {})
        self.has, self.asked = capacity, 0
        self.wrong: ReviewAppsError | None = None

    def capacity(self, kind: str, plenty: int) -> Capacity:
        self.asked += 1
        if self.wrong is not None:
            raise self.wrong
        return self.has

    def memory(self) -> dict[str, int]:
        self.asked += 1
        return SIZES


def means(capacity: Capacity, cap: int | None = None, **more: Any) -> Means:
    caps: Mapping[str, int] = {} if cap is None else {"review": cap}
    own = {"cloudfoundry": Limited(capacity), "memory": Remembering(), "grant": Grant(caps=caps)}
    return replace(Deploying(()).means, **{**own, **more})


@pytest.mark.parametrize(
    ("quotas", "cap", "allowance", "of"),
    [
        ((Quota(4096, 768),), None, 4096, 4096),
        ((Quota(4096, 1768),), None, 3096, 4096),
        ((Quota(4096, 1768), Quota(8192, 7768)), None, 1192, 8192),
        ((Quota(4096, 1768),), 2048, 2048, 2048),
        ((Quota(4096, 1768),), 9999, 3096, 4096),
        ((Quota(4096, 9999),), None, 0, 4096),
        ((), 2048, 2048, 2048),
        ((), None, None, 0),
    ],
)
def test_all_of_ours_may_hold_what_the_smallest_limit_leaves_by_what_others_hold(
    quotas: tuple[Quota, ...], cap: int | None, allowance: int | None, of: int
) -> None:
    found = room(means(Capacity(quotas), cap), SHOP.id, SPACE)
    assert (found.allowance, found.of) == (allowance, of)
    assert found.sizes == ({} if allowance is None else SIZES)


def test_builds_of_ours_are_not_taken_for_somebody_elses() -> None:
    capacity = Capacity((Quota(4096, 768 + 512),), 512, {"ours": 512, "elsewhere": 512})
    found = room(means(capacity), SHOP.id, SPACE)
    assert (found.allowance, found.staging) == (4096, 512)
    assert room(means(Capacity((Quota(4096, 0),))), SHOP.id, SPACE).staging == STAGING


def test_what_was_asked_lately_is_not_asked_again() -> None:
    told = means(Capacity((Quota(4096, 768),)))
    first = room(told, SHOP.id, SPACE)
    assert isinstance(told.cloudfoundry, Limited)
    asked = told.cloudfoundry.asked
    assert (room(told, SHOP.id, SPACE), told.cloudfoundry.asked) == (first, asked)


def test_what_our_account_may_not_see_limits_nobody() -> None:
    told = means(Capacity())
    assert isinstance(told.cloudfoundry, Limited)
    told.cloudfoundry.wrong = NotAuthorised("this account may not see processes")
    assert room(told, SHOP.id, SPACE) == Room()


def test_repositories_of_one_space_tell_each_other_who_waits() -> None:
    told = means(Capacity((Quota(4096, 0),)), neighbours=("acme/web",))
    web = replace(told, name="acme/web", neighbours=("acme/shop",))
    publish(web, 8, [Waiter(3, 512, NOW)])
    publish(told, SHOP.id, [Waiter(1, 256, NOW)])
    found = room(told, SHOP.id, Space())
    assert (found.before, found.lines) == ((Waiter(1, 256, NOW),), (Line(8, (Waiter(3, 512, NOW),)),))
    assert found.granted == frozenset({SHOP.id, 8})


@pytest.mark.parametrize("kept", ["nonsense", {"repository": 8}, {"repository": 8, "line": [[1, 2]]}])
def test_a_line_that_cannot_be_read_is_none(kept: object) -> None:
    told = means(Capacity((Quota(4096, 0),)), neighbours=("acme/web",))
    told.memory.write("acme/web:line", kept, 60.0)
    found = room(told, SHOP.id, Space())
    assert (found.lines, found.granted) == ((), None)  # it may still be granted, and wait


def test_after_a_removal_everybody_in_the_space_is_looked_at_again() -> None:
    told = means(Capacity(), neighbours=("acme/web",))
    for name in ("acme/shop", "acme/web"):
        told.memory.write(f"{name}:seen", "the view", 60.0)
    look_soon(told)
    assert {told.memory.read(f"{name}:seen") for name in ("acme/shop", "acme/web")} == {""}


def test_who_waits_is_published_by_a_look_and_told_on_the_pull_request() -> None:
    told = means(Capacity((Quota(700, 0),)), neighbours=("acme/web",))
    told.memory.write("acme/web:line", {"repository": 8, "line": [[3, 512, 0.0]]}, 60.0)
    woken: list[Environment] = []
    Reconciler(told).look(lambda environment, removal: woken.append(environment))
    assert woken == [PR_1]
    assert isinstance(told.memory, Remembering)
    assert told.memory.values["acme/shop:line"]["line"][0][:2] == [1, USUAL]
    assert Reconciler(told).settle(PR_1, Held()) is None
    assert isinstance(told.github, GitHub)
    assert "A preview of another repository" in (told.github.told[-1].comment or "")


def test_while_nobody_can_say_what_room_there_is_nothing_is_made_and_it_is_asked_again_soon() -> None:
    told = means(Capacity())
    assert isinstance(told.cloudfoundry, Limited)
    told.cloudfoundry.wrong = Unavailable("no answer")
    assert Reconciler(told).settle(PR_1, Held()) == told.pace.poll
    assert (told.cloudfoundry.apps, isinstance(told.github, GitHub) and told.github.told) == ({}, [])
    told.cloudfoundry.wrong = None
    Reconciler(told).settle(PR_1, Held())
    assert len(told.cloudfoundry.apps) == 1


class Manifest(GitHub):
    text: str | None = None

    def file(self, commit: str, path: str) -> str | None:
        return self.text if path == "manifest.yml" else None


@pytest.mark.parametrize(
    ("lines", "rules", "mb"),
    [
        ("memory: 1G", Rules(), 1024),
        ("memory: ((size))", Rules(environments={"review": EnvironmentRules(vars={"size": "64M"})}), 64),
        ("path: .", Rules(), USUAL),
        ("memory: 4G", Rules(), 0),
        ("services: [db]", Rules(), 0),
        (None, Rules(), 0),
        ("memory: 1G", BadRules("broken"), 0),
    ],
)
def test_a_preview_needs_what_its_manifest_says_and_nothing_where_it_will_be_refused(
    lines: str | None, rules: Rules | BadRules, mb: int
) -> None:
    github = Manifest()
    github.text = None if lines is None else f"applications:\n- name: shop\n  {lines}\n"
    told = means(Capacity(), github=github)
    assert need(told, github.look(), rules, pull_request(1)) == mb
