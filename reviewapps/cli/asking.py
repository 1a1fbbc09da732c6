"""What somebody asks for one environment: ``deploy``, ``redeploy``, ``reset``, ``destroy``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from reviewapps.cli.acting import acting, is_alone, seconds, waiting
from reviewapps.cli.deeds import deed, deed_with_row, would_be
from reviewapps.cli.governing import sent
from reviewapps.cli.menu import AsJson, Where, Within, Yes, agreed, command, in_a_sentence, settings
from reviewapps.cli.person import somebody
from reviewapps.cli.sought import Sought, sought
from reviewapps.installation import Installation
from reviewapps.once import settle_one
from reviewapps.overview import Row, said
from reviewapps.report.untrusted import Mask, plain
from reviewapps.settings import Settings

Override = Annotated[bool, typer.Option("--override", help="With a commit: in spite of what holds others.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until it is live or failed, and say how it goes.")]


@dataclass(frozen=True)
class Asked:
    """What a command may be asked beside its environment: ``within`` is seconds."""

    wait: bool
    within: float
    as_json: bool


@command("deploy")
@in_a_sentence
def deploy(
    environment: Where,
    ref: Annotated[
        str | None,
        typer.Argument(
            metavar="REF",
            help="Where tags are followed: the commit, branch or tag to run; else the newest, with --override.",
        ),
    ] = None,
    override: Override = False,
    wait: Wait = False,
    within: Within = None,
    as_json_: AsJson = False,
) -> int:
    """Bring an environment up: what was refused, removed by hand or expired is tried anew. With REF, send that
    to a shared environment."""
    told, asked = settings(), Asked(wait, waiting(within, wait), as_json_)
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        mask = Mask.over(told.secrets)
        if ref is not None:
            commit, waits = sent(told, installation, one, ref, override)
            past = f", past what holds others; `reviewapps history {one.name}` names you" if override else ""
            why = mask.line(" · ".join(waits), 400)
            how = (
                f"passes locks and freezes for a day, and waits for: {why}" if waits else f"goes there{past}"
            )
            said = f"{one.name}: {commit[:7]} {how}"
            return _ended(installation, one, "deploy", asked, mask, said, commit=commit)
        standing = installation.deploy(one.environment, _who(told, one))
        said = _said(one, standing.row, mask, ", tried anew" if standing.anew else "")
        if is_alone(told) and not wait and not _is_up(standing.row):
            said += "\nNo worker runs here: `reviewapps look --wait`, or --wait, goes on with it."
        return _ended(installation, one, "deploy", asked, mask, said, anew=standing.anew)


@command("redeploy")
@in_a_sentence
def redeploy(environment: Where, wait: Wait = False, within: Within = None, as_json_: AsJson = False) -> int:
    """Build and deploy an environment's commit once more; in a shared one, if it was refused, only where no
    lock, freeze or missing approval holds it."""
    told, asked = settings(), Asked(wait, waiting(within, wait), as_json_)
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        commit = installation.redeploy(one.environment, _who(told, one))
        where = f"`reviewapps history {one.name}`" if one.environment.shared else "the pull request's comment"
        said = f"{one.name}: {commit[:7]} is deployed once more; {where} will tell"
        return _ended(installation, one, "redeploy", asked, Mask.over(told.secrets), said, commit=commit)


@command("reset")
@in_a_sentence
def reset(
    environment: Where, yes: Yes = False, wait: Wait = False, within: Within = None, as_json_: AsJson = False
) -> int:
    """Empty an environment's own databases, and let its commit release and set them up again."""
    told, asked = settings(), Asked(wait, waiting(within, wait), as_json_)
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        if as_json_ and not yes:
            print(would_be("reset", one))
            return 0
        if not (yes or agreed(f"{one.name}: all data of its own databases. Delete it?")):
            return 1
        commit = installation.reset(one.environment, _who(told, one))
        said = f"{one.name}: its databases are made anew, and {commit[:7]} is deployed once more"
        return _ended(installation, one, "reset", asked, Mask.over(told.secrets), said, commit=commit)


@command("destroy")
@in_a_sentence
def destroy(environment: Where, yes: Yes = False, within: Within = None, as_json_: AsJson = False) -> int:
    """Take a preview away now. It stays away until the next push, or until `reviewapps deploy`."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        if as_json_ and not yes:
            print(would_be("destroy", one))
            return 0
        if not (yes or agreed(f"{one.name}: app and address, with all that is in them. Take them away?")):
            return 1
        commit = installation.destroy(one.environment)
        for _ in settle_one(installation, one.environment, seconds(within or "5m")):
            pass
        need = _need(installation, one)
        if as_json_:
            print(deed("destroy", one, done=need is None, commit=commit, needs=need))
        elif need is not None:
            print(f"reviewapps: {one.name}: {need}", file=sys.stderr)
        else:
            again = f"a push or `reviewapps deploy {one.name}` brings it back"
            print(f"{one.name}: {commit[:7]} is removed; {again}")
    return 0 if need is None else 1


def _who(told: Settings, one: Sought) -> str:
    """Who asks, where that is told: of what is shared."""
    return somebody(told) if one.environment.shared else ""


def _ended(
    installation: Installation,
    one: Sought,
    action: str,
    asked: Asked,
    mask: Mask,
    said: str,
    **facts: object,
) -> int:
    """The exit status of what was asked for; where it is waited for, once it is live (0) or not to become so (1).
    People are told each state as it comes, programs the last one."""
    if not asked.as_json:
        print(said, flush=True)
    status = _watched(installation, one, asked, mask) if asked.wait else 0
    if asked.as_json:
        print(deed_with_row(action, one, **facts, needs=_need(installation, one)))
    return status


def _watched(installation: Installation, one: Sought, asked: Asked, mask: Mask) -> int:
    row, before = None, ""
    for _ in settle_one(installation, one.environment, asked.within):
        row = one.reconciler.row(one.environment)
        if not asked.as_json and (now := said(row)) != before:
            print(_said(one, row, mask), flush=True)
            before = now
    need = installation.needs.get(one.environment.key)
    if need is not None and not asked.as_json:
        print(f"reviewapps: {one.name} needs somebody: {mask.line(need, 1000)}", file=sys.stderr)
    return 0 if _is_up(row) else 1


def _need(installation: Installation, one: Sought) -> str | None:
    """What somebody has to mend first."""
    need = installation.needs.get(one.environment.key)
    return None if need is None else plain(need)


def _is_up(row: Row | None) -> bool:
    return row is not None and row.state == "live"


def _said(one: Sought, row: Row | None, mask: Mask, more: str = "") -> str:
    """A line of where it stands. What is wanted and not there yet has no row."""
    now = mask.line(said(row), 400) if row is not None else "not there yet"
    return f"{one.name}: {now}{more}"
