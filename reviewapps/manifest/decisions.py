"""What only a repository's rules may decide about a manifest, and the lines that would decide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from reviewapps.errors import BadManifest
from reviewapps.manifest.app import AppManifest
from reviewapps.manifest.variables import names_in
from reviewapps.model import Environment
from reviewapps.rules.document import Value
from reviewapps.rules.fill import placeholders
from reviewapps.rules.rules import FILE, EnvironmentRules


@dataclass(frozen=True)
class Decisions:
    """The rules of one environment, held against a manifest. BadManifest where they leave it open."""

    manifest: str
    environment: Environment
    own: EnvironmentRules

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

    def about_services(self, app: AppManifest) -> None:
        unnamed = [name for name in app.services if name not in self.own.services]
        if unnamed:
            services = "service" if len(unnamed) == 1 else "services"
            which = ", ".join(f"`{name}`" for name in unnamed)
            raise BadManifest(
                f"`{self.manifest}` binds the {services} {which}. Previews share nothing unless told to.",
                decision=self._lines({"services": dict.fromkeys(app.services, "none")}),
            )

    def about_memory(self, app: AppManifest, limit_mb: int) -> int | None:
        """What it may have; None leaves it to the platform."""
        asked = self.own.memory_mb or app.memory_mb
        if asked is None or asked <= limit_mb:
            return asked
        who = FILE if self.own.memory_mb else app.name
        raise BadManifest(
            f"`{who}` asks for {asked:,} MB; at most {limit_mb:,} MB is allowed.",
            decision="" if self.own.memory_mb else self._lines({"memory": f"{limit_mb}M"}),
        )

    def _lines(self, wish: Mapping[str, object]) -> str:
        return lines({"environments": {"dev" if self.environment.shared else "review": dict(wish)}})


def lines(value: object) -> str:
    """``value`` as lines for ``.reviewapps.yml``, quoted where a name needs it."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)
