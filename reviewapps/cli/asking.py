"""What somebody asks for one environment: ``deploy``, ``redeploy``, ``reset``, ``destroy``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reviewapps.cli.acting import acting, is_alone, seconds
from reviewapps.cli.governing import sent
from reviewapps.cli.menu import Where, Within, Yes, agreed, app, in_a_sentence, settings
from reviewapps.cli.sought import Sought, sought
from reviewapps.installation import Installation
from reviewapps.once import settle_one
from reviewapps.overview import Row, said
from reviewapps.report.untrusted import Mask, plain

Override = Annotated[bool, typer.Option("--override", help="With a commit: in spite of a lock or a freeze.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until it is live or failed, and say how it goes.")]


@app.command()
@in_a_sentence
def deploy(
    environment: Where,
    ref: Annotated[
        str | None, typer.Argument(help="Of a shared environment: the commit, branch or tag to run.")
    ] = None,
    override: Override = False,
    wait: Wait = False,
    within: Within = "30m",
) -> int:
    """Bring an environment up: what was refused, removed by hand or expired is tried anew."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        if ref is not None:
            print(f"{one.name}: {sent(installation, one, ref, override)[:7]} goes there")
            return _watched(installation, one, seconds(within), Mask.over(told.secrets)) if wait else 0
        standing = installation.deploy(one.environment)
        _say(one, standing.row, Mask.over(told.secrets), ", tried anew" if standing.anew else "")
        if wait:
            return _watched(installation, one, seconds(within), Mask.over(told.secrets))
        if is_alone(told) and not _is_up(standing.row):
            print("No worker runs here: `reviewapps look --wait`, or --wait, goes on with it.")
    return 0


@app.command()
@in_a_sentence
def redeploy(environment: Where, wait: Wait = False, within: Within = "30m") -> int:
    """Build and deploy an environment's commit once more, whatever came of it before."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        commit = installation.redeploy(one.environment)
        where = "`reviewapps history`" if one.environment.shared else "the pull request's comment"
        print(f"{one.name}: {commit[:7]} is deployed once more; {where} will tell")
        if wait:
            return _watched(installation, one, seconds(within), Mask.over(told.secrets))
    return 0


@app.command()
@in_a_sentence
def reset(environment: Where, yes: Yes = False, wait: Wait = False, within: Within = "30m") -> int:
    """Empty an environment's own databases, and let its commit release and set them up again."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        if not (yes or agreed(f"{one.name}: all data of its own databases. Delete it?")):
            return 1
        commit = installation.reset(one.environment)
        print(f"{one.name}: its databases are made anew, and {commit[:7]} is deployed once more")
        if wait:
            return _watched(installation, one, seconds(within), Mask.over(told.secrets))
    return 0


@app.command()
@in_a_sentence
def destroy(environment: Where, yes: Yes = False, within: Within = "5m") -> int:
    """Take a preview away now. It stays away until the next push, or until `reviewapps deploy`."""
    told = settings()
    with acting(told) as installation:
        one = sought(environment, installation.reconcilers)
        if not (yes or agreed(f"{one.name}: app and address, with all that is in them. Take them away?")):
            return 1
        commit = installation.destroy(one.environment)
        for _ in settle_one(installation, one.environment, seconds(within)):
            pass
        if one.environment.key in installation.needs:
            print(
                f"reviewapps: {one.name}: {plain(installation.needs[one.environment.key])}", file=sys.stderr
            )
            return 1
        print(f"{one.name}: {commit[:7]} is removed; a push or `reviewapps deploy {one.name}` brings it back")
    return 0


def _watched(installation: Installation, one: Sought, within: float, mask: Mask) -> int:
    """The exit status, once it is live (0) or not to become so (1); each state is said as it comes."""
    row, before = None, ""
    for _ in settle_one(installation, one.environment, within):
        row = one.reconciler.row(one.environment)
        if (now := said(row)) != before:
            _say(one, row, mask)
            before = now
    need = installation.needs.get(one.environment.key)
    if need is not None:
        print(f"reviewapps: {one.name} needs somebody: {mask.line(need, 1000)}", file=sys.stderr)
    return 0 if _is_up(row) else 1


def _is_up(row: Row | None) -> bool:
    return row is not None and row.state == "live"


def _say(one: Sought, row: Row | None, mask: Mask, more: str = "") -> None:
    """A line of where it stands. What is wanted and not there yet has no row."""
    now = mask.line(said(row), 400) if row is not None else "not there yet"
    print(f"{one.name}: {now}{more}", flush=True)
