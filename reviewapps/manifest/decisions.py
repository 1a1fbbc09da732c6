"""What only a repository's rules may decide about a manifest, and the lines that would decide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from reviewapps.errors import BadManifest
from reviewapps.manifest.app import AppManifest
from reviewapps.manifest.variables import names_in
from reviewapps.model import Environment, Service
from reviewapps.rules.document import Value
from reviewapps.rules.fill import placeholders
from reviewapps.rules.rules import FILE, EnvironmentRules


@dataclass(frozen=True)
class Allowance:
    """What the operator allows: MB of memory and of disk for one instance (``disk_mb`` None: what the platform
    does); the services in the space that may be shared; the plans of which an environment may have an instance of
    its own; whether it may have a database of its own."""

    memory_mb: int
    services: frozenset[str] = frozenset()
    plans: frozenset[str] = frozenset()
    databases: bool = False
    disk_mb: int | None = None


@dataclass(frozen=True)
class Decisions:
    """The rules of one environment, held against a manifest and against what the operator allows. BadManifest
    where they leave it open, or ask for more."""

    manifest: str
    environment: Environment
    own: EnvironmentRules
    allowed: Allowance

    def about_commands(self, entry: Mapping[str, Value]) -> None:
        """A placeholder may hold a branch name, a stranger's text: it must not reach a shell."""
        processes = entry.get("processes")
        everywhere = [entry, *(processes if isinstance(processes, list) else [])]
        commands: list[Value] = [each.get("command") for each in everywhere if isinstance(each, dict)]
        for name in sorted(names_in(commands) & self.own.vars.keys()):
            if placeholders(self.own.vars[name]):
                raise BadManifest(
                    f"`command` uses `(({name}))`, whose value in `{FILE}` holds a placeholder; "
                    "a command takes none"
                )

    def about_vars(self, missing: Iterable[str]) -> None:
        names = sorted(missing)
        if names:
            asked = ", ".join(f"`(({name}))`" for name in names)
            raise BadManifest(
                f"`{self.manifest}` uses {asked}, which nothing gives a value.",
                decision=self._lines({"vars": dict.fromkeys(names, "…")}),
            )

    def about_services(self, app: AppManifest) -> tuple[Service, ...]:
        """The services that the app gets: those that its manifest binds, and those that the rules add."""
        unnamed = [name for name in app.services if name not in self.own.services]
        if unnamed:
            services = "service" if len(unnamed) == 1 else "services"
            which = ", ".join(f"`{name}`" for name in unnamed)
            raise BadManifest(
                f"`{self.manifest}` binds the {services} {which}. Previews share nothing unless told to.",
                decision=self._choices(app.services),
            )
        named = [service for service in self.own.services.values() if service is not None]
        for service in named:
            self._check_allowed(service)
        return tuple(sorted(named, key=lambda service: service.name))

    def about_build_env(self, env: Mapping[str, str]) -> dict[str, str]:
        """The variables that a build sees, with their values."""
        for name in self.own.build_env:
            if name not in env:
                raise BadManifest(
                    f"`build_env` in `{FILE}` names `{name}`, a variable that nothing gives a value"
                )
        return {name: env[name] for name in self.own.build_env}

    def about_memory(self, app: AppManifest) -> int | None:
        """What web may have; None leaves it to the platform. No other process that runs may have more either."""
        limit_mb = self.allowed.memory_mb
        for type_, process in app.processes.items():
            if process.memory_mb is not None and process.memory_mb > limit_mb:
                raise BadManifest(
                    f"the process `{type_}` of `{app.name}` asks for {process.memory_mb:,} MB; "
                    f"at most {limit_mb:,} MB is allowed."
                )
        asked = self.own.memory_mb or app.memory_mb
        if asked is None or asked <= limit_mb:
            return asked
        who = FILE if self.own.memory_mb else app.name
        raise BadManifest(
            f"`{who}` asks for {asked:,} MB; at most {limit_mb:,} MB is allowed.",
            decision="" if self.own.memory_mb else self._lines({"memory": f"{limit_mb}M"}),
        )

    def about_disk(self, app: AppManifest) -> int | None:
        """The disk that it may have, MB; None leaves it to the platform."""
        limit_mb = self.allowed.disk_mb
        if app.disk_mb is not None and limit_mb is not None and app.disk_mb > limit_mb:
            raise BadManifest(
                f"`{app.name}` asks for {app.disk_mb:,} MB of disk; at most {limit_mb:,} MB is allowed."
            )
        return app.disk_mb

    def _check_allowed(self, service: Service) -> None:
        match service.kind:
            case "share" if service.name not in self.allowed.services:
                raise BadManifest(
                    f"`{FILE}` shares the service `{service.name}`, which the operator does not allow to "
                    f"{self._whom}"
                )
            case "database" if not self.allowed.databases:
                raise BadManifest(
                    f"`{FILE}` asks for a database of its own as `{service.name}`, and the operator has named no "
                    "PostgreSQL for them"
                )
            case "plan" if service.plan not in self.allowed.plans:
                raise BadManifest(
                    f"`{FILE}` asks for `{service.plan}` as `{service.name}`, which is not among the plans "
                    "that the operator allows"
                )

    def _choices(self, services: Iterable[str]) -> str:
        """The lines that would settle the services, with what else they may say."""
        own: object = {"database": "own"} if self.allowed.databases else "none"
        decided = {name: self._choice(name, own) for name in services}
        others = [word for word, can in (("share", self.allowed.services), ("none", own != "none")) if can]
        note = f"      # or: {', '.join(others)}\n" if others else ""
        return self._lines({"services": decided}) + note

    def _choice(self, name: str, own: object) -> object:
        """What stands there so far, or else what the operator has most likely foreseen."""
        if name in self.own.services:
            return _written(self.own.services[name])
        return "share" if name in self.allowed.services else own

    @property
    def _whom(self) -> str:
        return self.environment.name if self.environment.shared else "previews"

    def _lines(self, wish: Mapping[str, object]) -> str:
        return lines({"environments": {self.environment.kind: dict(wish)}})


def _written(service: Service | None) -> object:
    """As it stands in the rules."""
    if service is None:
        return "none"
    match service.kind:
        case "share":
            return "share"
        case "plan":
            return {"plan": service.plan}
        case "database":
            return {"database": "own"} | ({"fresh": "each-deploy"} if service.fresh else {})


def lines(value: object) -> str:
    """``value`` as lines for ``.reviewapps.yml``, quoted where a name needs it."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)
