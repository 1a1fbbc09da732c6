"""The requests that we make of Cloud Foundry's v3 API: one method, one request.

They take and give back plain JSON. Listings keep to our space, or to what bears our labels, or both.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, BinaryIO

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.multipart import FilePart
from reviewapps.cloudfoundry.provenance_requests import ProvenanceRequests
from reviewapps.cloudfoundry.service_requests import ServiceRequests
from reviewapps.cloudfoundry.session import Json, Session
from reviewapps.cloudfoundry.target import Target
from reviewapps.signing import Ring

NEWEST = 50
"""How many of an app's packages, builds, droplets and deployments we look at; it keeps five of most."""


class Client:
    """One instance's view of one space. With the keys of ``ring`` it knows its own signatures."""

    def __init__(self, session: Session, access: Access, instance: str, ring: Ring | None = None) -> None:
        self.instance, self.ring = instance, ring
        self.target = Target(session, access)
        self.services = ServiceRequests(session, self.target)
        self.provenance = ProvenanceRequests(session, self.target)
        self._session = session

    # --- apps ---

    def apps(self, selector: str) -> list[Json]:
        space = self.target.space
        return self._session.read_all("/v3/apps", "list our apps", label_selector=selector, space_guids=space)

    def apps_named(self, name: str) -> list[Json]:
        space = self.target.space
        return self._session.read_all("/v3/apps", f"find the app {name}", names=name, space_guids=space)

    def create_app(self, name: str, labels: Json, annotations: Json) -> Json:
        body = {
            "name": name,
            "relationships": {"space": _to(self.target.space)},
            "metadata": {"labels": labels, "annotations": annotations},
        }
        return self._session.create("/v3/apps", f"create the app {name}", body)

    def annotate(self, app: str, annotations: Json, labels: Json | None = None) -> Json:
        metadata = {"annotations": annotations} | ({"labels": labels} if labels else {})
        return self._write("PATCH", f"/v3/apps/{app}", "write metadata onto the app", metadata=metadata)

    def app_routes(self, app: str) -> list[Json]:
        return self._session.read_all(f"/v3/apps/{app}/routes", "list the app's routes")

    def app_processes(self, app: str) -> list[Json]:
        return self._session.read_all(f"/v3/apps/{app}/processes", "list the app's processes")

    def environment(self, app: str) -> Json:
        """The variables that were set on the app."""
        path = f"/v3/apps/{app}/environment_variables"
        return dict(self._session.read(path, "show the app's variables").get("var") or {})

    def set_environment(self, app: str, variables: dict[str, str | None]) -> None:
        path = f"/v3/apps/{app}/environment_variables"
        self._write("PATCH", path, "set the app's variables", var=variables)

    def assign_droplet(self, app: str, droplet: str) -> None:
        path = f"/v3/apps/{app}/relationships/current_droplet"
        self._write("PATCH", path, "make the droplet current", data={"guid": droplet})

    def start(self, app: str) -> Json:
        return self._write("POST", f"/v3/apps/{app}/actions/start", "start the app")

    def stop(self, app: str) -> Json:
        return self._write("POST", f"/v3/apps/{app}/actions/stop", "stop the app")

    def delete_app(self, app: str) -> str | None:
        return self._session.remove(f"/v3/apps/{app}", "delete the app")

    # --- the web process ---

    def update_web(self, app: str, command: str | None, health_check: Json) -> None:
        path = f"/v3/apps/{app}/processes/web"
        self._write("PATCH", path, "configure the web process", command=command, health_check=health_check)

    def scale_web(self, app: str, sizes: dict[str, int]) -> None:
        self._write("POST", f"/v3/apps/{app}/processes/web/actions/scale", "scale the web process", **sizes)

    def update_process(self, process: str, command: str | None) -> None:
        self._write("PATCH", f"/v3/processes/{process}", "configure the process", command=command)

    def scale_process(self, process: str, sizes: dict[str, int]) -> None:
        self._write("POST", f"/v3/processes/{process}/actions/scale", "scale the process", **sizes)

    def processes(self) -> list[Json]:
        space = self.target.space
        return self._session.read_all("/v3/processes", "list the processes", space_guids=space)

    def web_stats(self, app: str) -> Json:
        return self._session.read(f"/v3/apps/{app}/processes/web/stats", "tell how the app is")

    def process_stats(self, process: str) -> Json:
        return self._session.read(f"/v3/processes/{process}/stats", "tell how the new process is")

    def crashes(self, app: str) -> list[Json]:
        return self._session.read_newest(
            "/v3/audit_events", "list crashes", NEWEST, types="audit.app.process.crash", target_guids=app
        )

    # --- routes ---

    def routes(self, selector: str) -> list[Json]:
        space = self.target.space
        return self._session.read_all(
            "/v3/routes", "list our routes", label_selector=selector, space_guids=space
        )

    def routes_at(self, host: str) -> list[Json]:
        return self._session.read_all(
            "/v3/routes",
            f"find the route {host}",
            hosts=host,
            domain_guids=self.target.domain_guid,
            space_guids=self.target.space,
        )

    def create_route(self, host: str, labels: Json) -> Json:
        body = {
            "host": host,
            "relationships": {"space": _to(self.target.space), "domain": _to(self.target.domain_guid)},
            "metadata": {"labels": labels},
        }
        return self._session.create("/v3/routes", f"create the route {host}", body)

    def map_route(self, route: str, app: str) -> Json:
        leads_to = [{"app": {"guid": app, "process": {"type": "web"}}}]
        path = f"/v3/routes/{route}/destinations"
        return self._write("POST", path, "lead the route to the app", destinations=leads_to)

    def delete_route(self, route: str) -> str | None:
        return self._session.remove(f"/v3/routes/{route}", "delete the route")

    def label_route(self, route: str, labels: Json) -> Json:
        return self._write("PATCH", f"/v3/routes/{route}", "label the route", metadata={"labels": labels})

    # --- route services ---

    def service_instances(self, selector: str, name: str | None = None) -> list[Json]:
        named = {"names": name} if name is not None else {}
        return self._session.read_all(
            "/v3/service_instances",
            "list our service instances",
            label_selector=selector,
            space_guids=self.target.space,
            **named,
        )

    def create_route_service(self, name: str, url: str, labels: Json) -> Json:
        body = {
            "type": "user-provided",
            "name": name,
            "route_service_url": url,
            "relationships": {"space": _to(self.target.space)},
            "metadata": {"labels": labels},
        }
        return self._session.create("/v3/service_instances", f"create the service instance {name}", body)

    def lead_route_service(self, instance: str, url: str) -> Json:
        path = f"/v3/service_instances/{instance}"
        return self._write("PATCH", path, "lead the route service to the gate", route_service_url=url)

    def delete_service_instance(self, instance: str) -> str | None:
        return self._session.remove(f"/v3/service_instances/{instance}", "delete the gate's service instance")

    def gate_bindings(self, selector: str, routes: list[str] | None = None) -> list[Json]:
        """Bindings of routes, all of ours or those of ``routes``. (They know no space.)"""
        if routes is not None and not routes:
            return []
        only = {"route_guids": ",".join(routes)} if routes is not None else {}
        return self._session.read_all(
            "/v3/service_route_bindings", "list the routes' bindings", label_selector=selector, **only
        )

    def bind_route(self, instance: str, route: str, labels: Json) -> Json:
        body = {
            "relationships": {"service_instance": _to(instance), "route": _to(route)},
            "metadata": {"labels": labels},
        }
        return self._session.create("/v3/service_route_bindings", "bind the route to the gate", body)

    def unbind_route(self, binding: str) -> str | None:
        return self._session.remove(f"/v3/service_route_bindings/{binding}", "unbind the route")

    # --- from source to droplet ---

    def packages(self, app: str, selector: str) -> list[Json]:
        return self._newest("/v3/packages", "list the app's packages", app, label_selector=selector)

    def package(self, package: str) -> Json:
        return self._session.read(f"/v3/packages/{package}", "show the package")

    def create_package(self, app: str, labels: Json) -> Json:
        body = {"type": "bits", "relationships": {"app": _to(app)}, "metadata": {"labels": labels}}
        return self._session.create("/v3/packages", "create a package", body)

    def upload(self, package: str, archive: BinaryIO) -> Json:
        part = FilePart("bits", archive)
        headers = {"Content-Type": part.content_type}
        path = f"/v3/packages/{package}/upload"
        return self._session.write("POST", path, "take the source", data=part, headers=headers)

    def builds(self, app: str, selector: str) -> list[Json]:
        return self._newest("/v3/builds", "list the app's builds", app, label_selector=selector)

    def staged_builds(self, selector: str, count: int) -> list[Json]:
        """Of every app that we may see: builds know no space."""
        return self._session.read_newest(
            "/v3/builds", "list staged builds", count, states="STAGED", label_selector=selector
        )

    def create_build(self, package: str, lifecycle: Json, labels: Json) -> Json:
        body = {"package": {"guid": package}, "metadata": {"labels": labels}} | lifecycle
        return self._session.create("/v3/builds", "stage the package", body)

    def droplets(self, app: str) -> list[Json]:
        return self._newest("/v3/droplets", "list the app's droplets", app)

    def droplets_of(self, apps: list[str]) -> list[Json]:
        """The droplets of these apps, as far as those are in our space, newest first."""
        return self._session.read_all(
            "/v3/droplets",
            "list the apps' droplets",
            app_guids=",".join(apps),
            space_guids=self.target.space,
            order_by="-created_at",
        )

    def copy_droplet(self, droplet: str, app: str) -> Json:
        body = {"relationships": {"app": _to(app)}}
        return self._session.create("/v3/droplets", "copy the droplet", body, source_guid=droplet)

    # --- tasks ---

    def tasks(self, app: str, selector: str) -> list[Json]:
        return self._newest("/v3/tasks", "list the app's tasks", app, label_selector=selector)

    def create_task(
        self, app: str, name: str, command: str, droplet: str, memory_mb: int | None, labels: Json
    ) -> Json:
        body = {"name": name, "command": command, "droplet_guid": droplet, "metadata": {"labels": labels}}
        sizes = {"memory_in_mb": memory_mb} if memory_mb is not None else {}
        return self._session.create(f"/v3/apps/{app}/tasks", f"run the {name} task", body | sizes)

    def cancel_task(self, task: str) -> None:
        self._session.act(f"/v3/tasks/{task}/actions/cancel", "cancel the task")

    # --- rolling deployments ---

    def deployments(self, app: str) -> list[Json]:
        return self._newest("/v3/deployments", "list the app's deployments", app)

    def create_deployment(self, app: str, droplet: str, labels: Json) -> Json:
        body = {
            "relationships": {"app": _to(app)},
            "droplet": {"guid": droplet},
            "strategy": "rolling",
            "metadata": {"labels": labels},
        }
        return self._session.create("/v3/deployments", "roll to the droplet", body)

    def cancel_deployment(self, deployment: str) -> None:
        self._session.act(f"/v3/deployments/{deployment}/actions/cancel", "cancel the deployment")

    # --- what the platform is working on ---

    def under_way(self, path: str, selector: str, only: dict[str, str]) -> list[Json]:
        return self._session.read_all(path, "list what is under way", label_selector=selector, **only)

    # --- jobs and logs ---

    def job(self, url: str) -> Json:
        return self._session.read(url, "tell how the job goes")

    def log_envelopes(self, app: str, limit: int, since: int = 0) -> Json:
        url = f"{self._log_cache}/api/v1/read/{app}"
        query: dict[str, Any] = {"envelope_types": "LOG", "descending": "true", "start_time": since}
        return self._session.read_anew(url, "show the app's log", limit=limit, **query)

    @cached_property
    def _log_cache(self) -> str:
        return str(self._session.links["log_cache"]["href"])

    def _newest(self, path: str, to: str, app: str, **query: str) -> list[Json]:
        return self._session.read_newest(path, to, NEWEST, app_guids=app, **query)

    def _write(self, method: str, path: str, to: str, **body: Any) -> Json:
        return self._session.write(method, path, to, json=body or None)


def _to(guid: str) -> Json:
    return {"data": {"guid": guid}}
