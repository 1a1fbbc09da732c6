"""The requests that we make about services: one method, one request. Plain JSON in and out."""

from __future__ import annotations

from typing import Final

from reviewapps.cloudfoundry.session import Json, Session
from reviewapps.cloudfoundry.target import Target

INSTANCES: Final = "/v3/service_instances"
BINDINGS: Final = "/v3/service_credential_bindings"


class ServiceRequests:
    """Service instances of one space, and what binds apps to them."""

    def __init__(self, session: Session, target: Target) -> None:
        self._session, self._target = session, target

    def instances(self, selector: str) -> list[Json]:
        return self._session.read_all(
            INSTANCES, "list our service instances", label_selector=selector, space_guids=self._target.space
        )

    def instance(self, guid: str) -> Json:
        """Whatever space it is in."""
        return self._session.read(f"{INSTANCES}/{guid}", "show the service instance")

    def named(self, names: tuple[str, ...]) -> list[Json]:
        return self._session.read_all(
            INSTANCES, "find service instances", names=",".join(names), space_guids=self._target.space
        )

    def create_user_provided(self, name: str, tags: list[str], metadata: Json) -> Json:
        where = {"space": {"data": {"guid": self._target.space}}}
        body = {
            "type": "user-provided",
            "name": name,
            "tags": tags,
            "metadata": metadata,
            "relationships": where,
        }
        return self._session.create(INSTANCES, f"create the service {name}", body)

    def create_managed(self, name: str, plan: str, metadata: Json) -> None:
        """Begun by the broker; the listing tells how it goes."""
        where = {"space": {"data": {"guid": self._target.space}}, "service_plan": {"data": {"guid": plan}}}
        body = {"type": "managed", "name": name, "metadata": metadata, "relationships": where}
        self._session.ask("POST", INSTANCES, f"create the service {name}", json=body)

    def plans(self, offering: str, plan: str) -> list[Json]:
        return self._session.read_all(
            "/v3/service_plans",
            f"find the plan {offering}/{plan}",
            names=plan,
            service_offering_names=offering,
            space_guids=self._target.space,
            available="true",
        )

    def credentials(self, instance: str) -> Json:
        return self._session.read(f"{INSTANCES}/{instance}/credentials", "show the service's credentials")

    def set_credentials(self, instance: str, credentials: Json) -> None:
        path = f"{INSTANCES}/{instance}"
        self._session.write(
            "PATCH", path, "change the service's credentials", json={"credentials": credentials}
        )

    def annotate(self, instance: str, annotations: Json) -> Json:
        body = {"metadata": {"annotations": annotations}}
        path = f"{INSTANCES}/{instance}"
        return self._session.write("PATCH", path, "write metadata onto the service", json=body)

    def delete(self, instance: str) -> str | None:
        return self._session.remove(f"{INSTANCES}/{instance}", "delete the service")

    def bindings(self, app: str) -> list[Json]:
        return self._session.read_all(BINDINGS, "list the app's bindings", app_guids=app, type="app")

    def bind(self, instance: str, app: str, name: str, labels: Json) -> None:
        """Done at once for what users provide; else begun by the broker."""
        body = {
            "type": "app",
            "name": name,
            "relationships": {
                "service_instance": {"data": {"guid": instance}},
                "app": {"data": {"guid": app}},
            },
            "metadata": {"labels": labels},
        }
        self._session.ask("POST", BINDINGS, f"bind the app to {name}", json=body)

    def unbind(self, binding: str) -> str | None:
        return self._session.remove(f"{BINDINGS}/{binding}", "unbind the app")

    def keys(self, instance: str, name: str) -> list[Json]:
        return self._session.read_all(
            BINDINGS, "list service keys", service_instance_guids=instance, names=name, type="key"
        )

    def create_key(self, instance: str, name: str) -> None:
        body = {
            "type": "key",
            "name": name,
            "relationships": {"service_instance": {"data": {"guid": instance}}},
        }
        self._session.ask("POST", BINDINGS, f"create the service key {name}", json=body)

    def key_details(self, key: str) -> Json:
        return self._session.read(f"{BINDINGS}/{key}/details", "show the service key")
