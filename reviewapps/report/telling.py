"""Outcomes in words: the comment, GitHub's deployment, a line for Slack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

from reviewapps.marker import UNHEARD
from reviewapps.model import Environment, Over
from reviewapps.outcome import (
    HOLDS,
    Building,
    Failed,
    Forbidden,
    Held,
    Live,
    Mark,
    Outcome,
    Removed,
    Telling,
    Waiting,
)
from reviewapps.report.comment import comment
from reviewapps.report.refusal_comment import headline
from reviewapps.report.slack import OPERATORS, news
from reviewapps.report.untrusted import clipped, fit
from reviewapps.report.voice import Voice
from reviewapps.report.wording import age, ordinal, overwritten, span

__all__ = ["Voice", "telling"]

DESCRIPTION_CHARACTERS = 140


def telling(
    voice: Voice,
    environment: Environment,
    outcome: Outcome,
    *,
    secrets: Iterable[str] = (),
    proposed: Sequence[str] = (),
    unheard: bool = False,
) -> Telling:
    """What people are told of ``outcome``, none of the ``secrets`` in it. ``proposed`` is what of the rules that
    the pull request brings would not work, fit to be shown; ``unheard``: Slack did not take this end yet.

    A shared environment follows no pull request, so there is no comment.
    """
    shown = fit(outcome, secrets)
    number = environment.number
    state = UNHEARD if unheard else type(shown).__name__.lower()
    return Telling(
        environment,
        commit=None if isinstance(shown, Removed) else shown.commit,
        state=state,
        comment=None if number is None else comment(voice, number, shown, proposed, state),
        only_edit=isinstance(shown, Removed) and not any(one.calls for one in shown.arrivals),
        deployment=_deployment(shown),
        description=clipped(_description(shown), DESCRIPTION_CHARACTERS),
        url=shown.url if isinstance(shown, Live) else None,
        page=voice.page,
        status=_status(shown),
        slack=news(voice, environment, shown),
        marks=_marks(environment, shown),
    )


# --- GitHub's deployment, and the commit's status ---


def _deployment(
    outcome: Outcome,
) -> Literal["queued", "in_progress", "success", "failure", "error", "inactive"] | None:
    match outcome:
        case Building():
            return "in_progress"
        case Live():
            return "success"
        case Failed():
            return "error" if outcome.refusal.fault in OPERATORS else "failure"
        case Removed():
            return "inactive"
        case Held(why="drift"):
            return None
        case Held():
            return "queued"
        case Waiting() | Forbidden():
            return None


def _status(outcome: Outcome) -> Literal["pending", "success", "failure", "error"] | None:
    """The commit's. A fork is asked for nothing, and what is removed ran."""
    match outcome:
        case Held(why="drift"):
            return None
        case Building() | Waiting() | Held():
            return "pending"
        case Live():
            return "success"
        case Failed():
            return "error" if outcome.refusal.fault in OPERATORS else "failure"
        case Removed() | Forbidden():
            return None


def _description(outcome: Outcome) -> str:
    match outcome:
        case Building():
            return f"Building {outcome.commit[:7]}{_source(outcome)}"
        case Live():
            return f"Live: {outcome.commit[:7]}{_source(outcome)}{_history(outcome)}"
        case Failed():
            return f"{headline(outcome.refusal).capitalize()}: {outcome.refusal.message}"
        case Removed():
            return f"Removed: {outcome.why}"
        case Held():
            return f"{HOLDS}{' · '.join(outcome.reasons)}"
        case Waiting():
            return f"Waits for room, {ordinal(outcome.place)} of {outcome.of}"
        case Forbidden():
            return ""


def _history(live: Live) -> str:
    """What `reviewapps history` will want to tell of it."""
    took = f" in {span(live.took)}" if live.took is not None else ""
    again = ", built again" if any(one.startswith("chosen by") for one in live.approved) else ""
    if live.same_build_as is not None:
        build = f", same build as {live.same_build_as}"
    elif live.built_because:
        build = f"{again or ', built'}, because {live.built_because}"
    else:
        build = again
    return "".join([took, build, *(f"; {one}" for one in live.approved)])


def _source(outcome: Live | Building) -> str:
    source = f", {outcome.source}" if outcome.source is not None else ""
    return source + overwritten(outcome.over)


# --- what the commits hear whose place was taken ---


def _marks(environment: Environment, outcome: Outcome) -> tuple[Mark, ...]:
    """A line for each of them. What was live serves on until the new one is."""
    if not isinstance(outcome, Live | Building):
        return ()
    gone = (one for one in outcome.over if isinstance(outcome, Live) or not one.live)
    return tuple(_mark(environment, outcome, one) for one in gone)


def _mark(environment: Environment, outcome: Live | Building, lost: Over) -> Mark:
    winner = f"{outcome.source} ({outcome.commit[:7]})" if outcome.source else outcome.commit[:7]
    later = "" if lost.seconds is None else f", {age(timedelta(seconds=lost.seconds))} later"
    winner += " seen at once" if lost.seconds is None else ""
    name = f"{lost.source}: " if lost.source else ""
    said = f"{name}{'replaced' if lost.live else 'not'} on {environment.name}, {winner} came over it{later}"
    state: Literal["success", "failure"] = "success" if lost.live else "failure"
    return Mark(
        lost.commit,
        environment.name,
        state,
        clipped(said[0].upper() + said[1:] if not name else said, DESCRIPTION_CHARACTERS),
    )
