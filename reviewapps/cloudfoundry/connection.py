"""cloudfoundry-client's own client, with a timeout on every request and no eye on the process environment."""

from __future__ import annotations

import base64
import json
import logging
from http import HTTPStatus
from typing import Any, NoReturn

import requests
from cloudfoundry_client.client import CloudFoundryClient, Info
from oauth2_client.credentials_manager import OAuthError

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.errors import NoCloudFoundry, NotFound, accepted

CONNECT_TIMEOUT = 10.0
PLAIN_CLIENT = "cf"
"""The client without a secret that UAA keeps for people and service accounts with a password."""


class Connection(CloudFoundryClient):  # type: ignore[misc]
    """The library's login, token refresh and session, for one thread.

    As it comes, the library asks for tokens without a timeout and with ``.netrc`` in mind, writes bodies
    and tokens to the debug log, and loses ``Retry-After`` and the address of log-cache. ``links`` are the
    addresses that the platform names at its root.
    """

    def __init__(self, access: Access, timeout: float) -> None:
        for name in ("cloudfoundry_client", "oauth2_client"):
            logging.getLogger(name).setLevel(logging.INFO)
        self.links: dict[str, Any] = {}
        self._timeout = (min(timeout, CONNECT_TIMEOUT), timeout)
        self._access = access
        self._outside = requests.Session()
        self._outside.trust_env = False
        self._outside.verify = access.verify
        super().__init__(
            access.api,
            client_id=access.client_id or PLAIN_CLIENT,
            client_secret=access.client_secret or "",
            verify=access.verify,
            user_agent="reviewapps",
        )

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(name)  # the library would look at /v2, which is gone

    def log_in(self) -> None:
        """Get a token; raise OAuthError where the credentials are refused."""
        if self._access.user:
            self.init_with_user_credentials(self._access.user, self._access.password or "")
        else:
            self.init_with_client_credentials()

    @property
    def claims(self) -> dict[str, Any]:
        """What the token says of whom it is for; empty where it cannot be read. Nothing here relies on it."""
        try:
            middle = str(self._access_token).split(".")[1]
            said = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        except (ValueError, IndexError):
            return {}
        return said if isinstance(said, dict) else {}

    def answer(self, method: str, url: str, **request: Any) -> requests.Response:
        """The response, whatever its status. Raises OAuthError where the login is over for good."""
        send = getattr(self._get_session(), method.lower())
        request.setdefault("timeout", self._timeout)
        response: requests.Response = self._bearer_request(send, url, allow_redirects=False, **request)
        return response

    def _get_info(self, target_endpoint: str, proxy: object = None, verify: object = True) -> Info:
        root = self._outside.get(f"{target_endpoint}/", timeout=self._timeout, allow_redirects=False)
        try:
            self.links = accepted(root, "say where its parts are").json()["links"]
            v3 = self.links["cloud_controller_v3"]["href"]
        except (NotFound, requests.JSONDecodeError, KeyError, TypeError) as other:
            raise NoCloudFoundry(
                f"{target_endpoint} does not answer as a Cloud Foundry API does: its root names no "
                f"cloud_controller_v3 ({root.status_code})"
            ) from other
        return Info(None, v3, self._resolve_login_endpoint(self.links), target_endpoint, None, None)

    def _token_request(self, request_parameters: dict[str, Any], refresh_token_mandatory: bool) -> None:
        response = self._outside.post(
            self.service_information.token_service,
            data=request_parameters,
            headers={
                "Accept": "application/json",
                "Authorization": self.service_information.authorization_header,
            },
            timeout=self._timeout,
            allow_redirects=False,
        )
        if response.status_code in (400, 401, 403):
            raise OAuthError(HTTPStatus(response.status_code), "refused", _reason(response))
        self._process_token_response(accepted(response, "log us in").json(), refresh_token_mandatory)


def _reason(response: requests.Response) -> str:
    try:
        return str(response.json()["error_description"])
    except (requests.JSONDecodeError, KeyError, TypeError):
        return f"{response.status_code} {response.reason}"
