"""The requests about where droplets come from: signatures, other spaces, and who had a hand in a build."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reviewapps.cloudfoundry.labels import SIGNATURE
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.target import Target

Json = dict[str, Any]

BOUND = "audit.service_binding.start_create,audit.service_binding.create"


class ProvenanceRequests:
    """What one account sees of droplets, in its own space and in others that it may read."""

    def __init__(self, session: Session, target: Target) -> None:
        self._session, self._target = session, target
        self._guids: dict[str, str] = {}

    @property
    def us(self) -> str:
        """Who we are in the platform's record: the guid of a user, or the id of a client."""
        claims = self._session.claims
        return str(claims.get("user_id") or claims.get("client_id") or "")

    def space(self, place: str) -> str | None:
        """The guid of a space (org/space); None where we may not read it. It is asked for until it is found."""
        if place not in self._guids:
            org, _, name = place.partition("/")
            orgs = self._session.read_all("/v3/organizations", "find the org", names=org)
            among = {"organization_guids": str(orgs[0]["guid"])} if orgs else None
            found = (
                self._session.read_all("/v3/spaces", "find the space", names=name, **among) if among else []
            )
            if not found:
                return None
            self._guids[place] = str(found[0]["guid"])
        return self._guids[place]

    def droplets(self, selector: str, spaces: Iterable[str]) -> list[Json]:
        """Those that can be copied, all of them: whoever labels many others cannot hide one."""
        return self._session.read_all(
            "/v3/droplets",
            "list signed droplets",
            label_selector=selector,
            states="STAGED",
            space_guids=",".join(spaces),
            order_by="-created_at",
        )

    def builds(self, selector: str, count: int) -> list[Json]:
        """Staged builds in every space that we may read, newest first."""
        return self._session.read_newest(
            "/v3/builds", "list staged builds", count, states="STAGED", label_selector=selector
        )

    def label(self, droplet: str, labels: Json, annotations: Json) -> Json:
        metadata = {"labels": labels, "annotations": annotations}
        return self._session.write(
            "PATCH", f"/v3/droplets/{droplet}", "sign the droplet", json={"metadata": metadata}
        )

    def droplet(self, droplet: str) -> Json:
        """One, with its start commands where our account is a SpaceDeveloper."""
        return self._session.read(f"/v3/droplets/{droplet}", "show the droplet")

    def note(self, droplet: str, annotations: Json) -> Json:
        return self._session.write(
            "PATCH",
            f"/v3/droplets/{droplet}",
            "mark the copy",
            json={"metadata": {"annotations": annotations}},
        )

    def seal(self, package: str, signature: str) -> Json:
        metadata = {"annotations": {SIGNATURE: signature}}
        return self._session.write(
            "PATCH", f"/v3/packages/{package}", "seal the package", json={"metadata": metadata}
        )

    def record_of(self, app: str) -> list[Json]:
        """All that the platform wrote down of an app."""
        return self._session.read_all("/v3/audit_events", "show what was done to the app", target_guids=app)

    def bindings_since(self, since: str) -> list[Json]:
        """All that the platform wrote down of bindings made in our space since that time."""
        return self._session.read_all(
            "/v3/audit_events",
            "show what was bound",
            types=BOUND,
            space_guids=self._target.space,
            **{"created_ats[gte]": since},
        )
