"""Ends that Slack was not told of, and that a later deploy followed: GitHub's deployments still know them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from reviewapps.model import PastDeploy, Said
from reviewapps.outcome import Event, Line
from reviewapps.report import Voice, late

if TYPE_CHECKING:
    from reviewapps.reconcile.turn import Turn

LATE_FOR: Final = timedelta(days=3)
"""For how long what Slack missed is worth telling."""

ENDS: Final[dict[str, Event]] = {"success": "live", "failure": "failed", "error": "failed"}
CAUGHT_UP: Final = "caught up"


def catch_up(turn: Turn, told: Said, of: str, commit: str) -> None:
    """Say what Slack missed since it was ``told`` something last, before it hears of the attempt ``of`` at this
    commit. Asked once for each attempt: the outbox keeps it, and where it is lost too it is asked again."""
    means, environment = turn.means, turn.environment
    if means.remembered(CAUGHT_UP, environment.name) == of:
        return
    voice = Voice(means.instance, turn.repository, means.web_url)
    for past in missed(means.github.history(environment), told, commit, means.now() - LATE_FOR):
        if channel := means.slack.channel(environment.kind, ENDS[past.state]):
            key = f"missed:{environment.key}:{past.began_at.isoformat()}"
            means.slack.say(Line(channel, key, late(voice, environment, past, means.secrets), Said()))
    means.remember(of, LATE_FOR.total_seconds(), CAUGHT_UP, environment.name)


def missed(past: Sequence[PastDeploy], told: Said, commit: str, since: datetime) -> list[PastDeploy]:
    """The deploys that ended after what was told last, oldest first, of ``past``, newest first; without the newest
    one if it is at this commit, since that is told now. Where that commit was told of already, such as that it is
    held, and never was there before, nothing came in between."""
    newest = bool(past) and past[0].commit == commit
    before = past[1:] if newest else past
    if newest and told.commit == commit and all(one.commit != commit for one in before):
        return []
    found = []
    for one in before:
        known = one.commit == told.commit
        if one.at < since or (known and told.state.split()[:1] != ["started"]):
            break
        if one.state in ENDS:
            found.append(one)
        if known:
            break
    return found[::-1]
