"""What apps, builds and the router said."""

from __future__ import annotations

from collections.abc import Mapping


class Logs:
    """Log-cache: the last lines of each source id (an app's guid)."""

    def append(
        self,
        source_id: str,
        source_type: str,
        text: str,
        *,
        instance: str = "0",
        stream: str = "OUT",
        tags: Mapping[str, str] = {},  # noqa: B006
    ) -> None:
        """Remember one line of ``source_type`` ("STG", "APP/PROC/WEB", "RTR" …)."""
        raise NotImplementedError

    def envelopes(
        self, source_id: str, *, start: int, end: int | None, limit: int, descending: bool
    ) -> list[dict[str, object]]:
        """At most ``limit`` envelopes, as log-cache writes them, from ``start`` up to but without ``end`` (ns)."""
        raise NotImplementedError

    def known(self, source_id: str) -> bool:
        """Whether anything was ever said under this id."""
        raise NotImplementedError

    def forget(self, source_id: str) -> None:
        """Drop all lines of this id."""
        raise NotImplementedError
