"""What Slack hears of an environment: each state once, and the last one for certain.

What was told stands with the app (``Said``), and is compared with what there is to tell; so a message that did not
get through is put on its way again by whoever looks later. Sending is nobody's turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from reviewapps import steps
from reviewapps.desired import Desired, Run
from reviewapps.model import App, Environment, Said, Space
from reviewapps.outcome import Event, Line, News
from reviewapps.plan import ended, newest_attempt
from reviewapps.ports import Slack
from reviewapps.reconcile.catching_up import catch_up
from reviewapps.reconcile.means import Means

if TYPE_CHECKING:
    from reviewapps.reconcile.turn import Turn

NEWS_FOR: Final = timedelta(days=1)
"""For how long an end is news where nothing was ever told of the app: what is old when Slack comes is not told."""

END_TOLD: Final = "end told"
"""Under this the memory holds the attempt whose end was told before people heard that another commit is held."""

ENDS: Final[dict[str, tuple[Event, ...]]] = {"live": ("live",), "failed": ("failed", "rolled_back")}


def speak(turn: Turn, news: News | None, commit: str | None) -> float | None:
    """Put the news on their way, unless they were told, and write onto the app what was. Seconds until it should
    be known that they were sent; None where there is nothing to wait for."""
    if news is not None and news.event == "removed":
        return None  # before anything was said on GitHub
    app, slack = turn.actual.app, turn.means.slack
    if news is None or app is None or (of := _about(news, app, commit)) is None:
        return None
    before = _last(turn, app)
    now = Said(of, news.state, commit or "", slack.channel(turn.environment.kind, news.event))
    if before is not None and before is app.said and before.of != of:
        catch_up(turn, before, of, commit or "")
    if before is not None and before != app.said:
        turn.carry_out(steps.NoteSaid(before))
    if _is_told(before, now) or (before is None and is_old(turn.means, app)):
        return None
    waits = [_said(slack, line) for line in lines(turn.environment, news, now, before)]
    if before is None and None in waits:
        turn.carry_out(steps.NoteSaid(Said()))  # it is owed, however long Slack stays away
    return max((wait for wait in waits if wait is not None), default=None)


def unheard(means: Means, space: Space, desired: Desired) -> Iterator[Environment]:
    """The environments whose last end Slack was not told of."""
    for app in space.apps:
        end, said, kind = ended(app), app.said, app.environment.kind
        verdict = desired.of(app.environment)
        if end is None or app.attempt is None or not isinstance(verdict, Run):
            continue
        told = said is not None and said.of == newest_attempt(app) and said.state.split()[:1] != ["started"]
        if told or _is_told_before_a_hold(means, app, verdict) or (said is None and is_old(means, app)):
            continue
        if any(means.slack.channel(kind, event) for event in ENDS[end[0]]) or (
            said is not None and said.editable
        ):
            yield app.environment


def speak_of_drift(means: Means, environment: Environment, news: News) -> None:
    """Say that something was mended; not again within the time in which all is looked at once."""
    channel = means.slack.channel(environment.kind, news.event)
    if channel and means.remembered("drift", environment.name) is None:
        means.remember(True, means.pace.whole, "drift", environment.name)
        means.slack.say(Line(channel, f"drift:{environment.key}", news.text, Said()))


# --- how ---


def lines(environment: Environment, news: News, now: Said, before: Said | None) -> Iterator[Line]:
    """The lines that this takes. A message that was begun comes to its end, also where ends are told elsewhere."""
    key, begun = environment.key, before if before is not None and before.editable else None
    if begun is not None and now.channel in ("", begun.channel):
        yield Line(begun.channel, key, news.text, replace(now, channel=begun.channel), edits=begun)
        return
    if begun is not None:
        yield Line(begun.channel, f"{key}:begun", news.text, now, edits=begun)
    if now.channel:
        yield Line(now.channel, key, news.text, now, alone=news.event != "removed")


def _said(slack: Slack, line: Line) -> float | None:
    """Seconds until the line should be sent; None while Slack does not take anything."""
    slack.say(line)
    return slack.wait(line.channel)


def _about(news: News, app: App, commit: str | None) -> str | None:
    """What is in the state that is told: what the news name, else the newest attempt, if it is at this commit."""
    attempt = app.attempt
    return news.of or (newest_attempt(app) if attempt is not None and attempt.commit == commit else None)


def _last(turn: Turn, app: App) -> Said | None:
    """What was told last: Redis knows it sooner than the app, if it knows it."""
    sent = turn.means.slack.sent(turn.environment.key)
    return app.said if sent is None or sent.state == "removed" else sent


def _is_told(before: Said | None, now: Said) -> bool:
    """Whether it was told; that the platform's fault lets a commit be tried again is no news."""
    if before is None:
        return False
    same = (before.of, before.state) == (now.of, now.state)
    return same or (before.state == now.state == "started" and before.commit == now.commit)


def _is_told_before_a_hold(means: Means, app: App, run: Run) -> bool:
    """Whether Slack heard since of a commit that is held, which it does after the end of the newest attempt."""
    known, attempt = means.remembered(END_TOLD, app.environment.name), app.attempt
    if run.held is None or attempt is None or known not in (None, attempt.id):
        return False
    return held_since(means, app, run.held.commit)


def held_since(means: Means, app: App, commit: str) -> bool:
    """Whether Slack heard of a hold last, which it does after the end: of this commit's, or of any where the end
    is no news any more."""
    said = app.said
    return said is not None and (said.of == commit or (said.state.startswith("held") and is_old(means, app)))


def is_old(means: Means, app: App) -> bool:
    """Whether its newest attempt ended so long ago that this is no news."""
    end = ended(app)
    return end is not None and means.now() - end[1] > NEWS_FOR
