"""What a server of the sandbox knows, in one file of its home, so that it outlives the process.

The file has a line of JSON that says what shape its rows have, then a pickle. Pickle is right, because rows point
at each other in circles (an app at its space, a pull request at its fork) and it keeps who is who: a new kind of
row needs nothing. It is safe only because the file is our own, mode 0600 in a home that nobody else may write to:
whoever could change it could as well change the droplets that we run. Never start a home that somebody sent you.

Nobody has to say that something changed. Soon after a request that may have changed something, or the end of work
in the background, and a few times a second in any case, the rows are pickled in the event loop, where nothing
moves meanwhile, and compared with what was written last; a thread writes. So a kill loses less than a second. A
world of thousands of rows takes longer to pickle and is looked at less often, so that this takes a small part of
the server's time, but no longer than `LONGEST` after the last time.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import pickle
import pydoc
import time
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from reviewapps.sandbox import private

log = logging.getLogger(__name__)

FILE = "world.snapshot"
"""Its name in the home of each server."""

FORMAT = 1
SOON = 0.1
"""Seconds from a request that changed something to the next look."""
BEAT = 0.5
"""Seconds between looks that nobody asked for."""
SOON_PER_COST, BEAT_PER_COST = 5, 50
LONGEST = 2.0
"""Where pickling takes long, both pauses are so many times as long, but not longer than ``LONGEST``. Only the
time of our own thread counts: it costs nothing more where the machine is busy with others."""

Shapes = dict[str, dict[str, str]]


class KeptOtherwise(Exception):
    """A home that this version cannot go on with; the sentence says whose it is and why."""


class World(Protocol):
    """``__getstate__`` is what is to be kept, by attribute."""

    def __getstate__(self) -> Mapping[str, Any]: ...


class Snapshots:
    """Keeps ``world`` in ``home``. What was kept there is brought back at once; ``recalled`` says whether any was,
    and ``looks`` counts how often was looked whether anything changed.

    Raises KeptOtherwise. To be made before anything holds on to a part of the world.
    """

    def __init__(self, world: World, home: Path) -> None:
        self._world = world
        self._file = home.absolute() / FILE
        self._written = b""
        self._cost = 0.0
        self.looks = 0
        self._changed = asyncio.Event()
        self._taking = asyncio.Lock()
        self._beating: asyncio.Task[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self.recalled = self._recall()

    async def start(self) -> None:
        """Keep the world from now on."""
        await self.take()
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Keep it once more, as it is now. Raises what stands in the way, such as a row that cannot be pickled."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait({self._beating, *filter(None, [self._writing])})
            self._beating = None
            await self.take()

    async def take(self) -> None:
        """Write the world down, if it is not what was written last."""
        async with self._taking:
            await self._take()

    async def _take(self) -> None:
        began = time.thread_time()
        pickled, shapes = _pickled(self._world.__getstate__())
        self._cost = time.thread_time() - began
        self.looks += 1
        if pickled == self._written:
            return
        self._written = b""
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, shapes, pickled))
        await asyncio.shield(self._writing)
        self._written = pickled

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Look soon after every request that may have changed something."""
        try:
            return await handler(request)
        finally:
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                self.changed()

    def changed(self) -> None:
        """Look soon: something may have changed."""
        self._changed.set()

    async def _beat(self) -> None:
        complaint = ""
        while True:
            with contextlib.suppress(TimeoutError):
                # Not wait_for, which in Python 3.11 misses to be cancelled in the moment of a change.
                async with asyncio.timeout(pause(BEAT, BEAT_PER_COST * self._cost)):
                    await self._changed.wait()
                await asyncio.sleep(pause(SOON, SOON_PER_COST * self._cost))
            self._changed.clear()
            try:
                await self.take()
            except Exception as wrong:  # pickle raises anything; the server goes on, and `stop` will raise it
                if str(wrong) != complaint:
                    log.exception("%s is not kept", self._file)
                complaint = str(wrong)

    def _write(self, shapes: Shapes, pickled: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        header = {"format": FORMAT, "home": str(self._file.parent), "rows": shapes}
        private.write(self._file, json.dumps(header).encode() + b"\n" + pickled)

    def _recall(self) -> bool:
        if not self._file.exists():
            return False
        with self._file.open("rb") as file:
            self._check(file.readline())
            try:
                kept = pickle.load(file)
            except Exception as wrong:  # pickle raises anything
                raise self._refusal(f"it cannot be read: {wrong}") from wrong
        if kept.keys() != self._world.__getstate__().keys():
            raise self._refusal("it keeps other things")
        vars(self._world).update(kept)
        return True

    def _check(self, line: bytes) -> None:
        try:
            header = json.loads(line)
            known, home, shapes = header["format"], header["home"], header["rows"]
        except (ValueError, KeyError, TypeError) as wrong:
            raise self._refusal("it begins otherwise") from wrong
        if known != FORMAT:
            raise self._refusal(f"its format is {known}, and not {FORMAT}")
        for name, shape in shapes.items():
            if _shape(pydoc.locate(name)) != shape:
                raise self._refusal(f"{name.rpartition('.')[2]} has other fields now")
        if home != str(self._file.parent):
            raise KeptOtherwise(f"{self._file.parent} was kept as {home}; move it back there")

    def _refusal(self, why: str) -> KeptOtherwise:
        return KeptOtherwise(f"{self._file.parent} was kept by another version of reviewapps ({why})")


def pause(shortest: float, wanted: float) -> float:
    """The seconds until the next look, where ``wanted`` would spare the server's time."""
    return max(shortest, min(wanted, LONGEST))


class _Pickler(pickle.Pickler):
    """Notes the kinds of what it pickles."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.kinds: set[type] = set()

    def reducer_override(self, obj: object) -> Any:
        self.kinds.add(type(obj))
        return NotImplemented


def _pickled(state: Mapping[str, Any]) -> tuple[bytes, Shapes]:
    into = io.BytesIO()
    pickler = _Pickler(into)
    pickler.dump(state)
    rows = {kind for kind in pickler.kinds if is_dataclass(kind)}
    return into.getvalue(), {f"{kind.__module__}.{kind.__qualname__}": _shape(kind) for kind in rows}


@cache
def _shape(kind: object) -> dict[str, str]:
    """The fields of a kind of row, with their types as they are written; none of what is no row."""
    return {field.name: str(field.type) for field in fields(kind)} if is_dataclass(kind) else {}
