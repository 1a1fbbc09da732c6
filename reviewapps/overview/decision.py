"""Why one environment is, or is not: the questions that decide it, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reviewapps.desired import (
    Desired,
    Destroyed,
    Fork,
    Held,
    Known,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
    followed_tags,
    questions,
)
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import Environment, Space, Wanted
from reviewapps.outcome import Shortage
from reviewapps.overview.overview import held_words, lacking, why
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
        shared = _of_shared(environment, wanted, rules, space, verdict)
        notes = verdict.notes if isinstance(verdict, Run | Held) else ()
        said = (follows(verdict), *map(_sentence, notes))
        return Decision((granted, *shared), " ".join(said))
    asked = questions(wanted, rules, grant, space, known, now, number)
    passed = isinstance(verdict, Run | NoRoom)
    answers = [Answer(question, True) for question in asked]
    if not passed:
        answers[-1] = Answer(asked[-1], False)
    if passed:
        answers.append(Answer(_room(verdict, grant), isinstance(verdict, Run)))
    return Decision((granted, *answers), follows(verdict))


def _of_shared(
    environment: Environment, wanted: Wanted, rules: Rules | BadRules, space: Space, verdict: Verdict
) -> tuple[Answer, ...]:
    """What it follows, and what may hold it back."""
    readable = Answer("the rules on the default branch can be read", not isinstance(rules, BadRules))
    if isinstance(rules, BadRules):
        chosen = isinstance(verdict, Run | Held)
        return (readable, Answer("somebody went back by hand to a commit whose own can be read", chosen))
    app, own = space.actual(environment).app, rules.of(environment).follows
    if own is None:
        return (readable, Answer("the rules say what it follows", False))
    if own.tags:
        tags = followed_tags(wanted, own)
        answers = [
            Answer(f"a tag like {listed([f'`{one}`' for one in own.tags])} stands", bool(tags)),
            Answer("a tag was followed before, or one is new", isinstance(verdict, Run) or app is not None),
        ]
    else:
        name = own.branch or wanted.repository.default_branch
        stands = name == wanted.repository.default_branch or name in wanted.branches
        answers = [Answer(f"the branch `{name}` stands", stands)]
    if isinstance(verdict, Held) and verdict.hold.why == "drift":
        return (readable, *answers, Answer("its app has what we deployed to it last", False))
    untold = isinstance(verdict, Leave) and bool(verdict.why)
    held = untold or isinstance(verdict, Held) or (isinstance(verdict, Run) and verdict.held is not None)
    return (readable, *answers, Answer("nothing holds the newest commit back", not held))


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
        case Run(short=NoRoom() as short):
            return f"{follows(short)} What serves stays until then."
        case Run(commit, source=source, ends=ends):
            by = f", by the {'tag' if verdict.tags_seen else 'branch'} {source}" if source else ""
            until = f", until {day(ends)} without another push" if ends else ""
            held = f" {held_words(verdict.held)}." if verdict.held is not None else ""
            return f"{commit[:7]} should run{by}{until}.{held}"
        case Held(hold):
            return _sentence(held_words(hold))
        case NoRoom(commit, place, of):
            lacks = lacking(verdict).removeprefix(" for room")
            return f"{commit[:7]} waits for room, {ordinal(place)} of {of}{lacks}."
        case Refused(commit, refusal):
            return f"{commit[:7]} is refused: {refusal.message}"
        case Fork(commit):
            return f"{commit[:7]} is not fetched, built or run."
        case Destroyed(commit, at):
            return f"{commit[:7]} was removed by hand {moment(at)}; a push or `reviewapps deploy` brings it back."
        case Leave(because):
            return f"Whatever is there stays as it is{f', since {because}' if because else ''}."
        case _:
            return f"Nothing should be there ({why(verdict)})."


def _sentence(words: str) -> str:
    """Commits stay as they are."""
    first = words.partition(" ")[0]
    return f"{words[0].upper() if first.isalpha() else words[0]}{words[1:]}."
