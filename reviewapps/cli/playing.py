"""A world to try it in: ``demo`` and ``sandbox``.

The world is imported by the command that wants one: it takes half a second, which the others need not pay.
"""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from reviewapps.cli.menu import Home, command, in_a_sentence
from reviewapps.errors import BadSettings

if TYPE_CHECKING:
    from reviewapps.playground import Playground

GATE_USER, PASSWORD = "preview", "let-me-see"
"""What previews of the sandbox ask for; any user will do."""

SAME = "0: the one of last time, or any free one."


@command("demo")
@in_a_sentence
def demo(
    home: Home = Path(".demo"),
    repository: Annotated[Path | None, typer.Option(help="Your own git repository; it is only read.")] = None,
) -> int:
    """Tell the whole story on this machine, offline: from a pull request to its app, and back to nothing."""
    if repository is not None and not (repository / ".git").exists() and not (repository / "HEAD").exists():
        raise BadSettings(f"{repository} is no git repository")
    from reviewapps.demo.run import run as tell_the_story

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return tell_the_story(home, repository and repository.resolve(), Console())


@command("sandbox")
@in_a_sentence
def sandbox(
    home: Home = Path(".sandbox"),
    world_only: Annotated[bool, typer.Option("--world-only", help="Without the orchestrator.")] = False,
    github_port: Annotated[int, typer.Option(help=SAME)] = 0,
    cf_port: Annotated[int, typer.Option(help=SAME)] = 0,
    app_port: Annotated[int, typer.Option(help=SAME)] = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew; what the last one left is lost.")
    ] = False,
) -> int:
    """Keep a GitHub, a Cloud Foundry and reviewapps between them running, to click around in. What is there
    stays when it ends, and goes on when it is started again."""
    from reviewapps.playground import Playground
    from reviewapps.sandbox.addresses import Ports

    ended = threading.Event()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: ended.set())
    ports, gate = Ports(github_port, cf_port, app_port), {"GATE_PASSWORD": PASSWORD}
    with Playground(home, ports=ports, settings=gate, fresh=fresh) as playground:
        told = playground.world.described()
        for sentence in playground.world.moved:
            print(f"reviewapps: {sentence}", file=sys.stderr)
        _push_the_sample(playground)
        if not world_only:
            playground.start_worker()
            playground.await_worker()
        path = playground.describe(gate_user=GATE_USER, gate_password=PASSWORD)
        print(f"GitHub         {told['github_url']}/{told['github_repository']}")
        print(f"Cloud Foundry  {told['cf_api']}  org {told['cf_org']}, space {told['cf_space']}")
        user, password = told["cf_user"], told["cf_password"]
        where = f"cf target -o {told['cf_org']} -s {told['cf_space']}"
        print(f"cf             cf api {told['cf_api']} && cf auth {user} {password} && {where}")
        print(f"everything     {path}")
        if not world_only:
            print(f"previews       ask for a user and the team's password: {GATE_USER}, {PASSWORD}")
        login, address = told["github_user"], str(told["github_url"]).removeprefix("http://")
        credentials = f"{login}:{told['github_token']}"
        print(f"git clone      http://{credentials}@{address}/{told['github_repository']}.git")
        print(
            "Next: push a branch and open a pull request (docs/sandbox.md). Ctrl-C stops all of it; what is there "
            "is kept for the next start. To begin anew: --fresh, or make sandbox FRESH=1.",
            flush=True,
        )
        ended.wait()
        print(f"stopping … all of it is kept in {home}", flush=True)
    return 0


def _push_the_sample(playground: Playground) -> None:
    from reviewapps.demo.people import Person
    from reviewapps.demo.story import SAMPLE

    world, login = playground.world, "octocat"
    folder = playground.home / "people" / login
    if not world.begun:
        shutil.rmtree(folder, ignore_errors=True)
        Person(world.github.url, world.repository, login, world.tokens[login], folder).begin(SAMPLE)
