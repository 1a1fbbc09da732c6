"""Where we act: guids of the org, the space and the domain, each asked for once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.cloudfoundry.session import Session
from reviewapps.errors import BadSettings, Unavailable


class Target:
    """The org, space and domain of ``access``. Raises BadSettings where one is missing or not ours to see."""

    def __init__(self, session: Session, access: Access) -> None:
        self.space_name = access.space
        self._session = session
        self._access = access

    @cached_property
    def org(self) -> str:
        found = self._session.read_all("/v3/organizations", "find the org", names=self._access.org)
        return self._only(found, f"the org {self._access.org!r}")

    @cached_property
    def space(self) -> str:
        found = self._session.read_all(
            "/v3/spaces", "find the space", names=self._access.space, organization_guids=self.org
        )
        return self._only(found, f"the space {self._access.space!r} of the org {self._access.org!r}")

    def check_space(self) -> None:
        """Return if the space is still there for us to see; raise Unavailable, and find it anew, if not."""
        try:
            self._session.read(f"/v3/spaces/{self.space}", "show the space")
        except NotFound:
            del self.org, self.space
            raise Unavailable(f"the space {self._access.space!r} is not to be seen any more") from None

    @property
    def domain(self) -> str:
        return self._domain[0]

    @property
    def domain_guid(self) -> str:
        return self._domain[1]

    @cached_property
    def _domain(self) -> tuple[str, str]:
        if self._access.domain is None:
            found = self._default_domain()
            return found["name"], found["guid"]
        named = self._session.read_all("/v3/domains", "find the domain", names=self._access.domain)
        return self._access.domain, self._only(named, f"the domain {self._access.domain!r}")

    def _default_domain(self) -> dict[str, Any]:
        try:
            return self._session.read(
                f"/v3/organizations/{self.org}/domains/default", "find the org's domain"
            )
        except NotFound:
            raise BadSettings(f"the org {self._access.org!r} has no default domain: name one") from None

    def _only(self, found: list[dict[str, Any]], what: str) -> str:
        if not found:
            raise BadSettings(f"{what} was not found: the {self._access.account} does not see it")
        return str(found[0]["guid"])
