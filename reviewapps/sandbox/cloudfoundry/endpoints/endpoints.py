"""What every room of endpoints has."""

from __future__ import annotations

from abc import ABC, abstractmethod

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.access import Access
from reviewapps.sandbox.cloudfoundry.platform import Platform


class Endpoints(ABC):
    """The endpoints of one kind of resource."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.world = platform.world

    @abstractmethod
    def mount(self, router: web.UrlDispatcher) -> None:
        """Put the paths into ``router``."""

    def access(self, request: web.Request) -> Access:
        """The rights of who asks."""
        return Access.of(self.world, request)


def guid(request: web.Request) -> str:
    """The guid in the path."""
    return request.match_info["guid"]
