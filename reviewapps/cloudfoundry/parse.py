"""Resources of the v3 API → our nouns. Beside ``place`` the only file that knows the names of
their fields.

What bears our labels is read or raises Unreadable; asking only for what bears them is the client's part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from reviewapps.cloudfoundry import bounds, labels
from reviewapps.cloudfoundry.bounds import Unreadable
from reviewapps.model import (
    EXPIRED,
    App,
    Binding,
    Build,
    Candidate,
    CandidateRoute,
    Crash,
    Deployment,
    Droplet,
    Environment,
    Instance,
    Package,
    Route,
    ServiceInstance,
    State,
    Task,
)
from reviewapps.signing import Ring, digest_of

Json = dict[str, Any]

_HIDDEN: Final = "redacted_message"

_PACKAGE_STATES: Final[dict[str, State]] = {
    "AWAITING_UPLOAD": "waiting",
    "PROCESSING_UPLOAD": "waiting",
    "COPYING": "waiting",
    "READY": "ready",
    "FAILED": "failed",
    "EXPIRED": "failed",
}
_BUILD_STATES: Final[dict[str, State]] = {"STAGING": "waiting", "STAGED": "ready", "FAILED": "failed"}
_DROPLET_STATES: Final[dict[str, State]] = {
    "AWAITING_UPLOAD": "waiting",
    "PROCESSING_UPLOAD": "waiting",
    "COPYING": "waiting",
    "STAGING": "waiting",
    "STAGED": "ready",
    "FAILED": "failed",
    "EXPIRED": "failed",
}


@bounds.reads
def app(resource: Json) -> App:
    marks, notes = labels_of(resource), annotations_of(resource)
    live_since = notes.get(labels.LIVE_SINCE)
    return App(
        guid=resource["guid"],
        name=resource["name"],
        environment=labels.environment_of(marks),
        app=marks.get(labels.APP, labels.DEFAULT_APP),
        started=resource["state"] == "STARTED",
        droplet=_related(resource, "current_droplet"),
        commit=bounds.word(marks.get(labels.COMMIT)),
        config=bounds.word(marks.get(labels.CONFIG)),
        created_at=bounds.moment(resource["created_at"]),
        attempt=labels.attempt_of(notes),
        source=notes.get(labels.SOURCE),
        wished=bounds.word(notes.get(labels.WISHED)),
        tags_seen=labels.names_of(notes, labels.TAGS_SEEN),
        env_names=labels.names_of(notes, labels.ENV_NAMES) or frozenset(),
        live_since=bounds.moment(live_since) if live_since else None,
        service_names=labels.names_of(notes, labels.SERVICE_NAMES) or frozenset(),
        processes=labels.names_of(notes, labels.PROCESSES) or frozenset(),
        set_up=notes.get(labels.SET_UP),
        live_droplet=notes.get(labels.LIVE_DROPLET),
        live_by=notes.get(labels.LIVE_BY),
        generated=labels.names_of(notes, labels.GENERATED),
        web=notes.get(labels.WEB),
        rules_at=bounds.word(notes.get(labels.RULES_AT)),
        built=labels.built_of(notes),
        takes_mb=labels.takes_of(notes),
        lock=labels.lock_of(notes),
        pin=labels.pin_of(notes),
        override=labels.override_of(notes),
        sign_offs=labels.sign_offs_of(notes),
        said=labels.said_of(notes),
        over=labels.over_of(notes),
        approved=labels.approved_of(notes),
    )


@bounds.reads
def size(process: Json) -> tuple[str, int]:
    """The app that a process belongs to, and the MB that its instances are sized for together."""
    return str(_related(process, "app")), int(process["instances"] * process["memory_in_mb"])


@bounds.reads
def route(resource: Json) -> Route:
    return Route(
        guid=resource["guid"],
        host=resource["host"],
        address=resource["url"],
        environment=labels.environment_of(labels_of(resource)),
        apps=destinations(resource),
        gated=labels.GATED in labels_of(resource),
    )


@bounds.reads
def gate_config(resource: Json) -> str | None:
    """The config with which an app of the gate's is known to run; None where it is not known to."""
    return labels_of(resource).get(labels.CONFIG) if is_started(resource) else None


@bounds.reads
def is_started(resource: Json) -> bool:
    return bool(resource["state"] == "STARTED")


@bounds.reads
def bound_route(binding: Json) -> str:
    """The guid of the route that is bound."""
    return str(_related(binding, "route"))


@bounds.reads
def created_at(resource: Json) -> datetime:
    return bounds.moment(resource["created_at"])


@bounds.reads
def destinations(resource: Json) -> frozenset[str]:
    """The guids of the apps that a route leads to."""
    return frozenset(d["app"]["guid"] for d in resource["destinations"] if d.get("app"))


