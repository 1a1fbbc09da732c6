"""Gorouter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.runtime.instance import Instance


@dataclass(frozen=True)
class Backend:
    """What a route leads to: an app, and those of its instances that are RUNNING (maybe none)."""

    app_guid: str
    instances: Sequence[Instance]


class Router:
    """Sends each request to an instance of the app that its Host header names."""

    def __init__(
        self, backend: Callable[[str, str], Backend | None], *, log: Callable[[str, str], None]
    ) -> None:
        """``backend`` is asked with (host without port, path); ``log`` gets (app guid, access line)."""
        raise NotImplementedError

    def application(self) -> web.Application:
        """The router as an application that answers on every path."""
        raise NotImplementedError
