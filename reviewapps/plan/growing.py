"""A version that takes more memory than the one that serves: it stands in line, as a new preview does."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.model import App, Attempt, Blueprint
from reviewapps.plan.attempts import began_after
from reviewapps.plan.terms import Terms
from reviewapps.steps import Next, Wait


def room_to_grow(app: App, run: Run, attempt: Attempt, blueprint: Blueprint, terms: Terms) -> Next | None:
    """What has to be written down or waited for before a preview takes more than it does; None where nothing has.

    What it needs is written down, so that whoever looks leaves it the room. What is shared waits for nobody. The
    attempt's time begins when there is room.
    """
    holds, needs = app.takes_mb, blueprint.needs_mb
    if app.environment.shared or not app.started or app.commit is None or holds is None or needs <= holds:
        return None
    if attempt.needs_mb != needs:
        return steps.Begin(replace(attempt, needs_mb=needs, granted=False))
    if attempt.granted:
        return None
    if run.fits:
        return steps.Begin(replace(attempt, granted=True, began=began_after(app, terms.now)))
    return Wait(f"room for {needs:,} MB", room=True)
