"""Outcomes in words: the comment, GitHub's deployment, a line for Slack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from reviewapps.model import Environment
from reviewapps.outcome import Building, Failed, Forbidden, Held, Live, Outcome, Removed, Telling, Waiting
from reviewapps.report.comment import comment
from reviewapps.report.refusal_comment import headline
from reviewapps.report.slack import OPERATORS, news
from reviewapps.report.untrusted import clipped, fit
from reviewapps.report.voice import Voice
from reviewapps.report.wording import ordinal, span

__all__ = ["Voice", "telling"]

DESCRIPTION_CHARACTERS = 140


def telling(
    voice: Voice, environment: Environment, outcome: Outcome, *, secrets: Iterable[str] = ()
) -> Telling:
    """What people are told of ``outcome``, none of the ``secrets`` in it.

    A shared environment follows no pull request, so there is no comment.
    """
    shown = fit(outcome, secrets)
    number = environment.number
    return Telling(
        environment,
        commit=None if isinstance(shown, Removed) else shown.commit,
        state=type(shown).__name__.lower(),
        comment=None if number is None else comment(voice, number, shown),
        only_edit=isinstance(shown, Removed),
        deployment=_deployment(shown),
        description=clipped(_description(shown), DESCRIPTION_CHARACTERS),
        url=shown.url if isinstance(shown, Live) else None,
        page=voice.page,
        status=_status(shown),
        slack=news(voice, environment, shown),
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
            return f"Building {outcome.commit[:7]}"
        case Live():
            return f"Live: {outcome.commit[:7]}{_source(outcome)}{_history(outcome)}"
        case Failed():
            return f"{headline(outcome.refusal).capitalize()}: {outcome.refusal.message}"
        case Removed():
            return f"Removed: {outcome.why}"
        case Held():
            return f"Held: {' · '.join(outcome.reasons)}"
        case Waiting():
            return f"Waits for room, {ordinal(outcome.place)} of {outcome.of}"
        case Forbidden():
            return ""


def _history(live: Live) -> str:
    """What `reviewapps history` will want to tell of it."""
    took = f" in {span(live.took)}" if live.took is not None else ""
    build = f", same build as {live.same_build_as}" if live.same_build_as is not None else ""
    build = build or (f", built, because {live.built_because}" if live.built_because else "")
    return "".join([took, build, *(f"; {one}" for one in live.approved)])


def _source(live: Live) -> str:
    return f", {live.source}" if live.source is not None else ""
