"""Commands that only read: ``list``, ``show``, ``why``, ``logs``. None of them needs a worker, or a Redis."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console

from reviewapps import wiring
from reviewapps.cli.as_json import as_json, plain
from reviewapps.cli.menu import AsJson, Where, command, in_a_sentence, settings
from reviewapps.cli.printed.details import explained, shown
from reviewapps.cli.printed.listing import Memory, listing
from reviewapps.cli.sought import Sought, sought
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.cloudfoundry.logs import SOURCES
from reviewapps.errors import BadSettings, NotAuthorised
from reviewapps.model import LogLine, LogSource
from reviewapps.overview import nobody_looks, watched
from reviewapps.report.untrusted import Mask
from reviewapps.wiring import Reading

LATE: Final = 5 * 10**9
"""Nanoseconds by which a line may reach log-cache after a later one."""

EVERY: Final = 2.0
"""Seconds between two looks at a log that is followed."""


@command("list")
@in_a_sentence
def list_(
    repository: Annotated[str, typer.Argument(help="Only this one: acme/shop")] = "", as_json_: AsJson = False
) -> int:
    """List every environment: what it runs, how it is, and where or why."""
    told = settings()
    with wiring.reading(told) as reading:
        names = _named(repository, reading)
        overviews = [reading.reconcilers[name].overview() for name in names]
        caps = {name: target.memory_mb for name, target in told.grants.targets.items()}
        memory = [_memory(name, space, caps[name]) for name, space in reading.spaces.items()]
        now = datetime.now(UTC)
        looks = [
            watched(name, reading.reconcilers[name].looked_at(), now, told.quiet_every) for name in names
        ]
    if as_json_:
        print(as_json({"repositories": overviews, "memory": memory, "workers": looks}))
        return 0
    console = Console()
    for line in listing(overviews, memory, now):
        console.print(line, soft_wrap=True, highlight=False)
    for sentence in nobody_looks(looks, overviews, now) if told.grants.mode != "paused" else ():
        console.print(sentence, soft_wrap=True, highlight=False, markup=False, style="yellow")
    return 0


@command("show")
@in_a_sentence
def show(environment: Where, as_json_: AsJson = False) -> int:
    """Show all that is known of one environment."""
    told = settings()
    with wiring.reading(told) as reading:
        one = sought(environment, reading.reconcilers)
        detail = one.reconciler.detail(one.environment)
    if as_json_:
        print(as_json({**plain(detail), "labels": detail.labels}))
        return 0
    console = Console()
    for line in shown(detail, Mask.over(told.secrets), datetime.now(UTC)):
        console.print(line, soft_wrap=True, highlight=False)
    return 0


@command("why")
@in_a_sentence
def why(environment: Where, as_json_: AsJson = False) -> int:
    """Say why an environment is there or not: the questions that decide it, and what would be done next."""
    told = settings()
    with wiring.reading(told) as reading:
        one = sought(environment, reading.reconcilers)
        decision = one.reconciler.decision(one.environment)
        next_ = one.reconciler.rehearse(one.environment)
    if as_json_:
        print(as_json({"environment": one.name, **plain(decision), "right": next_.right, "next": next_.done}))
        return 0
    console = Console()
    for line in explained(one.name, decision, next_, Mask.over(told.secrets)):
        console.print(line, soft_wrap=True, highlight=False)
    return 0


@command("logs")
@in_a_sentence
def logs(
    environment: Where,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
    build: Annotated[bool, typer.Option("--build", help="Only what staging wrote.")] = False,
    of_app: Annotated[
        bool, typer.Option("--app", help="Only what the app wrote, without its tasks.")
    ] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last ones.")] = 100,
    as_json_: Annotated[bool, typer.Option("--json", help="A line of {at, source, text} each.")] = False,
) -> int:
    """Print what build, app and tasks wrote last, as far as Cloud Foundry keeps it. Our secrets are masked."""
    if build and of_app:
        raise BadSettings("--build and --app exclude each other; without either, all is shown")
    sources: tuple[LogSource, ...] = ("STG",) if build else ("APP",) if of_app else SOURCES
    with wiring.reading(settings()) as reading:
        one = sought(environment, reading.reconcilers)
        last = [line for line in one.reconciler.log(one.environment) if line.source in sources]
        for line in last[-lines:] if lines else ():
            _print(line, as_json_)
        if follow:
            for line in _followed(one, last):
                if line.source in sources:
                    _print(line, as_json_)
    return 0


def _named(repository: str, reading: Reading) -> list[str]:
    found = [name for name in reading.reconcilers if repository.lower() in ("", name.lower())]
    if not found:
        raise BadSettings(f"`{repository}` is no repository of ours: {', '.join(reading.reconcilers)}")
    return found


def _memory(target: str, space: SpaceClient, cap: int | None) -> Memory:
    """What the target's space holds and may hold; unknown where our account may not see it."""
    try:
        room = space.room()
    except NotAuthorised:
        return Memory(target, None, None)
    limits = [limit for limit in (cap, room.memory_limit) if limit is not None]
    return Memory(target, room.memory_used, min(limits, default=None))


def _followed(one: Sought, before: list[LogLine]) -> Iterator[LogLine]:
    """Each new line, once: lines may come late, so that the last few seconds are read again each time."""
    seen, newest = set(before), max((line.at for line in before), default=0)
    while True:
        time.sleep(EVERY)
        since = max(0, newest - LATE)
        fresh = [line for line in one.reconciler.log(one.environment, since) if line not in seen]
        yield from fresh
        newest = max([newest, *(line.at for line in fresh)])
        seen = {line for line in (*seen, *fresh) if line.at >= newest - LATE}


def _print(line: LogLine, as_json_: bool) -> None:
    at = datetime.fromtimestamp(line.at / 10**9, UTC)
    if as_json_:
        told = {"at": at.isoformat(), "source": line.source, "text": line.text}
        print(json.dumps(told, ensure_ascii=False), flush=True)
    else:
        print(f"{at:%H:%M:%S} {line.source:<4} {line.text}", flush=True)
