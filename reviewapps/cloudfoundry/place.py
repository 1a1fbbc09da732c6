"""A space and what is around it, as whoever set it up has to know it. Beside ``parse`` the only file that knows
the names of fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reviewapps.cloudfoundry import labels, parse

Json = dict[str, Any]


@dataclass(frozen=True)
class Holding:
    """A role in an org or a space; ``place`` is its name, ``guid`` its guid."""

    role: str
    place: str
    guid: str


@dataclass(frozen=True)
class Room:
    """What an org or a space may have, and has: memory in MB, and routes. None is no limit, or not known."""

    memory_limit: int | None = None
    memory_used: int | None = None
    routes_limit: int | None = None
    routes_used: int | None = None


@dataclass(frozen=True)
class Staging:
    """What a build of an app takes, MB, and whether it is ``under_way``."""

    app: str
    memory: int
    under_way: bool


@dataclass(frozen=True)
class Rule:
    """One rule of a security group, in the platform's own words."""

    protocol: str
    destination: str
    ports: str


@dataclass(frozen=True)
class Key:
    """A service key of a service account: ``username`` is the account that it made."""

    guid: str
    name: str
    instance: str
    instance_guid: str
    username: str
    password: str
    made_at: datetime
    annotations: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Key({self.name!r} of {self.instance!r})"


@dataclass(frozen=True)
class Place:
    """What our account sees of its space. None is what it could not see; ``unseen`` says why.
    ``unread`` are other spaces (org/space) whose droplets it should copy, and which it cannot read."""

    admin: bool
    space: str
    domain: str | None
    roles: tuple[Holding, ...] | None
    of_org: Room | None
    of_space: Room | None
    egress: tuple[Rule, ...] | None
    flags: Mapping[str, bool] | None
    rolling: bool | None
    log_cache: bool
    foreign_apps: tuple[str, ...] | None
    password_since: datetime | None
    unseen: tuple[str, ...] = ()
    unread: tuple[str, ...] | None = ()


def holding(resource: Json, names: Mapping[str, str]) -> Holding:
    """A role; ``names`` are those of orgs and spaces by guid."""
    related = resource["relationships"]
    where = (related["space"]["data"] or related["organization"]["data"])["guid"]
    return Holding(resource["type"], names.get(where, where), where)


def names_of_spaces(spaces: list[Json], orgs: list[Json]) -> dict[str, str]:
    """``org/space`` and ``org`` by guid."""
    of_orgs = {org["guid"]: org["name"] for org in orgs}

    def whole(space: Json) -> str:
        org = space["relationships"]["organization"]["data"]["guid"]
        return f"{of_orgs.get(org, org)}/{space['name']}"

    return of_orgs | {space["guid"]: whole(space) for space in spaces}


def quota_of(resource: Json) -> str | None:
    """The guid of the quota of an org or a space; None where it has none of its own."""
    return ((resource["relationships"].get("quota") or {}).get("data") or {}).get("guid")


def room(quota: Json | None, usage: Json | None) -> Room:
    apps, routes = (quota or {}).get("apps") or {}, (quota or {}).get("routes") or {}
    used = (usage or {}).get("usage_summary") or {}
    return Room(
        apps.get("total_memory_in_mb"),
        used.get("memory_in_mb"),
        routes.get("total_routes"),
        used.get("routes"),
    )


def staging(build: Json) -> Staging:
    app = build["relationships"]["app"]["data"]["guid"]
    return Staging(app, build.get("staging_memory_in_mb") or 0, build["state"] == "STAGING")


def rules_of(group: Json) -> tuple[Rule, ...]:
    """The rules of a security group."""
    return tuple(
        Rule(rule["protocol"], rule["destination"], rule.get("ports") or "") for rule in group["rules"]
    )


def flag(resource: Json) -> tuple[str, bool]:
    return resource["name"], bool(resource["enabled"])


def is_ours(app: Json) -> bool:
    """Whether some installation of reviewapps made this app: a preview, a gate, or what the doctor tried."""
    return not {labels.INSTANCE, labels.GATE, labels.TRIAL}.isdisjoint(parse.labels_of(app))


def key(resource: Json, instances: Mapping[str, str], details: Json) -> Key:
    """A service key; ``instances`` are the names of service instances by guid."""
    instance = resource["relationships"]["service_instance"]["data"]["guid"]
    credentials = details.get("credentials") or {}
    return Key(
        guid=resource["guid"],
        name=resource["name"] or "",
        instance=instances.get(instance, instance),
        instance_guid=instance,
        username=str(credentials.get("username", "")),
        password=str(credentials.get("password", "")),
        made_at=datetime.fromisoformat(resource["created_at"]).astimezone(UTC),
        annotations=parse.annotations_of(resource),
    )
