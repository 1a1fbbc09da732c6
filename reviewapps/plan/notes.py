"""What is to be written onto an app before anything is done: held until something is, while the plan only looks.

Looking does nothing that a kill could leave behind. So what the looks add to an attempt goes in the same request.
"""

from __future__ import annotations

from dataclasses import replace

from reviewapps.model import Actual
from reviewapps.steps import Begin, Look, Next, Reach, Remember

Note = Begin | Remember


def may_go_before(step: Next) -> bool:
    """Whether the step may be carried out while a note is held."""
    return isinstance(step, Look | Reach)


def together(held: Note | None, note: Note) -> Note:
    """One note that says what both do, the later one last."""
    match held, note:
        case Begin(), Begin():
            return replace(note, calm=held.calm or note.calm)
        case Remember(), Begin():
            return replace(held, attempt=note.attempt, calm=held.calm or note.calm)
        case (Begin() | Remember()) as before, Remember(attempt=None):
            return replace(note, attempt=before.attempt, calm=before.calm)
        case _:
            return note


def as_noted(actual: Actual, note: Note) -> Actual:
    """What will be there once it is written."""
    app = actual.app
    if app is None:
        return actual
    if isinstance(note, Remember):
        pin = app.pin_beside(note.wished)
        app = replace(
            app,
            source=note.source,
            wished=note.wished,
            tags_seen=note.tags_seen,
            over=note.over,
            approved=note.approved,
            pin=pin,
        )
    if note.attempt is not None:
        app = replace(app, attempt=note.attempt)
    noted = actual.with_app(app)
    return noted.at_rest() if note.calm else noted
