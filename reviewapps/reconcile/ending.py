"""How a deploy ended, told before people hear that another commit waits since."""

from __future__ import annotations

from typing import Final

from reviewapps.desired import Run
from reviewapps.outcome import Failed, Live
from reviewapps.reconcile.speaking import END_TOLD, held_since
from reviewapps.reconcile.turn import Turn

KNOWN_FOR: Final = 30 * 24 * 3600.0
"""Seconds. Where it is forgotten it is told again, which changes nothing."""


def tell_end_first(turn: Turn, run: Run, end: Live | Failed) -> float | None:
    """Tell the end of the newest attempt, where another commit is held by now and people would hear of that alone:
    seconds until Slack should have it; None where all that is told, or Slack takes nothing.

    Else GitHub would show the deployment as under way for ever, and a step back would pass it over.
    """
    app, means = turn.actual.app, turn.means
    if run.held is None or app is None or app.attempt is None:
        return None
    attempt, key = app.attempt, (END_TOLD, turn.environment.name)
    known = means.remembered(*key)
    if not attempt.is_for(run.commit, run.config) or known == attempt.id:
        return None
    is_told = known is None and held_since(means, app, run.held.commit)
    if not is_told:
        turn.tell(end)
    means.remember(attempt.id, KNOWN_FOR, *key)
    return None if is_told else turn.listen
