"""What a manifest may say of an application, checked as the bodies of the endpoints are.

Units, and numbers that are written as text, are a manifest's own; bounds are those of the API.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from reviewapps.sandbox.cloudfoundry.bodies import LARGEST, Body, Command, checked, demanded
from reviewapps.sandbox.cloudfoundry.errors import ApiError, unprocessable
from reviewapps.sandbox.cloudfoundry.health_checks import (
    CheckData,
    CheckType,
    HealthCheckUpdate,
    Seconds,
    UriPath,
)
from reviewapps.sandbox.cloudfoundry.processes import WEB
from reviewapps.sandbox.cloudfoundry.reasons import refused
from reviewapps.sandbox.cloudfoundry.state import Check

_SIZE = re.compile(r"(\d*\.?\d+)\s*(B|KB?|MB?|GB?|TB?)", re.IGNORECASE)
_FACTORS = {"B": 1 / 1024**2, "K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}
_UNITS = "must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB"
_WHOLE = re.compile(r"[+-]?\d{1,15}")
_MOST_INSTANCES = 2_000_000
_OF_A_CHECK = ("type", "http_endpoint", "invocation_timeout", "interval")


def megabytes(said: object) -> int:
    """``"256M"`` or ``"1GB"`` in megabytes; what is larger than any number of the API is one more than those."""
    found = _SIZE.fullmatch(str(said).strip())
    if not found:
        raise unprocessable(f"Memory {_UNITS}")
    return int(min(float(found[1]) * _FACTORS[found[2][0].upper()], LARGEST + 1))


def _size(said: object) -> object:
    try:
        size = None if said is None else megabytes(said)
    except ApiError:
        raise refused(_UNITS) from None
    if size == 0:
        raise refused("must be greater than 0MB")
    return size


def _number(said: object) -> object:
    return int(said) if isinstance(said, str) and _WHOLE.fullmatch(said) else said


def _process_type(said: object) -> object:
    return "process" if said == "none" else said


Size = Annotated[int | None, Field(le=LARGEST), BeforeValidator(_size)]
Patience = Annotated[Seconds | None, BeforeValidator(_number)]
CheckKind = Annotated[CheckType | None, BeforeValidator(_process_type)]


class ProcessMessage(Body, extra="ignore"):
    """The keys of one process, with ``_`` for ``-``."""

    instances: Annotated[int | None, Field(ge=0, le=_MOST_INSTANCES), BeforeValidator(_number)] = None
    memory: Size = None
    disk_quota: Size = None
    command: Command | None = None
    timeout: Patience = None
    health_check_type: CheckKind = None
    health_check_http_endpoint: UriPath | None = None
    health_check_invocation_timeout: Patience = None
    health_check_interval: Patience = None
    readiness_health_check_type: CheckKind = None
    readiness_health_check_http_endpoint: UriPath | None = None
    readiness_health_check_invocation_timeout: Patience = None
    readiness_health_check_interval: Patience = None

    def check(self, check: Check, name: str) -> Check:
        """``check`` with what is said of it; ``name`` begins the keys."""
        data = self.model_dump(include=self.model_fields_set & {f"{name}_{what}" for what in _OF_A_CHECK})
        said = {key.removeprefix(f"{name}_").removeprefix("http_"): value for key, value in data.items()}
        kind = said.pop("type", None)
        if name == "health_check" and "timeout" in self.model_fields_set:
            said["timeout"] = self.timeout
        return HealthCheckUpdate(type=kind, data=CheckData(**said)).merged(check)


class RouteMessage(Body, extra="ignore"):
    route: str
    protocol: Literal["http1", "http2", "tcp"] | None = None
    options: dict[str, Any] | None = None


class ServiceMessage(Body, extra="ignore"):
    name: str
    binding_name: str | None = None
    parameters: dict[str, Any] | None = None


class SidecarMessage(Body, extra="ignore"):
    name: str
    command: str | None = None
    process_types: list[str] | None = None
    memory: Size = None


def _by_name(said: object) -> object:
    return {"name": said} if isinstance(said, str) else said


Entries = list[dict[str, Any]]
Service = Annotated[ServiceMessage, BeforeValidator(_by_name)]
NONE: Any = Field(default_factory=list)
NO_ENTRIES: Any = Field(default_factory=dict)


def _array(entries: str) -> BeforeValidator:
    return demanded(list, f"must be an array of {entries}")


def _typed(said: Entries) -> Entries:
    kinds = [one.get("type") for one in said]
    if not all(isinstance(kind, str) and kind for kind in kinds):
        raise unprocessable("All Processes must specify a type")
    if twice := [kind for kind in kinds if kinds.count(kind) > 1]:
        raise unprocessable(f'Process "{twice[0]}" may only be present once')
    return said


class ApplicationMessage(Body, extra="ignore"):
    """What an application has beside its processes' own keys."""

    processes: Annotated[Entries, AfterValidator(_typed), _array("process configurations")] = NONE
    sidecars: Annotated[list[SidecarMessage], _array("sidecar configurations")] = NONE
    routes: Annotated[list[RouteMessage], demanded(list, "must be a list of route objects")] = NONE
    services: Annotated[list[Service], demanded(list, "must be a list of service instances")] = NONE
    env: Annotated[dict[Any, Any], demanded(dict, "must be an object of keys and values")] = NO_ENTRIES
    features: dict[str, bool] = NO_ENTRIES


def process_message(said: dict[str, Any]) -> ProcessMessage:
    """The process that is said, or 422 with every reason why not."""
    try:
        return checked({key.replace("-", "_"): value for key, value in said.items()}, ProcessMessage)
    except ApiError as wrong:
        raise unprocessable(f'Process "{said["type"]}": {wrong.detail}') from None


def check_application(said: dict[str, Any]) -> None:
    """422 for what no manifest may say of an application. Keys without a value say nothing."""
    try:
        checked({key: value for key, value in said.items() if value is not None}, ApplicationMessage)
        for process in processes_of(said):
            process_message(process)
    except ApiError as wrong:
        raise unprocessable(f"For application '{said['name']}': {wrong.detail}") from None


def processes_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The processes that an application names. Its own keys are those of web, unless web is named below."""
    named = said.get("processes") or []
    if any(one["type"] == WEB for one in named):
        return list(named)
    return [{**said, "type": WEB}, *named]
