"""The ``reviewapps`` command. Errors are a sentence on stderr and an exit status that is not 0."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from redis.exceptions import RedisError
from rich.console import Console

from reviewapps import wiring
from reviewapps.coordination.embedded import EmbeddedRedis, runs
from reviewapps.demo.people import Person
from reviewapps.demo.run import run as tell_the_story
from reviewapps.demo.story import SAMPLE
from reviewapps.doctor import visit
from reviewapps.errors import BadSettings, NotAuthorised, ReviewAppsError
from reviewapps.model import Secret
from reviewapps.naming import address, addressed
from reviewapps.once import settle_all
from reviewapps.playground import Playground
from reviewapps.rotation import rotate as rotate_credentials
from reviewapps.rules.units import duration
from reviewapps.sandbox.addresses import Ports
from reviewapps.settings import Settings

P = ParamSpec("P")

REJECTED_FOR = 3600.0
"""Seconds. cloud.gov locks an account for half an hour after three bad logins within a quarter."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Review apps for teams on GitHub and Cloud Foundry.",
)

Home = Annotated[Path, typer.Option(help="Where everything of it is kept.")]
SAME = "0: the one of last time, or any free one."


def in_a_sentence(command: Callable[P, int]) -> Callable[P, None]:
    """The command, ending with its exit status; what we foresaw is told in a sentence, without a trace."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = command(*args, **kwargs)
        except RedisError as wrong:
            print(f"reviewapps: no Redis answers; is a worker running here? ({wrong})", file=sys.stderr)
            status = 1
        except (ReviewAppsError, OSError) as wrong:
            print(f"reviewapps: {wrong}", file=sys.stderr)
            status = 1
        raise typer.Exit(status)

    return told


@app.command()
@in_a_sentence
def demo(
    home: Home = Path(".demo"),
    repository: Annotated[Path | None, typer.Option(help="Your own git repository; it is only read.")] = None,
) -> int:
    """Tell the whole story on this machine, offline: from a pull request to its app, and back to nothing."""
    if repository is not None and not (repository / ".git").exists() and not (repository / "HEAD").exists():
        raise BadSettings(f"{repository} is no git repository")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return tell_the_story(home, repository and repository.resolve(), Console())


@app.command()
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
    ended = threading.Event()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: ended.set())
    with Playground(home, ports=Ports(github_port, cf_port, app_port), fresh=fresh) as playground:
        told = playground.world.described()
        for sentence in playground.world.moved:
            print(f"reviewapps: {sentence}", file=sys.stderr)
        _push_the_sample(playground)
        if not world_only:
            playground.start_worker()
            playground.await_worker()
        path = playground.describe()
        print(f"GitHub         {told['github_url']}/{told['github_repository']}")
        print(f"Cloud Foundry  {told['cf_api']}  org {told['cf_org']}, space {told['cf_space']}")
        user, password = told["cf_user"], told["cf_password"]
        where = f"cf target -o {told['cf_org']} -s {told['cf_space']}"
        print(f"cf             cf api {told['cf_api']} && cf auth {user} {password} && {where}")
        print(f"everything     {path}")
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


@app.command()
@in_a_sentence
def run() -> int:
    """Work for the installation that the REVIEWAPPS_… variables describe, until told to end."""
    told = wiring.settings()
    program = told.redis_server
    embedded = None if told.redis_url else EmbeddedRedis.start(told.home / "redis", program=program)
    try:
        url = wiring.redis_url(told)
        _check(told)
        command = [sys.executable, "-m", "workers", "--die-with-parent"]
        worker = subprocess.Popen(command, env={**os.environ, "REVIEWAPPS_REDIS_URL": url})
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, lambda *_: worker.terminate())
        return worker.wait()
    finally:
        if embedded is not None:
            embedded.stop()


@app.command()
@in_a_sentence
def doctor(
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Also push, reach and remove a small app.")
    ] = False,
    ping: Annotated[bool, typer.Option("--ping", help="Also send a line to Slack.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A list of {level, area, text, mend}.")] = False,
) -> int:
    """Say what is wrong with this installation, and the command or link that mends it. Writes nothing."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return visit(os.environ, Console(), deploy=deploy, ping=ping, as_json=as_json)


