"""``doctor`` and ``rotate``: that an installation stays well."""

from __future__ import annotations

import os
import signal
from typing import Annotated

import typer
from rich.console import Console

from reviewapps.cli.menu import AsJson, Yes, agreed, command, in_a_sentence
from reviewapps.doctor import visit
from reviewapps.rotation import rotate as rotate_credentials


@command("doctor")
@in_a_sentence
def doctor(
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Also push, reach and remove a small app.")
    ] = False,
    ping: Annotated[
        bool,
        typer.Option("--ping", help="Also write to each of Slack's channels, and send ourselves a webhook."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A list of {level, area, text, mend}.")] = False,
) -> int:
    """Say what is wrong with this installation, and the command or link that mends it. Writes nothing, but for
    --deploy and --ping."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return visit(os.environ, Console(), deploy=deploy, ping=ping, as_json=as_json)


@command("rotate")
@in_a_sentence
def rotate(
    name: Annotated[str, typer.Argument(help="Of the credentials, or of the target that they are for.")],
    service: Annotated[str, typer.Option(help="The service instance whose keys they are.")] = "",
    now: Annotated[
        bool, typer.Option("--now", help="Delete the old key at once: nothing that runs uses it.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Renew a service account: a new key is made, tried and stored; the old one is deleted by the next run."""

    def willing(plan: str) -> bool:
        return yes or agreed(f"{plan} Go on?")

    return rotate_credentials(
        os.environ,
        name,
        service=service,
        at_once=now,
        agreed=willing,
        for_programs=as_json,
        rehearsed=not yes,
    )
