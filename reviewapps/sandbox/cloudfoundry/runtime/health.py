"""When an instance counts as healthy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HealthCheck:
    """What is asked of an instance: ``type`` is "port", "http" (``endpoint`` answers 200) or "process".

    ``timeout`` is the time to become healthy, ``invocation_timeout`` that of one check, and ``interval``
    the time between two checks of a running instance; all in seconds.
    """

    type: str = "port"
    endpoint: str = "/"
    timeout: float = 60
    invocation_timeout: float = 1
    interval: float = 30