@bounds.reads
def candidate(
    resource: Json, routes: Iterable[Json], processes: Iterable[Json], instance: str, environment: Environment
) -> Candidate:
    """An app that may be taken over for an environment of ours."""
    marks = labels_of(resource)
    web = next((one for one in processes if one.get("type") == "web"), {})
    return Candidate(
        guid=resource["guid"],
        name=resource["name"],
        started=resource["state"] == "STARTED",
        ours=labels.belongs(marks, instance, environment),
        whose=_whose(marks, instance, environment),
        routes=tuple(_candidate_route(one, instance, environment) for one in routes),
        instances=web.get("instances"),
        memory_mb=web.get("memory_in_mb"),
    )


def _candidate_route(resource: Json, instance: str, environment: Environment) -> CandidateRoute:
    plain = bool(resource.get("host")) and not resource.get("path") and not resource.get("port")
    whose = _whose(labels_of(resource), instance, environment)
    return CandidateRoute(resource["guid"], resource["url"], plain and resource["host"] != "*", whose)


def _whose(marks: dict[str, str], instance: str, environment: Environment) -> str | None:
    """Whose labels these are, if not this environment's own."""
    if labels.INSTANCE not in marks or labels.belongs(marks, instance, environment):
        return None
    of = f"{marks.get(labels.ENVIRONMENT)} of the repository {marks.get(labels.REPOSITORY)}"
    return f"{of}, kept by the installation {marks[labels.INSTANCE]}"


@bounds.reads
def package(resource: Json, ring: Ring | None = None) -> Package:
    """A package; with a ``ring`` only its seal says what it holds, since anybody may label it."""
    found = _package(resource)
    if ring is None or labels.is_sealed(labels_of(resource), annotations_of(resource), found.guid, ring):
        return found
    return replace(found, build_key=None)


@bounds.reads
def _package(resource: Json) -> Package:
    state, marks = resource["state"], labels_of(resource)
    return Package(
        guid=resource["guid"],
        state=_state(_PACKAGE_STATES, resource),
        build_key=marks.get(labels.BUILD),
        uploaded=state != "AWAITING_UPLOAD",
        error=(resource.get("data") or {}).get("error") or (EXPIRED if state == "EXPIRED" else ""),
        attempt=marks.get(labels.ATTEMPT),
        app=_related(resource, "app"),
    )


@bounds.reads
def build(resource: Json) -> Build:
    marks = labels_of(resource)
    return Build(
        guid=resource["guid"],
        state=_state(_BUILD_STATES, resource),
        package=_guid(resource.get("package")) or "",
        build_key=marks.get(labels.BUILD),
        attempt=marks.get(labels.ATTEMPT),
        droplet=_guid(resource.get("droplet")),
        error=resource.get("error") or "",
        environment=labels.environment_of(marks) if labels.INSTANCE in marks else None,
        app=_related(resource, "app"),
    )


@bounds.reads
def droplet(resource: Json, ring: Ring | None = None, repository: int = 0) -> Droplet:
    """A droplet; with a ``ring`` also what is signed of it, if that is of this repository."""
    found, signed = _droplet(resource), None
    if ring is not None and found.checksum is not None and resource["checksum"].get("type") == "sha256":
        marks, notes = labels_of(resource), annotations_of(resource)
        signed = labels.vouched(marks, notes, repository, found.checksum, ring)
    if signed is None:
        return found
    return replace(found, signed_for=signed.build_key, built_by=signed.built_by, commands=signed.commands)


@bounds.reads
def commands(resource: Json) -> str | None:
    """A digest of a droplet's start commands; None where they are not shown, as in listings, or to auditors."""
    told = resource["process_types"]
    return None if told is None or _HIDDEN in told else digest_of(told)


@bounds.reads
def _droplet(resource: Json) -> Droplet:
    return Droplet(
        guid=resource["guid"],
        state=_state(_DROPLET_STATES, resource),
        checksum=(resource.get("checksum") or {}).get("value"),
        error=resource.get("error") or (EXPIRED if resource["state"] == "EXPIRED" else ""),
        app=_related(resource, "app"),
        created_at=bounds.moment(resource["created_at"]),
        copy_of=annotations_of(resource).get(labels.COPY_OF),
        refused=labels.REFUSED in annotations_of(resource),
    )


@dataclass(frozen=True)
class Deed:
    """That somebody did something, as the platform wrote it down. ``by`` is the guid of a user, None where nobody
    did it; ``about`` is the app of a binding, where that is told."""

    type: str
    by: str | None
    at: datetime
    about: str | None = None


@bounds.reads
def deed(event: Json) -> Deed:
    actor, asked = event["actor"], (event.get("data") or {}).get("request") or {}
    bound = ((asked.get("relationships") or {}).get("app") or {}).get("data") or {}
    return Deed(
        type=event["type"],
        by=actor["guid"] if actor["type"] == "user" else None,
        at=bounds.moment(event["created_at"]),
        about=bound.get("guid") or asked.get("app_guid"),
    )


