"""The time that a server of the sandbox thinks it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's time, which may be shifted: so tokens, limits and pull requests grow old on demand."""

    def __init__(self) -> None:
        self.offset = timedelta()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @property
    def seconds(self) -> float:
        """Now, in seconds since 1970."""
        return self.now.timestamp()

    @property
    def timestamp(self) -> str:
        """Now, as both APIs write it: whole seconds, UTC."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def forward(self, seconds: float) -> None:
        """Let so much time pass at once; less than none goes back."""
        self.offset += timedelta(seconds=seconds)
