"""The installation's memory, for a command that comes by: Redis if it can be had, else our own head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from reviewapps.coordination.cache import Cache
from reviewapps.coordination.embedded import EmbeddedRedis, embedded_url, runs
from reviewapps.errors import OperatorMustAct
from reviewapps.ports import Memory

PATIENCE: Final = 3.0
"""Seconds that Redis may take to answer."""


@dataclass(frozen=True)
class Visit:
    """``problem`` is why Redis could not be had: then ``memory`` lasts as long as this process. ``up`` is for how
    many seconds its server has run."""

    memory: Memory
    problem: str | None = None
    up: float = 0.0


class OwnHead:
    """Remembers for as long as we live."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def read(self, name: str) -> Any | None:
        return self._values.get(name)

    def write(self, name: str, value: Any, seconds: float) -> None:
        self._values[name] = value


@contextmanager
def visiting(
    url: str, folder: Path, prefix: str, *, program: str | None = None, start: bool = True
) -> Iterator[Visit]:
    """The memory behind ``url``, once it was written to. Without a URL it is that of the embedded server that
    runs on ``folder``, or of one that is started for as long as the visit lasts; where none is to be started, our
    own head. Call it from the main thread."""
    with ExitStack() as open_:
        if not (url or start or runs(folder)):
            yield Visit(OwnHead())
            return
        try:
            visit = _visit(url or _embedded(folder, program, open_), prefix, open_)
        except (RedisError, OSError, ValueError, OperatorMustAct) as wrong:
            visit = Visit(OwnHead(), str(wrong))
        yield visit


def _visit(url: str, prefix: str, open_: ExitStack) -> Visit:
    redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    memory = Cache(open_.enter_context(redis), prefix)
    memory.write("visit", True, 60)
    told: Any = redis.info("server")
    return Visit(memory, up=float(told.get("uptime_in_seconds", 0)))


def _embedded(folder: Path, program: str | None, open_: ExitStack) -> str:
    if runs(folder):
        return embedded_url(folder)
    server = EmbeddedRedis.start(folder, program=program)
    open_.callback(server.stop)
    return server.url
