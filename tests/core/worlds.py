"""Worlds for properties: repositories with all that may be true of pull requests and tags, and spaces with
environments that were left in any state."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from reviewapps.desired import NoRoom, Run
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import (
    App,
    Attempt,
    Build,
    Environment,
    Origin,
    PullRequest,
    Refusal,
    Route,
    Tag,
    Tagging,
)
from reviewapps.naming import names
from reviewapps.rules import EnvironmentRules, Rules
from tests.core.imagined import DOMAIN, CloudFoundry, Fate, Running, Trouble
from tests.core.settling import DAY, NOW, SHOP, GitHub, Settling, destroy, pull_request, sha

EXAMPLES = {"daily": 40, "long": 800}[os.environ.get("HYPOTHESIS_PROFILE", "daily")]
quickly = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

NUMBERS = st.integers(1, 7)
COMMITS = st.integers(1, 6).map(sha)
FATES: st.SearchStrategy[Fate] = st.sampled_from(["well", *get_args(Fate)])
AGES = st.sampled_from([0, 1, 9, 11, 30]).map(lambda days: NOW - days * DAY)
RULES: st.SearchStrategy[Rules | BadRules] = st.sampled_from(
    [
        Rules(),
        Rules(environments={"review": EnvironmentRules(limit=2)}),
        Rules(
            environments={"review": EnvironmentRules(env={"A": "1"}), "dev": EnvironmentRules(env={"A": "1"})}
        ),
        BadRules("`limitt` is unknown", 3),
    ]
)
ALLOWANCES = st.sampled_from([None, None, 300, 900, 2048, 4096])
TAG_NAMES = st.sampled_from(["dev", "dev-1", "dev-01", "dev-2", "dev-10", "v1", "develop"])

Left = Literal["route", "skeleton", "built", "record", "live", "unrouted", "unmarked", "stopped"]
Tried = Literal["nothing", "this", "another", "refused"]


@st.composite
def pull_requests(draw: st.DrawFn, number: int) -> PullRequest:
    created = draw(AGES)
    is_open = draw(st.sampled_from([True, True, True, False]))
    seldom = st.sampled_from([False, False, False, True])
    return pull_request(
        number,
        draw(COMMITS),
        open=is_open,
        draft=draw(seldom),
        fork=draw(seldom),
        bot=draw(seldom),
        labels=frozenset(draw(st.sampled_from([(), (), (), ("no-preview",), ("bug",)]))),
        created_at=created,
        updated_at=max(created, draw(AGES)),
        closed_at=None if is_open else NOW,
        merged_at=None if is_open else draw(st.sampled_from([None, NOW])),
    )


def meanings(tag: Tag) -> st.SearchStrategy[Tagging | None]:
    tagged_at = AGES if tag.annotated else st.none()
    return st.none() | st.builds(Tagging, COMMITS, tagged_at, AGES)


@st.composite
def repositories(draw: st.DrawFn) -> GitHub:
    numbers = draw(st.sets(NUMBERS, max_size=7))
    tags = draw(st.sets(st.builds(Tag, TAG_NAMES, st.integers(20, 23).map(sha), st.booleans()), max_size=5))
    taggings = {tag: draw(meanings(tag)) for tag in sorted(tags)}
    trees = draw(st.dictionaries(COMMITS, st.sampled_from(["tree-a", "tree-b"]), max_size=4))
    return GitHub(
        {number: draw(pull_requests(number)) for number in sorted(numbers)},
        draw(st.sets(NUMBERS, max_size=1)),
        tags,
        {sha(n): draw(AGES) for n in range(1, 7)},
        taggings,
        trees,
        draw(RULES),
    )


@dataclass(frozen=True)
class Leftover:
    """What an earlier life of an environment left in the space."""

    name: str
    left: Left
    tried: Tried
    commit: str
    other: str
    as_configured: bool
    plain_name: bool


LEFTOVERS = st.lists(
    st.builds(
        Leftover,
        st.one_of(st.just("dev"), NUMBERS.map(lambda n: f"pr-{n}")),
        st.sampled_from(["route", "skeleton", "built", "record", "live", "unrouted", "unmarked", "stopped"]),
        st.sampled_from(["nothing", "this", "another", "refused"]),
        COMMITS,
        COMMITS,
        st.booleans(),
        st.booleans(),
    ),
    max_size=5,
    unique_by=lambda leftover: leftover.name,
)


@st.composite
def worlds(draw: st.DrawFn) -> Settling:
    github = draw(repositories())
    trees = sorted({github.tree(sha(n)) for n in range(1, 7)})
    cf = CloudFoundry(NOW, {tree: draw(FATES) for tree in trees}, looks=draw(st.integers(1, 3)))
    cf.room = draw(st.booleans())
    plain = [names("acme", SHOP, Environment(SHOP.id, f"pr-{n}"))[0] for n in range(1, 8)]
    grant = Grant(limit=draw(st.integers(0, 5)), deletions_at_once=draw(st.integers(0, 3)))
    github.needs = draw(st.dictionaries(COMMITS, st.sampled_from([0, 64, 512, 1024]), max_size=3))
    settling = Settling(github, cf, grant, draw(ALLOWANCES))
    leftovers = draw(LEFTOVERS)
    for leftover in leftovers:
        leave(settling, leftover)
    free = set(plain) - {app.name for app in cf.apps.values()} - {r.host for r in cf.routes.values()}
    cf.strangers = frozenset(draw(st.sets(st.sampled_from(plain), max_size=2)) & free)
    return settling


def leave(settling: Settling, leftover: Leftover) -> None:
    """Put it into the space. Labels are as honest as ours are: a commit label names what runs."""
    cf, environment = settling.cf, Environment(SHOP.id, leftover.name)
    candidates = names("acme", SHOP, environment)
    name = candidates[0 if leftover.plain_name else -1]
    config = _config(settling, environment) if leftover.as_configured else "another config"
    guid = f"left-{leftover.name}"
    if leftover.left != "route":
        app = App(guid, name, environment, "app", False, None, None, None, NOW - DAY)
        cf.apps[guid] = replace(app, attempt=_attempt(leftover, config))
    if leftover.left != "unrouted":
        leads_to = frozenset({guid}) if leftover.left not in ("route", "skeleton", "record") else frozenset()
        cf.routes[f"route-{guid}"] = Route(f"route-{guid}", name, f"{name}.{DOMAIN}", environment, leads_to)
    if leftover.left in ("built", "live", "unrouted", "unmarked", "stopped"):
        _build(settling, leftover, guid)
    if leftover.left in ("live", "unrouted", "unmarked"):
        _run(settling, leftover, guid)
    if leftover.left in ("live", "unrouted", "stopped"):
        cf.apps[guid] = replace(
            cf.apps[guid], commit=leftover.commit, config=config, live_since=NOW - DAY / 2
        )


def _attempt(leftover: Leftover, config: str) -> Attempt | None:
    """Before ``live_since`` where it is the one that went live, after it where not."""
    left, tried = leftover.left, leftover.tried
    if left == "record":
        return _refused(Attempt("left", leftover.commit, config, NOW - DAY))
    if tried == "this" or (left == "unmarked" and tried == "another"):
        return Attempt("left", leftover.commit, config, NOW - DAY)
    if tried == "another":
        return Attempt("left", leftover.other, config, NOW - DAY / 4)
    if tried == "refused":
        return _refused(Attempt("left", leftover.other, config, NOW - DAY / 4))
    return None


def _refused(attempt: Attempt) -> Attempt:
    return replace(attempt, refusal=Refusal("build", "it did not build", attempt.began))


def _build(settling: Settling, leftover: Leftover, guid: str) -> None:
    cf, tree = settling.cf, settling.github.tree(leftover.commit)
    environment = cf.apps[guid].environment
    droplet = cf.add_droplet(guid, tree)
    cf.builds[guid] = [Build(f"build-{guid}", "ready", "gone", tree, "left", droplet, "", environment)]
    if leftover.left != "built":
        cf.apps[guid] = replace(cf.apps[guid], droplet=droplet)


def _run(settling: Settling, leftover: Leftover, guid: str) -> None:
    cf, rules_at = settling.cf, settling.github.repository.head if leftover.as_configured else None
    droplet = cf.apps[guid].droplet
    assert droplet is not None
    cf.configured[guid] = Origin(leftover.commit, rules_at)
    cf.running[guid] = Running(droplet, cf.configured[guid], age=9)
    cf.apps[guid] = replace(cf.apps[guid], started=True)


def _config(settling: Settling, environment: Environment) -> str:
    rules = settling.github.rules
    return settling.grant.config(Rules() if isinstance(rules, BadRules) else rules, environment)


# --- what happens to a world ---

Event = Callable[[Settling], None]


def _pushed(number: int, commit: str) -> Event:
    def event(world: Settling) -> None:
        if number in world.github.pull_requests:
            pr = world.github.pull_requests[number]
            world.github.pull_requests[number] = replace(pr, commit=commit, updated_at=NOW)

    return event


def _destroyed(number: int) -> Event:
    """Somebody takes a preview away by hand, while whatever happens to it happens."""

    def event(world: Settling) -> None:
        environment = Environment(SHOP.id, f"pr-{number}")
        verdict = world.judged().of(environment)
        if isinstance(verdict, Run | NoRoom):
            destroy(world, number)

    return event


def _changed(number: int, is_open: bool, labels: frozenset[str]) -> Event:
    def event(world: Settling) -> None:
        if number in world.github.pull_requests:
            pr = world.github.pull_requests[number]
            world.github.pull_requests[number] = replace(
                pr, open=is_open, labels=labels, closed_at=None if is_open else NOW
            )

    return event


def _ruled(rules: Rules | BadRules) -> Event:
    def event(world: Settling) -> None:
        world.github.rules = rules

    return event


def _untagged(name: str) -> Event:
    def event(world: Settling) -> None:
        world.github.tags = {tag for tag in world.github.tags if tag.name != name}

    return event


def _worked(rounds: int, killed_after: int | None, troubles: list[Trouble | None]) -> Event:
    """Some rounds of work, with a worker that is killed on the way and requests that go wrong."""

    def event(world: Settling) -> None:
        world.kills = frozenset() if killed_after is None else frozenset({len(world.taken) + killed_after})
        world.cf.troubles = iter(troubles)
        for _ in range(rounds):
            for environment in world.attention():
                world.turn(environment)
            world.cf.pass_time()
        world.kills, world.cf.troubles = frozenset(), iter(())

    return event


TROUBLES: st.SearchStrategy[Trouble | None] = st.sampled_from([None, None, None, "nothing", "lost", "half"])
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(_pushed, NUMBERS, COMMITS),
    st.builds(_changed, NUMBERS, st.booleans(), st.sampled_from([frozenset(), frozenset({"no-preview"})])),
    st.builds(_ruled, RULES),
    st.builds(_destroyed, NUMBERS),
    st.builds(_untagged, TAG_NAMES),
    st.builds(
        _worked, st.integers(1, 8), st.one_of(st.none(), st.integers(0, 12)), st.lists(TROUBLES, max_size=40)
    ),
)


def only_at(request: int, trouble: Trouble) -> Iterator[Trouble | None]:
    """Trouble with one request, counted from 0."""
    return (trouble if number == request else None for number in count())
