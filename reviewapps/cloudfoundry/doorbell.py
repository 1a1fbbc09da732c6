"""Whether somebody is at home at an environment's own address."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

import requests
from urllib3.exceptions import HTTPError

from reviewapps.cloudfoundry import bounds
from reviewapps.errors import Unavailable
from reviewapps.model import Secret

ROUTER_ERROR: Final = "X-Cf-RouterError"
"""The header with which the router, and no app, has answered."""

BYPASS: Final = "X-Reviewapps-Bypass"
GATE: Final = "X-Reviewapps-Gate"
"""The header in which the gate says what became of a request."""

PASSED: Final = "passed"

VISITS: Final = "/_gate/visits"

PATIENCE: Final = 5.0
MOST_SAID: Final = 1024**2
"""Bytes of what the gate tells of visits."""


class Doorbell:
    """``app_url`` is a URL with ``{host}`` in it, which stands for host and domain. ``bypass`` opens the gate,
    where one stands before all that is asked here."""

    def __init__(self, app_url: str, verify: bool | str, bypass: Secret | None = None) -> None:
        self._app_url = app_url
        self._bypass = bypass
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = verify

    def answers(self, address: str) -> bool:
        """Whether an app answered, with whatever status; a redirect is an answer and is not followed, so that
        the secret goes nowhere else. Where a gate should be, what did not come by it is no answer."""
        try:
            with self._asked(address, "") as response:
                passed = self._bypass is None or response.headers.get(GATE) == PASSED
                return passed and ROUTER_ERROR not in response.headers
        except requests.RequestException:
            return False

    def visits(self, gate: str) -> dict[str, datetime]:
        """When each host was visited last, as far as the gate at this address remembers; it only tells who has its
        secret. Unavailable where it does not answer, or says what no gate of ours would: whoever may push to the
        space may have put something else there."""
        try:
            with self._asked(gate, VISITS) as response:
                response.raise_for_status()
                said = response.raw.read(MOST_SAID, decode_content=True)
                return {host: bounds.moment(at) for host, at in json.loads(said).items()}
        except (requests.RequestException, HTTPError) as wrong:
            raise Unavailable(f"the gate at {gate} does not tell of visits ({wrong})") from wrong
        except (ValueError, AttributeError, TypeError, RecursionError) as odd:
            reason = f"the gate at {gate} does not tell of visits: it says what cannot be read"
            raise Unavailable(reason) from odd

    def _asked(self, address: str, path: str) -> requests.Response:
        url, host = _reachable(urlsplit(self._app_url.format(host=address).rstrip("/") + path))
        headers = {"Host": host} | ({BYPASS: self._bypass} if self._bypass is not None else {})
        return self._session.get(url, headers=headers, timeout=PATIENCE, allow_redirects=False, stream=True)


def _reachable(url: SplitResult) -> tuple[str, str]:
    """URL and Host header. Browsers know that ``*.localhost`` is this machine, resolvers need not."""
    host = url.hostname or ""
    if not host.endswith(".localhost"):
        return url.geturl(), url.netloc
    return url._replace(netloc=url.netloc.replace(host, "127.0.0.1")).geturl(), url.netloc
