"""Why one environment is, or is not: the questions that decide it, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reviewapps.desired import (
    Desired,
    Destroyed,
    Fork,
    Known,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
    questions,
)
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import Environment, Space, Wanted
from reviewapps.outcome import Shortage
from reviewapps.overview.overview import lacking, why
from reviewapps.report.wording import day, listed, moment, ordinal, several
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Answer:
    """One question, and whether it speaks for the environment."""

    question: str
    holds: bool


@dataclass(frozen=True)
class Decision:
    """The answers up to the one that decided, and what follows from them in a sentence."""

    answers: tuple[Answer, ...]
    follows: str


def decision(
    environment: Environment,
    wanted: Wanted,
    rules: Rules | BadRules,
    grant: Grant,
    space: Space,
    known: Known,
    now: datetime,
    desired: Desired,
) -> Decision:
    """The decision on one environment, in the order in which it is made."""
    granted = Answer(
        f"environments of the kind {environment.kind} are granted", grant.allows(environment.kind)
    )
    if not granted.holds:
        return Decision((granted,), "It is left alone, whatever is there.")
    verdict = desired.of(environment)
    number = environment.number
    if number is None:
        return Decision((granted, *_of_dev(environment, wanted, space, verdict)), follows(verdict))
    asked = questions(wanted, rules, grant, space, known, now, number)
    passed = isinstance(verdict, Run | NoRoom)
    answers = [Answer(question, True) for question in asked]
    if not passed:
        answers[-1] = Answer(asked[-1], False)
    if passed:
        answers.append(Answer(_room(verdict, grant), isinstance(verdict, Run)))
    return Decision((granted, *answers), follows(verdict))


def _of_dev(environment: Environment, wanted: Wanted, space: Space, verdict: Verdict) -> tuple[Answer, ...]:
    app = space.actual(environment).app
    tags = [tag.name for tag in wanted.tags if tag.name == environment.name or tag.name.startswith("dev-")]
    return (
        Answer(f"a tag `{environment.name}` or `{environment.name}-…` stands", bool(tags)),
        Answer("a tag was followed before, or one is new", isinstance(verdict, Run) or app is not None),
    )


def _room(verdict: Verdict, grant: Grant) -> str:
    if isinstance(verdict, NoRoom) and verdict.shortage is not None:
        return _memory(verdict.shortage)
    if isinstance(verdict, NoRoom):
        held = listed([f"#{number}" for number in verdict.holders])
        return f"one of {several(verdict.limit, 'place')} is free (held by {held})"
    return f"one of {several(grant.limit, 'place')} is free, or its own"


def _memory(shortage: Shortage) -> str:
    need = "what it needs" if shortage.need is None else f"{shortage.need:,} MB"
    free = f"{shortage.free:,} of {shortage.of:,} MB are, beside what building and switching take"
    by = listed([f"#{number}" for number in shortage.freed_by], "or")
    return f"{need} of memory is free for it ({free}{f'; {by} alone would leave enough' if by else ''})"


def follows(verdict: Verdict) -> str:
    """What follows from a verdict, in a sentence."""
    match verdict:
        case Run(commit, source=source, ends=ends):
            by = f", by the tag {source}" if source else ""
            until = f", until {day(ends)} without another push" if ends else ""
            return f"{commit[:7]} should run{by}{until}."
        case NoRoom(commit, place, of):
            lacks = lacking(verdict).removeprefix(" for room")
            return f"{commit[:7]} waits for room, {ordinal(place)} of {of}{lacks}."
        case Refused(commit, refusal):
            return f"{commit[:7]} is refused: {refusal.message}"
        case Fork(commit):
            return f"{commit[:7]} is not fetched, built or run."
        case Destroyed(commit, at):
            return f"{commit[:7]} was removed by hand {moment(at)}; a push or `reviewapps deploy` brings it back."
        case Leave():
            return "Whatever is there stays as it is."
        case _:
            return f"Nothing should be there ({why(verdict)})."
