"""Looking at everything an installation consists of."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reviewapps import settings as settings_room
from reviewapps import wiring
from reviewapps.cloudfoundry.place import Place
from reviewapps.cloudfoundry.postgres import Postgres
from reviewapps.cloudfoundry.service_requests import ServiceRequests
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.survey import survey
from reviewapps.cloudfoundry.target import Target as Space
from reviewapps.coordination.soon import LAST
from reviewapps.coordination.visiting import Visit, visiting
from reviewapps.databases import DatabaseServer
from reviewapps.doctor.gathering import Gathering
from reviewapps.doctor.manifests import files_named
from reviewapps.doctor.page import page_seen
from reviewapps.doctor.seen import Machine, RedisSeen, Seen, SlackSeen, Told
from reviewapps.errors import BadSettings
from reviewapps.github import account as github
from reviewapps.github import survey as repositories
from reviewapps.github.app import as_app, credentials_of
from reviewapps.github.connection import Connection
from reviewapps.github.proposals import unknown
from reviewapps.grants import Named, Target, named_in_floors
from reviewapps.grants import Slack as SlackAccess
from reviewapps.grants.file import NAME
from reviewapps.grants.keys import fingerprint
from reviewapps.notify.refusals import Refused
from reviewapps.ports import Memory
from reviewapps.settings import FILE, PREFIX, Settings

if TYPE_CHECKING:
    from reviewapps.notify.slack import Slack

REQUEST: Final = 3.0
"""Seconds that one request may take."""

PATIENCE: Final = 4.0
"""Seconds for all sides together, so that the whole visit stays below five."""

HELLO: Final = "reviewapps doctor: this channel is told of deploys, or of what only an operator can mend."


def looked_at(environ: Mapping[str, str], *, ping: bool = False) -> Seen:
    """All there is to see. Nothing is written, but for a line to Slack and a webhook to ourselves where ``ping``
    asks for them."""
    told = told_by(environ)
    home = told.settings.home if told.settings else Path(environ.get(PREFIX + "HOME") or ".reviewapps")
    with _redis(told.settings, home) as redis:
        sides = Gathering(PATIENCE)
        if told.settings:
            _start(told.settings, redis.memory, sides, ping)
        machine = _machine(home, environ.get("PATH", ""))
        found = _redis_seen(told.settings, redis)
        sides.wait()
    grants = told.settings.grants if told.settings else None
    return Seen(
        now=datetime.now(UTC),
        told=told,
        machine=machine,
        redis=found,
        own=settings_room.own_app(environ),
        account=sides.found("github"),
        repositories=_found(sides, "repository", grants.repositories if grants else {}),
        unknown=_found(sides, "names", grants.repositories if grants else {}),
        targets=_found(sides, "target", grants.targets if grants else {}),
        databases=_found(sides, "databases", grants.targets if grants else {}),
        page=sides.found("page"),
        slack=sides.found("slack"),
    )


def told_by(environ: Mapping[str, str], folder: Path = Path()) -> Told:
    """The settings, and what is wrong with them. A variable that is unusable or unknown is left out, so that
    the rest can be looked at."""
    source = environ.get(FILE) or (NAME if (folder / NAME).is_file() else "variables")
    left, problems, left_out = dict(environ), list[str](), set[str]()
    while True:
        try:
            told = settings_room.settings(left, folder)
            text = "" if source == "variables" else (folder / source).read_text()
            return Told(told, source, tuple(problems), text)
        except BadSettings as wrong:
            if not any(name in str(wrong) for name in left_out):  # that it is missing is our own doing
                problems.append(str(wrong))
            named = [name for name in left if name.startswith(PREFIX) and name in str(wrong)]
            if not named or FILE in named:
                return Told(None, source, tuple(dict.fromkeys(problems)))
            left_out.add(name := max(named, key=len))
            del left[name]


def _redis(told: Settings | None, home: Path) -> AbstractContextManager[Visit]:
    folder = home / "redis"
    if told is None:
        return visiting("", folder, "reviewapps:doctor:")
    return visiting(told.redis_url, folder, wiring.prefix(told), program=told.redis_server)


def _redis_seen(told: Settings | None, redis: Visit) -> RedisSeen:
    last = redis.memory.read(LAST)
    when = datetime.fromtimestamp(last, UTC) if isinstance(last, int | float) else None
    return RedisSeen(not (told and told.redis_url), redis.problem, timedelta(seconds=redis.up), when)


def _start(told: Settings, memory: Memory, sides: Gathering, ping: bool) -> None:
    sides.start("github", partial(_github, told, memory, sides))
    for target in told.grants.targets.values():
        sources = told.grants.sources_of(target.name)
        look = partial(_target, target, memory, sources, told.instance, sides)
        sides.start(f"target {target.name}", look)
    grants = told.grants
    if grants.address:
        secret = grants.github.webhook_secret if ping else None
        sides.start("page", partial(page_seen, grants.address, secret, REQUEST / 2))
    if grants.slack is not None:
        sides.start("slack", partial(_slack, grants.slack, ping))


def _github(told: Settings, memory: Memory, sides: Gathering) -> github.Account:
    """The account; once it is known, its repositories are looked at."""
    access = told.grants.github
    asked = partial(Connection, access.url, memory=memory, timeout=REQUEST, spend=_nothing)
    means: Any = {"memory": memory, "timeout": REQUEST, "spend": _nothing}
    by_name = {name: asked(credentials_of(access, name, **means)) for name in told.repositories}
    if access.app is None:
        account = github.account(next(iter(by_name.values())))
    else:
        app, key = as_app(access.url, access.app, **means), fingerprint(access.app.private_key)
        account = github.account_of_app(app, key, by_name.values())
    if not account.spent:
        for name, connection in by_name.items():
            look = partial(repositories.repository, connection, name, account.scopes, files_named)
            sides.start(f"repository {name}", look)
            if (names := named_in_floors(told.grants.repositories[name])) != Named():
                sides.start(f"names {name}", partial(unknown, connection, names))
    return account


def _target(
    target: Target, memory: Memory, sources: tuple[str, ...], instance: str, sides: Gathering
) -> Place:
    """The space; once it is known, its PostgreSQL is looked at."""
    access = wiring.access(target)
    session = Session(access, timeout=REQUEST, memory=memory, spend=_nothing, say=_nothing)
    place = survey(session, access, sources)
    if target.postgres is not None:
        requests = ServiceRequests(session, Space(session, access))
        server = Postgres(requests, target.postgres, instance, DatabaseServer)
        sides.start(f"databases {target.name}", partial(_left_open, server))
    return place


def _left_open(postgres: Postgres) -> tuple[str, ...] | None:
    """What every preview may enter on it; None where we have no key for it yet."""
    server = postgres.standing()
    return None if server is None else server.left_open()


def _slack(access: SlackAccess, ping: bool) -> SlackSeen:
    """Who we are there; where ``ping`` asks for it, each channel is sent a message."""
    from reviewapps.notify.slack import Slack  # here, so that Slack's client is only loaded by who uses it

    slack = Slack(access, REQUEST)
    who, scopes = "", frozenset[str]()
    if slack.edits:
        try:
            who, scopes = slack.whoami()
        except Refused as refused:
            return SlackSeen(refused=refused.reason)
    return SlackSeen(who, scopes, "", {name: _tried(slack, name) for name in access.named} if ping else {})


def _tried(slack: Slack, channel: str) -> str:
    try:
        slack.post(channel, HELLO)
    except Refused as refused:
        return refused.reason
    return ""


def _machine(home: Path, path: str) -> Machine:
    problem, free = None, 0
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            free = shutil.disk_usage(home).free // 1024**2
    except OSError as wrong:
        problem = wrong.strerror or type(wrong).__name__
    return Machine(sys.version_info[:2], _git(path), str(home), problem, free)


def _git(path: str) -> str | None:
    """The version of the git that is found on this PATH; None where there is none that works."""
    words = ["git", "--version"]
    try:
        told = subprocess.run(
            words, env={"PATH": path}, capture_output=True, text=True, timeout=REQUEST, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\d+(\.\d+)+", told.stdout)
    return found[0] if found else None


def _found(sides: Gathering, kind: str, names: Mapping[str, object]) -> dict[str, Any]:
    seen = {name: sides.found(f"{kind} {name}") for name in names}
    return {name: one for name, one in seen.items() if one is not None}


def _nothing(*_: object, **__: object) -> None:
    """We ask too little to count it, and do nothing that is to be said."""
