"""One app of a manifest: what we take of it, and what we do not."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reviewapps.errors import BadManifest
from reviewapps.manifest.variables import Variables
from reviewapps.model import Health, Process
from reviewapps.rules.document import Scalar, Value, kind, text_of
from reviewapps.rules.file import is_name, reserved_by
from reviewapps.rules.units import megabytes

OF_APP = ("name", "path", "buildpack", "buildpacks", "stack", "env", "services")
OF_WEB = ("command", "memory", "disk-quota", "health-check-type", "health-check-http-endpoint", "timeout")
LOOKED_AT = ("instances", "processes", "type", "lifecycle")
"""Keys that are neither taken as they are nor unknown."""

OF_OTHERS = ("type", "command", "memory", "instances")
"""Keys of a process beside web; how many instances it has is said by the rules."""

WORDS = {
    "default-route": "routes",
    "domain": "routes",
    "domains": "routes",
    "features": "app features",
    "health-check-invocation-timeout": "health check invocation timeout",
    "host": "routes",
    "hosts": "routes",
    "log-rate-limit-per-second": "log rate limit",
    "metadata": "labels and annotations",
    "no-hostname": "routes",
    "no-route": "routes",
    "random-route": "routes",
    "readiness-health-check-http-endpoint": "readiness checks",
    "readiness-health-check-interval": "readiness checks",
    "readiness-health-check-invocation-timeout": "readiness checks",
    "readiness-health-check-type": "readiness checks",
}
"""Keys that are not taken, in plain words; another key speaks for itself."""

HealthType = Literal["port", "http", "process"]
HEALTH_TYPES: Mapping[str, HealthType] = {
    "port": "port",
    "http": "http",
    "process": "process",
    "none": "process",
}


@dataclass(frozen=True)
class AppManifest:
    """An app as its manifest wishes it, vars filled in; ``services`` are their names, ``processes`` those beside
    web, which run only where the rules say so."""

    name: str
    path: str
    memory_mb: int | None
    disk_mb: int | None
    command: str | None
    health: Health
    buildpacks: tuple[str, ...]
    stack: str | None
    env: dict[str, str]
    services: tuple[str, ...]
    not_taken: tuple[str, ...]
    processes: Mapping[str, Process] = field(default_factory=dict)


def filled_in(entry: Mapping[str, Value], variables: Variables, types: Container[str]) -> dict[str, Value]:
    """``entry`` with its vars filled in where we take something; what is not taken needs none. ``types`` are the
    processes that are taken."""
    top = _filled(entry, (*OF_APP, *OF_WEB), variables)
    listed = top.get("processes")
    if isinstance(listed, list):
        top["processes"] = [_filled_process(each, variables, types) for each in listed]
    return top


def _filled_process(process: Value, variables: Variables, types: Container[str]) -> Value:
    if not isinstance(process, dict):
        return process
    named = _filled(process, ("type",), variables)
    type_ = named.get("type")
    return _filled(named, OF_WEB, variables) if isinstance(type_, str) and type_ in types else named


def _filled(entry: Mapping[str, Value], keys: Container[str], variables: Variables) -> dict[str, Value]:
    """With ``disk_quota`` as ``disk-quota``: the Cloud Controller makes no difference either."""
    dashed = {key.replace("_", "-"): value for key, value in entry.items()}
    return {key: variables.filled(value) if key in keys else value for key, value in dashed.items()}


def app_manifest(top: Mapping[str, Value], types: Container[str] = ("web",)) -> AppManifest:
    """What we take of a filled entry, and the names of what we do not. ``types`` are the processes that are
    taken."""
    name = Fields("an app", top).text("name") or ""
    if "docker" in top or top.get("lifecycle") == "docker":
        raise BadManifest(f"`{name}` is a Docker image; only source is deployed")
    web, others = _processes(name, top)
    app, own = Fields(name, top), Fields(name, web)
    env, buildpacks, services = app.env(), app.buildpacks(), app.services()
    not_taken = (
        *_keys_not_taken([top, web]),
        *(f"variable {variable}" for variable in env if reserved_by(variable)),
        *(f"process {other}" for other in others if other not in types),
        *("buildpacks by address" for pack in buildpacks if _is_address(pack)),
        *_of_services_not_taken(top),
        *_of_others_not_taken({other: own for other, own in others.items() if other in types}),
    )
    return AppManifest(
        name=name,
        path=app.text("path") or ".",
        memory_mb=own.size("memory"),
        disk_mb=own.size("disk-quota"),
        command=own.text("command"),
        health=own.health(),
        buildpacks=tuple(pack for pack in buildpacks if not _is_address(pack)),
        stack=app.text("stack"),
        env={variable: value for variable, value in env.items() if not reserved_by(variable)},
        services=services,
        not_taken=tuple(dict.fromkeys(not_taken)),
        processes={type_: _process(name, one) for type_, one in others.items() if type_ in types},
    )


def _process(app: str, settings: Mapping[str, Value]) -> Process:
    """A process beside web, none of it running yet."""
    own = Fields(app, settings)
    return Process(0, own.text("command"), own.size("memory"))


def _processes(
    name: str, top: Mapping[str, Value]
) -> tuple[Mapping[str, Value], Mapping[str, Mapping[str, Value]]]:
    """The settings of ``web``, and those of the other processes by type.

    As the Cloud Controller reads it, a ``web`` among the processes replaces the settings beside them.
    """
    listed = top.get("processes") or []
    if not isinstance(listed, list):
        raise BadManifest(f"`{name}`: `processes` takes a list")
    by_type = {str(each.get("type", "")): each for each in listed if isinstance(each, dict)}
    if "" in by_type or len(by_type) != len(listed):
        raise BadManifest(f"`{name}`: each of `processes` takes a `type` of its own")
    web = by_type.pop("web", top)
    return web, by_type


def _keys_not_taken(settings: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    for each in settings:
        for key, value in each.items():
            if key not in (*OF_APP, *OF_WEB, *LOOKED_AT):
                yield WORDS.get(key, key)
            elif key == "lifecycle" and value != "buildpack":
                yield key
            elif key == "instances" and isinstance(value, int) and value > 1:
                yield "more than one instance"


def _of_services_not_taken(top: Mapping[str, Value]) -> Iterator[str]:
    """What a service is to be bound with; of a service only its name is taken."""
    listed = top.get("services")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield from (f"{key} of service {each['name']}" for key in each if key != "name")


def _of_others_not_taken(others: Mapping[str, Mapping[str, Value]]) -> Iterator[str]:
    """What those processes beside web that run are to have; their health is looked at as the platform does by
    itself."""
    for type_, settings in others.items():
        for key, value in settings.items():
            by_itself = key == "health-check-type" and HEALTH_TYPES.get(str(value)) == "process"
            if key not in OF_OTHERS and not by_itself:
                yield f"{WORDS.get(key, key)} of process {type_}"


def _is_address(buildpack: str) -> bool:
    """Whether the Cloud Controller could take it for an address: ``https:/x`` and ``git@x:y.git`` are some too."""
    return ":" in buildpack


@dataclass(frozen=True)
class Fields:
    """Keys of one app with their values, read as what they have to be; else BadManifest."""

    app: str
    values: Mapping[str, Value]

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if not isinstance(value, str | None):
            raise self._wrong(key, "text", value)
        return value or None

    def size(self, key: str) -> int | None:
        value = self.values.get(key)
        try:
            return None if value is None else megabytes(value if isinstance(value, str) else "")
        except ValueError as error:
            raise self._wrong(key, str(error), value) from None

    def seconds(self, key: str) -> int | None:
        """A whole number; as text too, since that is what a var of the rules is."""
        match self.values.get(key):
            case None:
                return None
            case (int() | str()) as value if re.fullmatch(r"[1-9][0-9]{0,8}", str(value)):
                return int(value)
            case value:
                raise self._wrong(key, "a number of seconds", value)

    def health(self) -> Health:
        asked = self.text("health-check-type") or "port"
        if asked not in HEALTH_TYPES:
            raise self._wrong("health-check-type", "port, http or process", asked)
        type_ = HEALTH_TYPES[asked]
        endpoint = self.text("health-check-http-endpoint") if type_ == "http" else None
        return Health(type_, endpoint, self.seconds("timeout"))

    def buildpacks(self) -> tuple[str, ...]:
        listed = self.values.get("buildpacks")
        if listed is None:
            one = self.text("buildpack")
            return () if one in (None, "default", "null") else (str(one),)
        if not isinstance(listed, list):
            raise self._wrong("buildpacks", "a list of names", listed)
        return tuple(self._word("buildpacks", pack) for pack in listed)

    def services(self) -> tuple[str, ...]:
        listed = self.values.get("services") or []
        if not isinstance(listed, list):
            raise self._wrong("services", "a list of names", listed)
        named = (each.get("name") if isinstance(each, dict) else each for each in listed)
        return tuple(dict.fromkeys(self._word("services", name) for name in named))

    def env(self) -> dict[str, str]:
        env = self.values.get("env") or {}
        if not isinstance(env, dict) or "" in env:
            raise self._wrong("env", "a mapping of names to values", env)
        for variable in env:
            if not is_name(variable):
                raise BadManifest(f"`{self.app}`: no process can have the variable `{variable}`")
        return {variable: self._plain(variable, value) for variable, value in env.items()}

    def _plain(self, variable: str, value: Value) -> str:
        if not isinstance(value, Scalar):
            raise self._wrong(f"env.{variable}", "text, a number, or true or false", value)
        return text_of(value)

    def _word(self, key: str, value: Value) -> str:
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a list of names", value)
        return value

    def _wrong(self, key: str, expected: str, value: Value) -> BadManifest:
        found = kind(value) if value is None or not isinstance(value, Scalar) else f"`{text_of(value)[:40]}`"
        return BadManifest(f"`{self.app}`: `{key}` takes {expected}, not {found}")
