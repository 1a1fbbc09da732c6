"""Whether somebody is at home at an environment's own address."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

import requests

ROUTER_ERROR: Final = "X-Cf-RouterError"
"""The header with which the router, and no app, has answered."""

PATIENCE: Final = 5.0


class Doorbell:
    """``app_url`` is a URL with ``{host}`` in it, which stands for host and domain."""

    def __init__(self, app_url: str, verify: bool | str) -> None:
        self._app_url = app_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = verify

    def answers(self, address: str) -> bool:
        """Whether an app answered, with whatever status; a redirect is an answer and is not followed."""
        url, host = _reachable(urlsplit(self._app_url.format(host=address)))
        try:
            with self._session.get(
                url, headers={"Host": host}, timeout=PATIENCE, allow_redirects=False, stream=True
            ) as response:
                return ROUTER_ERROR not in response.headers
        except requests.RequestException:
            return False


def _reachable(url: SplitResult) -> tuple[str, str]:
    """URL and Host header. Browsers know that ``*.localhost`` is this machine, resolvers need not."""
    host = url.hostname or ""
    if not host.endswith(".localhost"):
        return url.geturl(), url.netloc
    return url._replace(netloc=url.netloc.replace(host, "127.0.0.1")).geturl(), url.netloc
