"""Service keys of a service account: each is an account of its own, and its password is as old as the key."""

from __future__ import annotations

import time
from typing import Any, Final

from reviewapps.cloudfoundry import place
from reviewapps.cloudfoundry.errors import NotFound, Rejected
from reviewapps.cloudfoundry.place import Key
from reviewapps.cloudfoundry.session import PAGE, Session
from reviewapps.errors import NameTaken, Unavailable

OFFERING: Final = "cloud-gov-service-account"
"""cloud.gov's own; the accounts that it makes are space developers (or auditors) of the instance's space."""

BINDINGS: Final = "/v3/service_credential_bindings"


class ServiceKeys:
    """The keys of service accounts that our account may see, and new ones; or those of the service instance that
    is ``named``, whatever its offering."""

    def __init__(self, session: Session, named: str = "") -> None:
        self._session = session
        self._which = {"service_instance_names": named} if named else {"service_offering_names": OFFERING}

    def all(self) -> tuple[Key, ...]:
        """Every key, with what it holds; one that is still being made holds nothing."""
        query = {**self._which, "type": "key", "include": "service_instance"}
        body = self._session.read(BINDINGS, "list service keys", **query, per_page=PAGE)
        names = {one["guid"]: one["name"] for one in body.get("included", {}).get("service_instances", ())}
        return tuple(place.key(one, names, self._details(one["guid"])) for one in body["resources"])

    def create(self, name: str, like: Key, annotations: dict[str, str]) -> None:
        """Another key of the same service instance; return when it is made. NameTaken where there is one."""
        body = {
            "type": "key",
            "name": name,
            "relationships": {"service_instance": {"data": {"guid": like.instance_guid}}},
            "metadata": {"annotations": annotations},
        }
        try:
            self._await(self._session.ask("POST", BINDINGS, f"create the service key {name}", json=body))
        except Rejected as refused:
            if "must be unique" in str(refused):
                raise NameTaken(str(refused)) from refused
            raise

    def delete(self, key: Key) -> None:
        """Delete the key, and with it the account; gone already is fine."""
        try:
            job = self._session.remove(f"{BINDINGS}/{key.guid}", f"delete the service key {key.name}")
        except NotFound:
            return
        self._await(job)

    def _details(self, key: str) -> dict[str, Any]:
        try:
            return self._session.read(f"{BINDINGS}/{key}/details", "show the service key")
        except NotFound:  # it is still being made, or gone by now
            return {}

    def _await(self, job: str | None, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while job is not None:
            seen = self._session.read(job, "tell how the service key comes along")
            if seen["state"] == "COMPLETE":
                return
            if seen["state"] == "FAILED":
                why = "; ".join(str(error.get("detail")) for error in seen.get("errors") or ())
                raise Unavailable(f"the service broker did not do it: {why or 'no reason given'}")
            if time.monotonic() > deadline:
                raise Unavailable(f"the service broker is not done after {seconds:.0f} s; try again later")
            time.sleep(0.2)
