"""logs --recent, and the stream that logs and push follow."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass, field
from typing import Literal

from pydantic import model_validator

from tests.sandbox.cf_cli.connection import USER_AGENT, Cf
from tests.sandbox.cf_cli.go import Message
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.summaries import app_named

BEGINNING = -6795364578871345152
"""Nanoseconds of Go's zero time, which the client sends where it means "from the beginning"."""

RECENT = 1000


class Log(Message):
    payload: str = ""
    type: Literal["OUT", "ERR"] = "OUT"


class Envelope(Message):
    timestamp: str
    source_id: str = ""
    instance_id: str = ""
    deprecated_tags: dict[str, str] = {}
    tags: dict[str, str] = {}
    log: Log

    @model_validator(mode="after")
    def _is_whole(self) -> Envelope:
        assert re.fullmatch(r"\d{19}", self.timestamp)
        base64.b64decode(self.log.payload, validate=True)
        return self


class Batch(Message):
    batch: list[Envelope] = []


class ReadResponse(Message):
    envelopes: Batch = Batch()


@dataclass(frozen=True)
class Line:
    """One line of a log: ``[APP/PROC/WEB/0] OUT hello``."""

    at: int
    source: str
    stream: str
    text: str


def version(cf: Cf) -> str:
    """Of log-cache, which says in which paths it is read; it asks no token for that."""
    answer = cf.http.get(cf.root.link("log_cache").href + "/api/v1/info", timeout=30)
    told = answer.json()
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])
    assert isinstance(told["vm_uptime"], str)
    return str(told["version"])


def read(cf: Cf, source: str, start: int, **query: int | str | list[str]) -> list[Line]:
    """One read. The answer is decoded by rules that take no field which they do not know."""
    cf.refresh_if_near_its_end()
    headers = {"User-Agent": USER_AGENT, "Authorization": f"bearer {cf.access_token}"}
    url = f"{cf.root.link('log_cache').href}/api/v1/read/{source}"
    params: dict[str, int | str | list[str]] = {"start_time": start, **query}
    answer = cf.http.get(url, params=params, headers=headers, timeout=30)
    if answer.status_code != 200:
        text = f"unexpected status code {answer.status_code}"
        raise CommandFailed("LogCache", f"Failed to retrieve logs from Log Cache: {text}")
    return [_line(one) for one in ReadResponse.model_validate_json(answer.content).envelopes.batch]


def recent(cf: Cf, name: str) -> list[Line]:
    """``cf logs NAME --recent``: the last thousand, the oldest first."""
    guid = app_named(cf, name).guid
    version(cf)
    return read(cf, guid, BEGINNING, envelope_types="LOG", limit=RECENT, descending="true")[::-1]


@dataclass
class Tail:
    """``cf logs NAME``: waits for a first line, then walks on from a second before it.

    Lines younger than ``delay`` are left for the next read, since others may come in between; the client's
    delay is 2 s.
    """

    cf: Cf
    guid: str
    delay: float = 0.05
    position: int | None = None
    lines: list[Line] = field(default_factory=list)

    @classmethod
    def of(cls, cf: Cf, name: str) -> Tail:
        guid = app_named(cf, name).guid
        version(cf)
        return cls(cf, guid)

    def step(self) -> list[Line]:
        """What one more read brings."""
        if self.position is None:
            latest = read(self.cf, self.guid, BEGINNING, limit=1, descending="true")
            if not latest:
                return []
            self.position = latest[0].at - 1_000_000_000
        old_enough = time.time_ns() - int(self.delay * 1e9)
        found = read(self.cf, self.guid, self.position, envelope_types="LOG")
        ready = [line for line in found if line.at <= old_enough]
        if ready:
            self.position = ready[-1].at + 1
            self.lines += ready
        return ready

    def until(self, text: str, seconds: float = 30) -> list[Line]:
        """All lines, as soon as one of them holds ``text``."""
        deadline = time.monotonic() + seconds
        while not any(text in line.text for line in self.lines):
            assert time.monotonic() < deadline, f"{text!r} did not come: {[one.text for one in self.lines]}"
            if not self.step():
                time.sleep(self.cf.interval)
        return self.lines


def _line(envelope: Envelope) -> Line:
    source = f"{envelope.tags['source_type']}/{envelope.instance_id}"
    text = base64.b64decode(envelope.log.payload).decode()
    return Line(int(envelope.timestamp), source, envelope.log.type, text)
