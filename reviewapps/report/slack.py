"""What Slack is told, in Slack's own markup. What strangers wrote calls nobody and links nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from reviewapps.model import Environment, Fault, PastDeploy
from reviewapps.naming import address
from reviewapps.outcome import Building, Failed, Forbidden, Held, Live, News, Outcome, Removed, Waiting
from reviewapps.report.refusal_comment import headline
from reviewapps.report.untrusted import Mask, clipped
from reviewapps.report.voice import Voice
from reviewapps.report.wording import moment, overwritten, span

MESSAGE_CHARACTERS = 300
OPERATORS: frozenset[Fault] = frozenset({"platform", "name", "gate", "copy"})
"""Faults that nobody can mend from within the pull request."""


def news(voice: Voice, environment: Environment, outcome: Outcome) -> News | None:
    """One line for what people elsewhere want to know, its texts fit to be shown; None for what only the pull
    request cares about."""
    match outcome:
        case Building(commit):
            begun = f"started, {_commit(voice, commit)}{_source(outcome)}"
            return News("started", "started", _line(voice, environment, begun))
        case Live():
            return News("live", "live", _line(voice, environment, _live(voice, outcome)))
        case Failed(still=still) if still is not None and outcome.refusal.fault == "crash":
            back = f"rolled back to {_commit(voice, still.commit)}, {_failed(voice, outcome)}"
            return News("rolled_back", "rolled_back", _line(voice, environment, back))
        case Failed():
            text, still = _failed(voice, outcome), outcome.still
            text += f". Still live: {_commit(voice, still.commit)}" if still is not None else ""
            return News("failed", f"failed {outcome.refusal.fault}", _line(voice, environment, text))
        case Held(why="drift"):
            what = "drift: somebody else deployed to its app; it is left alone until `redeploy` or `adopt`"
            return News("drift", "held drift", _line(voice, environment, what))
        case Held(commit):
            reasons = _escaped(clipped(" · ".join(outcome.reasons), MESSAGE_CHARACTERS))
            held = f"{_commit(voice, commit)} is held: {reasons}"
            return News("approval", f"held {outcome.why}", _line(voice, environment, held), of=commit)
        case Removed(why, at):
            which = why if at is None else f"{why} {at.isoformat()}"
            return News("removed", "removed", _line(voice, environment, f"removed ({why})"), of=which)
        case Waiting() | Forbidden():
            return None


def drift(voice: Voice, environment: Environment, what: str) -> News:
    """That something was mended which nobody should have had to mend."""
    return News("drift", "drift", _line(voice, environment, f"drift, {_escaped(what)}; it is mended"))


def late(voice: Voice, environment: Environment, past: PastDeploy, secrets: Iterable[str]) -> str:
    """How a deploy ended that Slack was away for, as GitHub was told."""
    about = _escaped(Mask.over(secrets).line(past.about, MESSAGE_CHARACTERS))
    return _line(voice, environment, f"earlier, {moment(past.at)}: {about}")


def somebody_is_needed(what: str, secrets: Iterable[str]) -> str:
    """The line for what only an operator can mend."""
    shown = Mask.over(secrets).line(what, 2 * MESSAGE_CHARACTERS)
    return f"reviewapps needs somebody: {_escaped(shown)}"


def _line(voice: Voice, environment: Environment, said: str) -> str:
    name, number = address(environment, voice.repository.name), environment.number
    place = _escaped(name) if number is None else _link(voice.pull_url(number), name)
    return f"{place}: {said}"


def _live(voice: Voice, live: Live) -> str:
    source = _source(live)
    took = f", in {span(live.took)}" if live.took is not None else ""
    why = "".join(f"; {_escaped(one)}" for one in live.approved)
    return f"live at {_link(live.url, live.url)}, {_commit(voice, live.commit)}{source}{took}{why}"


def _source(outcome: Live | Building) -> str:
    """The tag that asked for it, and what it took the place of."""
    source = f", {_escaped(outcome.source)}" if outcome.source is not None else ""
    return source + _escaped(overwritten(outcome.over))


def _failed(voice: Voice, failed: Failed) -> str:
    refusal = failed.refusal
    call = " – needs somebody" if refusal.fault in OPERATORS else ""
    message = _escaped(clipped(refusal.message, MESSAGE_CHARACTERS))
    return f"{headline(refusal)} at {_commit(voice, failed.commit)}{call}: {message}"


def _commit(voice: Voice, commit: str) -> str:
    return _link(voice.commit_url(commit), commit[:7])


def _link(url: str, text: str) -> str:
    return f"<{_escaped(url)}|{_escaped(text)}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
