"""The operator's PostgreSQL: the service instance in the space whose server holds environments' own databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from reviewapps.cloudfoundry.errors import NotFound, Rejected
from reviewapps.cloudfoundry.service_requests import ServiceRequests
from reviewapps.errors import BadSettings, Busy, NameTaken, OperatorMustAct


class Databases(Protocol):
    """A server on which we may make databases and roles."""

    def make(self, name: str, password: str, note: str, *, empty: bool, stays: Callable[[str], bool]) -> None:
        """Let there be a database of this name, owned by a role of this name with this password; nothing is done
        where the note on one that is there says that it ``stays``. Nobody else makes or drops it meanwhile."""

    def drop(self, name: str, goes: Callable[[str], bool]) -> None:
        """Let there be neither, if the note on it says that it ``goes``."""

    def password(self, of: str) -> str:
        """A password for what is called so: the same, whoever of us asks."""

    def uri_for(self, name: str, password: str) -> str:
        """How the role reaches its database."""

    def all(self) -> tuple[Any, ...]:
        """Those of ours, each with ``name`` and ``note``, and what is left of some."""

    def left_open(self) -> tuple[str, ...]:
        """The databases that every preview may enter, and that we may not close to them."""


OpenServer = Callable[[str], Databases]
"""The server at this URI."""


class Postgres:
    """``name`` is the service instance; None where the operator has named none."""

    def __init__(
        self, requests: ServiceRequests, name: str | None, instance: str, open_server: OpenServer
    ) -> None:
        self._requests, self._name, self._open = requests, name, open_server
        self._key = f"reviewapps-{instance}"
        self._server: Databases | None = None

    @property
    def server(self) -> Databases:
        """The server, as the account of a service key of our own, which is made where there is none."""
        if self._server is None:
            self._server = self._open(self._uri())
        return self._server

    @property
    def is_named(self) -> bool:
        """Whether there is one."""
        return self._name is not None

    def standing(self) -> Databases | None:
        """The server, where our key for it is there already. Nothing is written."""
        found = self._requests.named((self._name,)) if self._name is not None else []
        keys = self._requests.keys(str(found[0]["guid"]), self._key) if found else []
        return self.server if keys else None

    def forget(self) -> None:
        """Let the key be read again: what it said was refused."""
        self._server = None

    def _uri(self) -> str:
        if self._name is None:
            raise BadSettings(
                "no PostgreSQL is named for databases of their own (postgres, in reviewapps.toml)"
            )
        found = self._requests.named((self._name,))
        if not found:
            raise OperatorMustAct(f"there is no service instance {self._name!r} in the space, for databases")
        details = self._details(str(found[0]["guid"]))
        uri = (details.get("credentials") or {}).get("uri")
        if not isinstance(uri, str) or not uri.startswith(("postgres://", "postgresql://")):
            raise OperatorMustAct(
                f"the service instance {self._name!r} is no PostgreSQL: its key has no such uri"
            )
        return uri

    def _details(self, instance: str) -> dict[str, Any]:
        keys = self._requests.keys(instance, self._key)
        if not keys:
            self._create_key(instance)
            raise Busy(f"the key of {self._name} is being made", after=2.0)
        try:
            return self._requests.key_details(str(keys[0]["guid"]))
        except NotFound as absent:  # it is still being made, or gone by now
            raise Busy(f"the key of {self._name} is being made", after=2.0) from absent

    def _create_key(self, instance: str) -> None:
        try:
            self._requests.create_key(instance, self._key)
        except NameTaken:
            return  # somebody was quicker
        except Rejected as refused:
            raise OperatorMustAct(f"{refused}; without a key there are no databases") from refused
