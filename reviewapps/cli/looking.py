"""``look``: one complete look, with or without what follows from it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from reviewapps import wiring
from reviewapps.cli.acting import acting, waiting
from reviewapps.cli.as_json import as_json
from reviewapps.cli.menu import AsJson, Within, command, in_a_sentence, settings
from reviewapps.cli.printed.ticks import rehearsal, reported
from reviewapps.errors import BadSettings
from reviewapps.installation import Installation
from reviewapps.naming import address
from reviewapps.once import look_at, settle_all
from reviewapps.overview import Noted, Tick, tick
from reviewapps.reconcile import Journal, Rehearsed
from reviewapps.report.untrusted import Mask, plain
from reviewapps.settings import Settings


@command("look")
@in_a_sentence
def look(
    wait: Annotated[
        bool, typer.Option("--wait", help="Settle everything here, until nothing waits any more.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, and why. Writes nothing.")
    ] = False,
    within: Within = None,
    as_json_: AsJson = False,
) -> int:
    """Look at everything once, now. Without --wait the workers do what there is to do."""
    told, longest = settings(), waiting(within, wait)
    if dry_run:
        if wait:
            raise BadSettings("--dry-run does nothing that could be waited for: leave one of both away")
        return _rehearsed(told, as_json_)
    journal = Journal()
    with acting(told, journal) as installation:
        if wait:
            settle_all(installation, longest)
        else:
            for repository in installation.repositories:
                look_at(installation, repository)
        seen = _tick(installation, journal)
        if as_json_:
            print(as_json({"tick": seen, "needs": installation.needs}))
        else:
            _print(reported(seen, Mask.over(told.secrets)))
        for about, need in installation.needs.items():
            print(f"reviewapps: {about} needs somebody: {plain(need)}", file=sys.stderr)
        return 1 if installation.needs else 0


def _tick(installation: Installation, journal: Journal) -> Tick:
    overviews = tuple(installation.overviews())
    ids = {name: one.repository.id for name, one in installation.reconcilers.items()}
    return tick(overviews, ids, journal.done, journal.repaired)


def _rehearsed(told: Settings, for_programs: bool) -> int:
    """What a look would have done, one environment after the other."""
    with wiring.reading(told) as reading:
        seen = [
            (address(one.environment, name), one)
            for name, reconciler in reading.reconcilers.items()
            for one in reconciler.rehearse_all()
        ]
    if for_programs:
        print(as_json([{"environment": n, "right": o.right, "next": o.done, "why": o.why} for n, o in seen]))
        return 0
    right = sum(one.right for _, one in seen)
    differing = [Noted(name, _said(one)) for name, one in seen if not one.right]
    _print(rehearsal(right, differing, Mask.over(told.secrets)))
    return 0


def _said(one: Rehearsed) -> str:
    return one.why if one.done == "nothing" else f"{one.done}. {one.why}"


def _print(lines: list[str]) -> None:
    console = Console()
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)
