"""Outcomes in words: the comment, GitHub's deployment, a line for Slack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from reviewapps.model import Environment
from reviewapps.outcome import Building, Failed, Forbidden, Live, Outcome, Removed, Telling, Waiting
from reviewapps.report.comment import comment
from reviewapps.report.refusal_comment import headline
from reviewapps.report.slack import OPERATORS, news
from reviewapps.report.untrusted import clipped, fit
from reviewapps.report.voice import Voice

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
        slack=news(voice, environment, shown),
    )


# --- GitHub's deployment ---


def _deployment(
    outcome: Outcome,
) -> Literal["in_progress", "success", "failure", "error", "inactive"] | None:
    match outcome:
        case Building():
            return "in_progress"
        case Live():
            return "success"
        case Failed():
            return "error" if outcome.refusal.fault in OPERATORS else "failure"
        case Removed():
            return "inactive"
        case Waiting() | Forbidden():
            return None


def _description(outcome: Outcome) -> str:
    match outcome:
        case Building():
            return f"Building {outcome.commit[:7]}"
        case Live():
            return f"Live: {outcome.commit[:7]}{_source(outcome)}"
        case Failed():
            return f"{headline(outcome.refusal).capitalize()}: {outcome.refusal.message}"
        case Removed():
            return f"Removed: {outcome.why}"
        case Waiting() | Forbidden():
            return ""


def _source(live: Live) -> str:
    return f", {live.source}" if live.source is not None else ""
