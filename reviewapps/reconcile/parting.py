"""What Slack hears of a removal: no app is left that could remember what it was told.

So it is told before the comment says so; and where Slack does not take it, the comment's marker remembers that it
is owed. Whoever looks at everything finds it there, whatever Redis forgot.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reviewapps.marker import UNHEARD
from reviewapps.model import App, Environment, Said
from reviewapps.outcome import News
from reviewapps.plan import ended, newest_attempt
from reviewapps.reconcile.catching_up import catch_up
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.speaking import lines

if TYPE_CHECKING:
    from reviewapps.reconcile.turn import Turn

NOTED: Final = "removal"
NOTED_FOR: Final = 3 * 24 * 3600.0
"""Seconds for which it is known what was removed and not told yet: GitHub comes first, and may be away."""

TOLD_OF: Final = frozenset({"building", "live", UNHEARD})
"""What a comment says of whom Slack was told of: while it says so, Slack is owed the removal."""

SAID: Final = frozenset({"removed", UNHEARD})

PATIENCE: Final = 3
"""So often somebody comes again to see whether Slack took a removal; it waits on in the outbox."""


class Heard(NamedTuple):
    """Seconds until it should be known that a removal was sent, None where there is nothing to wait for; and
    whether Slack is ``owed`` it still."""

    wait: float | None = None
    owed: bool = False


class _Underway(NamedTuple):
    """A removal (``of``: which) that was put on its way to a channel, and how often is still to be looked whether
    it came."""

    channel: str
    of: str
    left: int


NOTHING: Final = _Underway("", "", 0)


def note_removal(means: Means, app: App | None, environment: Environment) -> None:
    """Remember, before an app is deleted, that it was, and which message of Slack's was about it. What was kept
    when its preview ended, or only remembers that, was told of then. A builder (None) was told of by no message:
    what was noted of its app stays."""
    if (app is None or not app.started) and _state(means, environment) in SAID:
        return
    if app is None and isinstance(means.remembered(NOTED, environment.name), dict):
        return
    said = app.said if app is not None else None
    behind = (
        app is not None and said is not None and ended(app) is not None and said.of != newest_attempt(app)
    )
    noted = {"said": asdict(said or Said()), "behind": behind}
    means.remember(noted, NOTED_FOR, NOTED, environment.name)


def speak_of_removal(turn: Turn, news: News | None) -> Heard:
    """Put the removal on its way, before the comment's last words."""
    if news is None or news.event != "removed":
        return Heard()
    means, environment, of = turn.means, turn.environment, news.of or ""
    sent = means.slack.sent(environment.key)
    owed = _owed(turn, of, sent)
    if isinstance(owed, Said):
        now = Said(of, "removed", "", means.slack.channel(environment.kind, "removed"))
        found = list(lines(environment, news, now, sent or owed))
        for line in found:
            means.slack.say(line)
        owed = _Underway(found[-1].channel, of, PATIENCE) if found else NOTHING
    means.remember([owed.channel, owed.of, owed.left - 1], means.pace.whole, NOTED, environment.name)
    wait = means.slack.wait(owed.channel) if owed.channel and owed.left > 0 else None
    return Heard(wait, bool(owed.channel))


def _owed(turn: Turn, of: str, sent: Said | None) -> Said | _Underway:
    """What was said last of what was removed since, or where that is on its way to. Redis knows; where it
    forgot, the comment does."""
    means, environment = turn.means, turn.environment
    known: Any = means.remembered(NOTED, environment.name)
    if isinstance(known, dict):
        said = Said(**known["said"])
        if sent is None and known["behind"]:
            catch_up(turn, said, of, "")
        return said
    if sent is not None and (sent.state, sent.of) == ("removed", of):
        return NOTHING
    if known is not None and known[1] in ("", of):
        return _Underway(*known) if known[0] else NOTHING
    if not means.slack.channel(environment.kind, "removed"):
        return NOTHING
    return Said() if _state(means, environment) in TOLD_OF else NOTHING


def _state(means: Means, environment: Environment) -> str:
    """What its comment says, if that changed lately."""
    mine = (one.state for one in means.github.comments() if one.environment == environment)
    return next(mine, "")
