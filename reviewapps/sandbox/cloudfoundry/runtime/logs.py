"""What apps, builds and the router said: log-cache."""

from __future__ import annotations

import base64
import time
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewapps.sandbox.cloudfoundry.runtime.output import LONGEST_LINE

REMEMBERED = 100_000
"""Lines per source id, as many as log-cache's own ring holds."""


@dataclass(frozen=True)
class _Line:
    timestamp: int
    instance: str
    stream: str
    payload: bytes
    tags: Mapping[str, str]

    def envelope(self, source_id: str) -> dict[str, object]:
        return {
            "timestamp": str(self.timestamp),
            "source_id": source_id,
            "instance_id": self.instance,
            "deprecated_tags": {},
            "tags": dict(self.tags),
            "log": {"payload": base64.b64encode(self.payload).decode(), "type": self.stream},
        }


@dataclass(frozen=True)
class Span:
    """How many lines are remembered of a source, when the first and the last of them were said (ns), and how many
    are forgotten."""

    count: int
    oldest: int
    newest: int
    expired: int


@dataclass
class _Source:
    lines: deque[_Line] = field(default_factory=deque)
    expired: int = 0

    def index(self, timestamp: int) -> int:
        """Of the first line that was said then, or later."""
        return bisect_left(self.lines, timestamp, key=lambda line: line.timestamp)


class Logs:
    """The last lines of each source id (an app's guid), in the order in which they were said."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = defaultdict(_Source)
        self._latest = 0
        self._since = time.monotonic()

    @property
    def uptime(self) -> int:
        """Seconds for which lines have been remembered."""
        return int(time.monotonic() - self._since)

    def append(
        self,
        source_id: str,
        source_type: str,
        text: str,
        *,
        instance: str = "0",
        stream: str = "OUT",
        tags: Mapping[str, str] = {},
        keep: int = REMEMBERED,
    ) -> None:
        """Remember one line of ``source_type`` ("STG", "APP/PROC/WEB", "RTR" …), and only the last ``keep``."""
        # No two lines share a timestamp: a reader goes on from the last one that it saw, plus one.
        self._latest = max(self._latest + 1, time.time_ns())
        all_tags = {"source_type": source_type, "instance_id": instance, **tags}
        payload = text.encode("utf-8", "replace")[:LONGEST_LINE]
        source = self._sources[source_id]
        source.lines.append(_Line(self._latest, instance, stream, payload, all_tags))
        while len(source.lines) > keep:
            source.lines.popleft()
            source.expired += 1

    def envelopes(
        self, source_id: str, *, start: int, end: int | None, limit: int, descending: bool
    ) -> list[dict[str, object]]:
        """The first ``limit`` envelopes from ``start`` up to, but without, ``end`` (ns).

        ``descending`` gives the last ones, newest first.
        """
        source = self._sources.get(source_id, _Source())
        first, after = source.index(start), len(source.lines) if end is None else source.index(end)
        wanted = range(after - 1, first - 1, -1) if descending else range(first, after)
        return [source.lines[at].envelope(source_id) for at in wanted[: max(0, limit)]]

    def span(self, source_id: str) -> Span | None:
        """What is remembered under this id; None where nothing was said."""
        if source_id not in self._sources:
            return None
        source = self._sources[source_id]
        oldest, newest = source.lines[0].timestamp, source.lines[-1].timestamp
        return Span(len(source.lines), oldest, newest, source.expired)

    def forget(self, source_id: str) -> None:
        """Drop all lines of this id."""
        self._sources.pop(source_id, None)
