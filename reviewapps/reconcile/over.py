"""What came to a good end, as a listing for all who waited showed it: so it will be for ever."""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.model import Build, Deployment
from reviewapps.reconcile.means import Means

OVER: Final = "over"

_OVER: Final[TypeAdapter[Any]] = TypeAdapter(Build | Deployment)


def note_over(means: Means, *ended: Build | Deployment) -> None:
    """Remember it, for whichever turn waited for it."""
    for one in ended:
        means.memory.write(f"{OVER}:{one.guid}", _OVER.dump_python(one, mode="json"), means.pace.whole)


def over(means: Means, guid: str) -> Build | Deployment | None:
    """The build or deployment of this guid as it ended; None where it did not end well, or that is forgotten."""
    found = means.memory.read(f"{OVER}:{guid}")
    try:
        ended: Build | Deployment | None = None if found is None else _OVER.validate_python(found)
    except ValidationError:
        return None
    return ended