_TASK_STATES: Final[dict[str, State]] = {
    "PENDING": "waiting",
    "RUNNING": "waiting",
    "CANCELING": "waiting",
    "SUCCEEDED": "ready",
    "FAILED": "failed",
}


@bounds.reads
def task(resource: Json) -> Task:
    marks, why = labels_of(resource), (resource.get("result") or {}).get("failure_reason") or ""
    return Task(
        guid=resource["guid"],
        kind=marks.get(labels.TASK, ""),
        key=marks.get(labels.KEY, ""),
        state=_state(_TASK_STATES, resource),
        created_at=bounds.moment(resource["created_at"]),
        attempt=marks.get(labels.ATTEMPT),
        error=why,
        cancelled=resource["state"] == "CANCELING" or "cancel" in why.lower(),
    )


_OPERATIONS: Final[dict[str, State]] = {
    "initial": "waiting",
    "in progress": "waiting",
    "succeeded": "ready",
    "failed": "failed",
}


@bounds.reads
def service_instance(resource: Json, *, ours: bool) -> ServiceInstance:
    """A service instance; ``ours``: it bears our labels for the environment that is looked at."""
    marks, notes = labels_of(resource), annotations_of(resource)
    state, error = _operation(resource)
    return ServiceInstance(
        guid=resource["guid"],
        name=resource["name"],
        service=notes.get(labels.SERVICE, "") if ours else resource["name"],
        state=state,
        ours=ours,
        database=notes.get(labels.DATABASE) if ours else None,
        data=notes.get(labels.DATA) if ours else None,
        plan=notes.get(labels.PLAN) if ours else None,
        attempt=marks.get(labels.ATTEMPT) if ours else None,
        error=error,
        set_up=notes.get(labels.SET_UP) if ours else None,
        undeleted=state == "failed" and resource["last_operation"].get("type") == "delete",
    )


@bounds.reads
def binding(resource: Json, instance: str) -> Binding:
    """A binding of an app; ``instance`` is ours."""
    marks = labels_of(resource)
    state, error = _operation(resource)
    return Binding(
        guid=resource["guid"],
        instance=str(_related(resource, "service_instance")),
        state=state,
        ours=marks.get(labels.INSTANCE) == instance,
        name=resource.get("name"),
        attempt=marks.get(labels.ATTEMPT),
        error=error,
        going=state == "waiting" and resource["last_operation"].get("type") == "delete",
    )


def _operation(resource: Json) -> tuple[State, str]:
    """How the last operation on a service went; one that is being deleted is on its way, too."""
    last = resource.get("last_operation") or {}
    if last.get("type") == "delete" and last.get("state") != "failed":
        return "waiting", ""
    if last.get("type") == "update":
        return "ready", ""
    return _OPERATIONS[last.get("state", "succeeded")], str(last.get("description") or "")


@bounds.reads
def deployment(resource: Json) -> Deployment:
    value, reason = resource["status"]["value"], resource["status"]["reason"]
    return Deployment(
        guid=resource["guid"],
        active=value == "ACTIVE",
        cancelling=reason == "CANCELING",
        deployed=reason == "DEPLOYED",
        droplet=_guid(resource.get("droplet")),
        attempt=labels_of(resource).get(labels.ATTEMPT),
        processes=tuple(
            process["guid"] for process in resource.get("new_processes") or () if process["type"] == "web"
        ),
        created_at=bounds.moment(resource["created_at"]),
    )


@bounds.reads
def instances(stats: Json) -> tuple[Instance, ...]:
    """The instances of ``web`` among the stats of a process."""
    return tuple(
        Instance(one["state"], one.get("routable")) for one in stats["resources"] if one["type"] == "web"
    )


@bounds.reads
def crash(event: Json) -> Crash:
    said = event.get("data") or {}
    what = said.get("exit_description") or said.get("reason") or "CRASHED"
    return Crash(bounds.moment(event["created_at"]), what)


@bounds.reads
def named(resource: Json) -> tuple[str, datetime]:
    """What an app or a route is called, and when it was made."""
    return resource.get("name") or resource["url"], bounds.moment(resource["created_at"])


def labels_of(resource: Json) -> dict[str, str]:
    return (resource.get("metadata") or {}).get("labels") or {}


def annotations_of(resource: Json) -> dict[str, str]:
    return (resource.get("metadata") or {}).get("annotations") or {}


def _state(known: dict[str, State], resource: Json) -> State:
    try:
        return known[resource["state"]]
    except KeyError:
        raise Unreadable(f"{resource['guid']} is in the state {resource['state']!r}") from None


def _related(resource: Json, name: str) -> str | None:
    return _guid((resource["relationships"].get(name) or {}).get("data"))


def _guid(reference: Json | None) -> str | None:
    return reference.get("guid") if reference else None
