"""What is said of shared environments by hand: ``lock``, ``unlock``, ``approve``, ``rollback``, ``history``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from reviewapps.cli.acting import acting
from reviewapps.cli.deeds import deed_with_row
from reviewapps.cli.menu import AsJson, Where, command, in_a_sentence, settings
from reviewapps.cli.person import person, somebody
from reviewapps.cli.printed.past import past_as_json, past_deploys
from reviewapps.cli.sought import Sought, sought
from reviewapps.errors import AuthorMustAct, BadSettings
from reviewapps.installation import Installation
from reviewapps.report.untrusted import Mask
from reviewapps.report.wording import listed
from reviewapps.rules.units import duration
from reviewapps.settings import Settings
from reviewapps.wiring import reading

SHA: Final = re.compile(r"[0-9a-f]{4,40}")

Why = Annotated[str, typer.Argument(metavar="WHY", help="What for: shown to whoever waits.")]
HowLong = Annotated[str, typer.Argument(metavar="TIME", help="30m, 8h, 10d.")]
Commit = Annotated[str, typer.Argument(metavar="COMMIT", help="A commit, or the beginning of one.")]


@command("lock")
@in_a_sentence
def lock(environment: Where, how_long: HowLong, why: Why, as_json_: AsJson = False) -> int:
    """Let nobody's commit go to a shared environment for a while."""
    until = datetime.now(UTC) + _lasting(how_long)
    if not why.strip():
        raise BadSettings("what is the lock for? Whoever waits is shown that")
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        who = somebody(told)
        with installation.governing(one.environment, who) as it:
            it.lock(who, why, until)
        if as_json_:
            print(deed_with_row("lock", one, who=who, why=why, until=until))
            return 0
        print(f"{one.name}: locked until {until:%d %b %H:%M} UTC; `reviewapps unlock {one.name}` ends it")
    return 0


@command("unlock")
@in_a_sentence
def unlock(environment: Where, as_json_: AsJson = False) -> int:
    """Let a shared environment follow again what it follows, after `lock` or `rollback`."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        with installation.governing(one.environment, somebody(told)) as it:
            ended = it.unlock()
        said = " · ".join(ended) or "nothing to end: it was not locked, and follows what it should"
        print(deed_with_row("unlock", one, ended=ended) if as_json_ else f"{one.name}: {said}")
    return 0


@command("approve")
@in_a_sentence
def approve(environment: Where, commit: Commit, as_json_: AsJson = False) -> int:
    """Say, as the owner of your own GitHub token, that a commit may go to a shared environment."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        signs = person(told)
        if signs is None:
            raise BadSettings("who are you? `gh auth login`, or GH_TOKEN with a token of your own, says so")
        found = _commit(one, commit)
        with installation.governing(one.environment, signs) as it:
            asked = it.signers
            it.sign_off(signs, found)
        if as_json_:
            print(deed_with_row("approve", one, who=signs, commit=found, asked=sorted(asked)))
            return 0
        print(f"{one.name}: {signs} signed {found[:7]} off{_in_vain(asked, signs)}")
    return 0


@command("rollback")
@in_a_sentence
def rollback(
    environment: Where,
    commit: Annotated[
        str | None, typer.Argument(metavar="COMMIT", help="The commit to go back to; else the one before.")
    ] = None,
    as_json_: AsJson = False,
) -> int:
    """Go back to what a shared environment ran before, until the next merge or `unlock`. Data stays as it is."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        found = _commit(one, commit) if commit is not None else None
        who = somebody(told)
        with installation.governing(one.environment, who) as it:
            back = it.go_back(who, found)
        if as_json_:
            print(deed_with_row("rollback", one, who=who, commit=back))
            return 0
        print(f"{one.name}: goes to {back[:7]}, and stays there until the next merge or `unlock`")
        print("Its build is used where the platform still has it, which keeps five; else it is built again")
        print("Databases are not rolled back: is the schema still good for it?")
    return 0


@command("history")
@in_a_sentence
def history(environment: Where, as_json: AsJson = False) -> int:
    """What an environment ran: when, how it ended, what was said of it."""
    told = settings()
    with reading(told) as read:
        one = sought(environment, read.reconcilers)
        found = one.reconciler.history(one.environment)
    mask = Mask.over(told.secrets)
    for line in [past_as_json(found, mask)] if as_json else past_deploys(found, mask, datetime.now(UTC)):
        print(line)
    return 0


def sent(
    told: Settings, installation: Installation, one: Sought, ref: str, override: bool
) -> tuple[str, tuple[str, ...]]:
    """Let a shared environment run the commit that ``ref`` means; the commit, and what it waits for still."""
    commit, who = _commit(one, ref), somebody(told)
    with installation.governing(one.environment, who) as it:
        return commit, it.send(ref, commit, who, override=override)


def _in_vain(asked: frozenset[str], person: str) -> str:
    """What is to be said where nobody waits for this person's word. Who is in a team is not asked."""
    if not asked:
        return "; nothing there asks for a sign-off. Approvals are given on the pull request"
    if person.lower() in asked or any("/" in name for name in asked):
        return ""
    return f"; but a sign-off is asked of {listed(sorted(asked), 'or')}"


def _commit(one: Sought, ref: str) -> str:
    """The commit that is meant. GitHub takes a branch or a tag of that name first: whoever may push could give one
    the name of somebody else's commit."""
    found = one.reconciler.commit(ref)
    if found is None:
        raise AuthorMustAct(f"{one.name}: GitHub knows no commit `{ref}`")
    if SHA.fullmatch(ref.lower()) and not found.startswith(ref.lower()):
        raise AuthorMustAct(
            f"{one.name}: `{ref}` is what a branch or a tag is called, and could be a commit: write all of the "
            f"commit's 40 digits, or heads/{ref} or tags/{ref}"
        )
    return found


def _lasting(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as wrong:
        raise BadSettings(f"`{text}` is not {wrong}") from None
