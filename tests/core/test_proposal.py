"""Rules that a pull request brings: what would not work is named with its line, before it is merged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.approval import Requires
from reviewapps.desired import Desired, Hold, Run
from reviewapps.grants import Grant, Named, mistakes, named
from reviewapps.model import Actual, Environment, Space, Wanted
from reviewapps.outcome import Mark
from reviewapps.reconcile.proposing import proposed
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import Judged
from reviewapps.rules import rules
from tests.core import test_deploying as deploying
from tests.core.cases import NEW, OLD, PRODUCTION, running
from tests.core.settling import SHOP, pull_request

GRANT = Grant(
    targets=dict.fromkeys(("review", "dev", "staging", "production"), "cloud"), elsewhere=frozenset({"far"})
)


def found(text: str, unknown: Named | None = None) -> list[str]:
    return [one.words for one in mistakes(text, SHOP, "acme", GRANT, unknown or Named())]


RULES = """\
environments:
  staging:
    follows: {branch: next}
  production:
    requires:
      from: [acme/release, ada]
      sign_off:
        - grace
  far:
    follows: {branch: elsewhere}
  qa:
    follows: {branch: nowhere}
    requires: {from: [acme/nobody]}
"""


def test_what_is_named_of_environments_here_or_in_another_installation_has_to_be_looked_up() -> None:
    people, teams = frozenset({"ada", "grace"}), frozenset({"acme/release"})
    assert named(RULES, GRANT) == Named(people, teams, frozenset({"next", "elsewhere"}))
    assert named("environments: {stagin: {}}", GRANT) == Named()
    assert named("environments: {staging: {}}", GRANT).branches == {"staging"}


def test_what_is_not_there_is_told_where_it_stands() -> None:
    unknown = Named(frozenset({"grace"}), frozenset({"acme/release"}), frozenset({"next", "elsewhere"}))
    assert found(RULES, unknown) == [
        "line 3: `environments.staging` follows the branch `next`, which is not there yet",
        "line 6: the team `acme/release` is not there, or cannot be seen from here",
        "line 8: there is nobody called `grace` on GitHub",
        "line 10: `environments.far` follows the branch `elsewhere`, which is not there yet",
        "line 11: `environments.qa` has no space that was granted: whoever runs reviewapps has to grant one",
    ]
    assert len(found(RULES)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "environments:\n  dev:\n    follows: {tags: ['*']}",
            "line 3: `environments.dev.follows` has the pattern `*`, which every tag matches",
        ),
        (
            "environments:\n  staging: {app: shop}\n  dev: {app: shop}",
            "line 3: `environments` lets `staging` and `dev` be the same app, `shop`",
        ),
        (
            "environments:\n  staging:\n    app: shop-dev",
            "line 3: `environments.staging.app` is `shop-dev`, which is what the app of `dev` is called",
        ),
        (
            "environments:\n  staging:\n    app: shop-pr-12",
            "line 3: `environments.staging.app` is `shop-pr-12`, which is what a preview is called",
        ),
        (
            "environments:\n  staging:\n    freeze:\n    - {from: Fri 16:00, to: Mon 08:00, zone: Mars/Base}",
            "line 3: `environments.staging.freeze` names the time zone `Mars/Base`, which there is not",
        ),
        (
            "environments:\n  dev:\n    requires: {approvals: 1}",
            "line 3: `environments.dev.requires` asks for approvals, which GitHub gives to pull requests and not "
            "to tags; let it follow a branch, or ask for `sign_off`",
        ),
        ("environments:\n  dev: {requires: {sign_off: [ada], checks: [test]}}", None),
        ("environments:\n  dev: {app: shop}\n  staging: {app: shop-dev}", None),
        ("", None),
    ],
)
def test_what_the_rules_say_by_themselves_is_read_with_its_line(text: str, said: str | None) -> None:
    assert found(text) == ([] if said is None else [said])


WORDS = st.sampled_from(
    [
        "environments",
        "staging",
        "dev",
        "qa",
        "requires",
        "from",
        "sign_off",
        "follows",
        "branch",
        "app",
        "tags",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, VALUES, max_size=4) | st.text(max_size=200))
def test_whatever_strangers_write_is_judged(written: object) -> None:
    """YAML reads what JSON writes."""
    text = written if isinstance(written, str) else json.dumps(written)
    asked = named(text, GRANT)
    assert all(one.text for one in mistakes(text, SHOP, "acme", GRANT, asked))


FLOOR = Grant(GRANT.targets, floors={"production": Requires.wish(1)})
TODAY = "environments: {production: {requires: {approvals: 1}}}"
TAGS = (
    "`environments.production` follows tags, and {} for approvals, which are counted on a branch: no tag would "
    "go there"
)
MOVED = (
    "`environments.production` would follow something else than what runs there does: it is held then, until an "
    "operator brings a commit there (`reviewapps rollback production SHA`)"
)


@pytest.mark.parametrize(
    ("text", "now", "grant", "said"),
    [
        ("follows: {tags: [v*]}", "", FLOOR, TAGS.format("the operator asks")),
        ("follows: {tags: [v*]}", TODAY, GRANT, TAGS.format("it asks")),
        ("follows: {tags: [v*]}", "", GRANT, ""),
        ("follows: {branch: next}", TODAY, GRANT, MOVED),
        ("follows: {branch: next}", "", FLOOR, MOVED),
        ("follows: {branch: next}", "", GRANT, ""),
        ("follows: {branch: main}", TODAY, FLOOR, ""),
        ("requires: {approvals: 2}", TODAY, FLOOR, ""),
    ],
)
def test_what_would_be_held_for_good_is_told_before_the_merge(
    text: str, now: str, grant: Grant, said: str
) -> None:
    brought = f"environments:\n  production:\n    {text}"
    told = mistakes(brought, SHOP, "acme", grant, Named(), rules(now))
    assert [one.words for one in told] == ([f"line 3: {said}"] if said else [])
    if said == MOVED:  # of a pull request into another branch nobody knows what holds today
        assert mistakes(brought, SHOP, "acme", grant, Named()) == []


@pytest.mark.parametrize(("follows", "said"), [("main", []), ("next", []), ("last", [f"line 3: {MOVED}"])])
def test_who_takes_back_what_is_held_is_not_told_that_it_would_be(follows: str, said: list[str]) -> None:
    """It is compared with what runs, and not with what was merged since and is held."""
    brought = f"environments:\n  production:\n    follows: {{branch: {follows}}}"
    now = rules("environments: {production: {follows: {branch: next}, requires: {approvals: 1}}}")
    there = {"production": rules(TODAY if follows != "next" else "environments: {production: {}}")}
    told = mistakes(brought, SHOP, "acme", GRANT, Named(), now, there)
    assert [one.words for one in told] == said


@dataclass
class GitHub(deploying.GitHub):
    """One pull request that brings rules, where others were merged that lead production to another branch."""

    marked: list[str] = field(default_factory=list)

    def look(self, *, whole: bool = False) -> Wanted:
        return Wanted(SHOP, (pull_request(1),), (), LED)

    def file(self, commit: str, path: str) -> str | None:
        return TODAY if commit == OLD else None

    def proposed_rules(self, commit: str) -> str | None:
        return TODAY

    def rules_blobs(self, commits: Sequence[str]) -> Mapping[str, str | None]:
        return dict.fromkeys(commits, "another")

    def changes_rules(self, base: str, commit: str) -> bool:
        return True

    def mark(self, environment: Environment, mark: Mark, page: str) -> None:
        self.marked.append(mark.state)


LED = "environments: {production: {follows: {branch: next}, requires: {approvals: 1}}}"


@pytest.mark.parametrize("why", ["rules", "lock"])
def test_that_it_is_held_astray_is_seen_where_it_runs(why: Literal["rules", "lock"]) -> None:
    there = deploying.Deploying((), GitHub())
    means, wanted, app = replace(there.means, grant=GRANT), there.github.look(), running(PRODUCTION)
    held = Run(OLD, "c", held=Hold(NEW, why, ("",)))
    seen = Judged(wanted, Space((app,)), held, Desired({PRODUCTION: held}), Actual(deploying.PR_1))
    turn = Turn(means, deploying.PR_1, deploying.Held(), wanted, Actual(deploying.PR_1))
    told = proposed(turn, seen)
    assert len(told) == (0 if why == "rules" else 1)
    assert cast(GitHub, there.github).marked == ["success" if why == "rules" else "failure"]
