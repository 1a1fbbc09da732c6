"""Processes."""

from __future__ import annotations

from collections.abc import Callable

LogLine = Callable[[str, str], None]
"""Takes one line without its newline: (stream "OUT" or "ERR", line)."""
