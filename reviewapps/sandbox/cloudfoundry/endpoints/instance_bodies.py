"""What may be said of service instances, and names that are taken."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from reviewapps.sandbox.cloudfoundry.bodies import Body, Labelled, SpaceRelationship, ToOne
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.state import ServiceInstance, Space
from reviewapps.sandbox.cloudfoundry.world import World


class Kind(BaseModel):
    """The part of a new instance that says what else there may be."""

    model_config = ConfigDict(extra="ignore")
    type: object = None


class PlanRelationship(Body):
    service_plan: ToOne | None = None


class ManagedRelationships(SpaceRelationship):
    service_plan: ToOne


class Common(Labelled):
    tags: list[str] = Field(default_factory=list)


class ManagedCreate(Common):
    type: Literal["managed"]
    name: str
    relationships: ManagedRelationships
    parameters: dict[str, Any] = Field(default_factory=dict)


class ManagedUpdate(Common):
    name: str = ""
    relationships: PlanRelationship = PlanRelationship()
    parameters: dict[str, Any] = Field(default_factory=dict)
    maintenance_info: dict[str, str] | None = None


class UserProvided(Common):
    """``syslog_drain_url`` is kept and shown, and nothing is sent there."""

    credentials: dict[str, Any] | None = None
    syslog_drain_url: str | None = None
    route_service_url: str | None = None

    @field_validator("route_service_url")
    @classmethod
    def _is_https(cls, said: str | None) -> str | None:
        """As on the platform, also for a route of this machine: the router answers such a route itself, so
        no certificate is needed for it."""
        if said:
            _check_url(said)
        return said


class UserProvidedCreate(UserProvided):
    type: Literal["user-provided"]
    name: str
    relationships: SpaceRelationship


class UserProvidedUpdate(UserProvided):
    name: str = ""


def check_free_name(world: World, space: Space, name: str, stop: str = ".") -> None:
    """422 where another instance of the space has the name. (The text of an update ends without a stop.)"""
    if not name:
        raise unprocessable("Name can't be blank")
    if len(name) > 255:
        raise unprocessable("name max_length")
    if any(one.space is space and one.name == name for one in world.all(ServiceInstance)):
        raise unprocessable(f"The service instance name is taken: {name}{stop}")


def _check_url(said: str) -> None:
    url = urlsplit(said)
    if not url.scheme or not url.hostname:
        raise unprocessable("Route service url must be a valid URI")
    if url.scheme != "https":
        raise unprocessable("Route service url must be https")