@app.command()
@in_a_sentence
def rotate(
    name: Annotated[str, typer.Argument(help="Of the credentials, or of the target that they are for.")],
    service: Annotated[str, typer.Option(help="The service instance whose keys they are.")] = "",
    now: Annotated[
        bool, typer.Option("--now", help="Delete the old key at once: nothing that runs uses it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Renew a service account: a new key is made, tried and stored; the old one is deleted by the next run."""

    def agreed(plan: str) -> bool:
        return yes or typer.confirm(f"{plan} Go on?", err=True)

    return rotate_credentials(os.environ, name, service=service, at_once=now, agreed=agreed)


@app.command()
@in_a_sentence
def redeploy(
    environment: Annotated[str, typer.Argument(help="acme/shop#12 or acme/shop:dev")],
) -> int:
    """Build and deploy an environment's commit once more, whatever came of it before."""
    installation = wiring.orchestrator()
    ids = {name: r.repository.id for name, r in installation.reconcilers.items()}
    asked = addressed(environment, ids)
    name = next(name for name, id_ in ids.items() if id_ == asked.repository)
    commit = installation.redeploy(asked)
    print(f"{address(asked, name)}: {commit[:7]} is deployed once more; the pull request's comment will tell")
    return 0


@app.command()
@in_a_sentence
def look(
    wait: Annotated[
        bool, typer.Option("--wait", help="Settle everything here, until nothing waits any more.")
    ] = False,
    within: Annotated[str, typer.Option(help="How long that may take: 90s, 30m, 2h.")] = "30m",
) -> int:
    """Look at everything once, now. Without --wait the workers do what there is to do."""
    told = wiring.settings()
    with _a_redis(told) as url:
        installation = wiring.installation(told.model_copy(update={"redis_url": Secret(url)}))
        if wait:
            settle_all(installation, _seconds(within))
        else:
            for repository in installation.repositories:
                installation.look(repository, afresh=True)
        for overview in installation.overviews():
            for row in overview.rows:
                print(
                    f"{address(row.environment, overview.repository)}: {row.state} {row.address or row.reason}"
                )
        for about, need in installation.needs.items():
            print(f"reviewapps: {about} needs somebody: {need}", file=sys.stderr)
        return 1 if installation.needs else 0


@contextlib.contextmanager
def _a_redis(told: Settings) -> Iterator[str]:
    """The Redis that was named, or that a worker embedded in the same home; else one for as long as this lasts."""
    if told.redis_url or runs(told.home / "redis"):
        yield wiring.redis_url(told)
        return
    embedded = EmbeddedRedis.start(told.home / "redis", program=told.redis_server)
    try:
        yield embedded.url
    finally:
        embedded.stop()


def _seconds(text: str) -> float:
    try:
        return duration(text).total_seconds()
    except ValueError as wrong:
        raise BadSettings(f"--within takes {wrong}") from None


def _check(told: Settings) -> None:
    """Log in everywhere. Cloud Foundry starts what ends again at once and with an empty disk, so that nothing
    would be left that remembers a rejection: there we first let the hour pass that UAA counts bad logins in."""
    try:
        wiring.check(told)
    except NotAuthorised as rejected:
        if "VCAP_APPLICATION" in os.environ:
            print(f"reviewapps: {rejected} (ends in an hour)", file=sys.stderr, flush=True)
            threading.Event().wait(REJECTED_FOR)
        raise


def _push_the_sample(playground: Playground) -> None:
    world, login = playground.world, "octocat"
    folder = playground.home / "people" / login
    if not world.begun:
        shutil.rmtree(folder, ignore_errors=True)
        Person(world.github.url, world.repository, login, world.tokens[login], folder).begin(SAMPLE)
