"""What runs, and what waits, in an environment that somebody else deploys to, as GitHub tells, whoever said so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from reviewapps.github import parse, parse_told
from reviewapps.github.conditional import Kept, kept
from reviewapps.github.connection import Connection
from reviewapps.github.looking import root
from reviewapps.github.parse_told import Deployed, DeploymentStatus
from reviewapps.model import Environment, PastDeploy
from reviewapps.outcome import HOLDS
from reviewapps.ports import Memory

LOOKED_AT: Final = 10
DAY: Final = 24 * 3600.0
PLAIN: Final = re.compile(r"https?://[A-Za-z0-9.:/_~-]{1,200}")

T = TypeVar("T")

_DEPLOYED: Final = TypeAdapter(Kept[tuple[Deployed, ...]])
_STATUSES: Final = TypeAdapter(Kept[tuple[DeploymentStatus, ...]])


class Elsewhere:
    """Asked conditionally, so that it costs nothing while nothing changes."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self._connection = connection
        self._memory = memory

    def latest(self, environment: Environment) -> tuple[PastDeploy, ...]:
        """The commit that waits there, where the newest deployment says that one does, and the deploy that runs,
        where one of the latest does."""
        found: list[PastDeploy] = []
        api = f"{root(environment.repository)}/deployments"
        path = f"{api}?environment={quote(environment.name)}&per_page={LOOKED_AT}"
        for at, one in enumerate(self._kept(path, _DEPLOYED, parse.each(_deployed))):
            said = f"{api}/{one.id}/statuses?per_page=1"
            for last in self._kept(said, _STATUSES, parse.each(parse_told.deployment_status)):
                deploy = PastDeploy(one.commit, last.state, one.created_at, last.at)
                if last.state == "success":
                    return (*found, replace(deploy, url=_plain(last.url)))
                if at == 0 and last.state == "queued" and last.description.startswith(HOLDS):
                    found.append(replace(deploy, about=last.description.removeprefix(HOLDS)))
        return tuple(found)

    def _kept(
        self, path: str, form: TypeAdapter[Kept[tuple[T, ...]]], read: Callable[[Any], tuple[T, ...]]
    ) -> tuple[T, ...]:
        name = f"github/{self._connection.holder}{path}"
        found = kept(self._connection, path, read, _understood(form, self._memory.read(name)))
        self._memory.write(name, form.dump_python(found, mode="json"), DAY)
        return found.value


def _deployed(raw: Any) -> Deployed:
    """Without what somebody else wrote down with it."""
    return replace(parse_told.deployed(raw), payload={})


def _plain(url: str) -> str:
    """An address that is nothing but one: anybody who may write deployments may write any."""
    return url if PLAIN.fullmatch(url) else ""


def _understood(form: TypeAdapter[T], value: object) -> T | None:
    try:
        return None if value is None else form.validate_python(value)
    except ValidationError:
        return None
