"""``sweep``: take away what bears our labels and belongs to nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewapps import wiring
from reviewapps.cli.acting import acting
from reviewapps.cli.as_json import as_json
from reviewapps.cli.menu import AsJson, Yes, agreed, command, in_a_sentence, settings
from reviewapps.errors import BadSettings, ReviewAppsError
from reviewapps.installation import Installation
from reviewapps.report.untrusted import Mask, plain
from reviewapps.settings import Settings
from reviewapps.sweeping import Broom, Leftover, counted


@dataclass(frozen=True)
class Removed:
    """What came of one leftover, in words. What is not left over any more stays, which is no failure."""

    kind: str
    name: str
    said: str
    failed: bool


@command("sweep")
@in_a_sentence
def sweep(yes: Yes = False, as_json_: AsJson = False) -> int:
    """List what bears our labels and belongs to nothing, with why; take it away with --yes, or once asked."""
    told = settings()
    with wiring.reading(told) as reading:
        broom = Broom(told.grants, reading.spaces, reading.reconcilers)
        found = broom.found()
        if not as_json_:
            print("\n".join(_listed(found, Mask.over(told.secrets))))
        removable = [one for one in found if not one.by_hand]
        if not removable or (as_json_ and not yes) or not (yes or _agreed(told, removable)):
            return _told(found, as_json_)
        with acting(told) as installation:
            return _told(found, as_json_, tuple(_removed(broom, removable, installation)))


def _told(found: Sequence[Leftover], for_programs: bool, removed: Sequence[Removed] = ()) -> int:
    """The exit status; programs are told all of it at once."""
    if for_programs:
        print(as_json({"action": "sweep", "leftovers": found, "removed": removed}))
    return 1 if any(one.failed for one in removed) else 0


def _agreed(told: Settings, removable: Sequence[Leftover]) -> bool:
    """Whether a person here says so. Where nobody can be asked, they are only listed."""
    limit = min(grant.deletions_at_once for grant in told.grants.repositories.values())
    if len(removable) > limit:
        raise BadSettings(
            f"{counted(removable)} are more than the {limit} that may be deleted at once: --yes takes all of them"
        )
    return sys.stdin.isatty() and agreed(f"Take away {counted(removable)}?")


def _removed(broom: Broom, removable: Sequence[Leftover], installation: Installation) -> Iterator[Removed]:
    """What came of each, said as it goes."""
    for one in removable:
        try:
            taken = broom.remove(one, installation)
            failed, said = False, "taken away" if taken else "not left over any more, so it stays"
        except ReviewAppsError as wrong:
            failed, said = True, plain(f"not taken away: {wrong}")
        print(f"{one.kind} {one.name}: {said}", file=sys.stderr, flush=True)
        yield Removed(one.kind, one.name, said, failed)


def _listed(found: Sequence[Leftover], mask: Mask) -> Iterator[str]:
    """A line for each; what only a person may decide comes last."""
    if not found:
        yield "Nothing is left over."
    width = max((len(one.name) for one in found), default=0)
    for one in sorted(found, key=lambda one: (one.by_hand, one.place, one.kind)):
        hand = " Mend or delete it by hand." if one.by_hand else ""
        yield f"{one.place}  {one.kind:<10}  {one.name:<{width}}  {mask.line(one.why, 400)}.{hand}"
    if any(not one.by_hand for one in found):
        yield f"{counted(found)} can be taken away: reviewapps sweep --yes"
