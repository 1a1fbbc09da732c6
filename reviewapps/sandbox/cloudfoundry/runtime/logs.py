"""What apps, builds and the router said: log-cache."""

from __future__ import annotations

import base64
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

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


class Logs:
    """The last lines of each source id (an app's guid), in the order in which they were said."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[_Line]] = defaultdict(deque)
        self._latest = 0

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
        lines = self._lines[source_id]
        lines.append(_Line(self._latest, instance, stream, payload, all_tags))
        while len(lines) > keep:
            lines.popleft()

    def envelopes(
        self, source_id: str, *, start: int, end: int | None, limit: int, descending: bool
    ) -> list[dict[str, object]]:
        """The first ``limit`` envelopes from ``start`` up to, but without, ``end`` (ns).

        ``descending`` gives the last ones, newest first.
        """
        lines = self._lines.get(source_id, ())
        ordered = reversed(lines) if descending else iter(lines)
        until = self._latest + 1 if end is None else end
        wanted = (line for line in ordered if start <= line.timestamp < until)
        return [line.envelope(source_id) for line in islice(wanted, max(0, limit))]

    def known(self, source_id: str) -> bool:
        """Whether anything was said under this id."""
        return source_id in self._lines

    def forget(self, source_id: str) -> None:
        """Drop all lines of this id."""
        self._lines.pop(source_id, None)
