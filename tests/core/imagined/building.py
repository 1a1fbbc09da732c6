"""From source to droplet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from reviewapps import steps
from reviewapps.model import (
    Actual,
    App,
    Build,
    Droplet,
    Package,
)
from tests.core.imagined.state import BAD_BITS, FAULT, FAULTS, State, all_of, app_of, change


class Building(State):
    """Its steps."""

    def _upload(self, step: steps.Upload, app: App) -> None:
        mine = self.packages.setdefault(step.app, [])
        guid = step.package or self._guid("package")
        mine[:] = [p for p in mine if p.guid != guid]
        made_for = app.attempt.id if app.attempt is not None else None
        key = step.blueprint.build_key
        mine.insert(0, Package(guid, "waiting", key, uploaded=True, attempt=made_for, app=step.app))
        self._in_time(self._end_upload, step.app, guid)

    def _end_upload(self, app: str, guid: str) -> None:
        state, error = ("failed", BAD_BITS) if self.fails_uploads else ("ready", "")
        change(self.packages.get(app, []), guid, state=state, error=error)

    def _build(self, step: steps.CreateBuild, actual: Actual) -> None:
        app, attempt = self.apps[step.app], app_of(actual).attempt
        if attempt is None or not attempt.born or attempt.id != step.attempt or self.builds.get(app.guid):
            self.configured.pop(app.guid, None)
        assert app.guid not in self.configured and not app.service_names, (
            "a build sees nothing but what it may"
        )
        mine = self.builds.setdefault(app.guid, [])
        assert all(b.state != "waiting" for b in mine), "one build per app at a time"
        guid, key = self._guid("build"), step.blueprint.build_key
        self.builds_made[key] += 1
        whose = actual.environment
        build = Build(guid, "waiting", step.package, key, step.attempt, environment=whose, app=app.guid)
        mine.insert(0, build)
        self._in_time(self._end_build, app.guid, guid, key)

    def _is_ready(self, step: steps.CreateBuild) -> bool:
        mine = self.packages.get(step.app, [])
        return any(p.guid == step.package and p.state == "ready" for p in mine)

    def _end_build(self, app: str, guid: str, key: str) -> None:
        if app not in self.apps:
            return
        fate = self.fates.get(key, "well")
        if fate == "unbuildable":
            change(self.builds[app], guid, state="failed", error="BuildpackCompileFailed - it does not build")
        elif self.builds_made[key] <= FAULTS.get(fate, 0):
            change(self.builds[app], guid, state="failed", error=FAULT)
        else:
            droplet = self.add_droplet(app, key)
            change(self.builds[app], guid, state="ready", droplet=droplet)

    def add_droplet(self, app: str, key: str, state: Literal["ready", "waiting"] = "ready") -> str:
        guid = self._guid("droplet")
        self.made_of[guid] = key
        checksum = f"sum-of-{key}" if state == "ready" else None
        droplet = Droplet(guid, state, checksum, app=app, created_at=self.now)
        self.droplets.setdefault(app, []).insert(0, droplet)
        return guid

    def _copy(self, step: steps.CopyDroplet, app: App, *, half: bool = False) -> None:
        key = self.made_of[step.droplet]
        guid = self.add_droplet(app.guid, key, "waiting")
        if not half and any(one.guid == step.droplet for one in self.abroad):
            change(self.droplets[app.guid], guid, copy_of=step.droplet)
        if step.droplet in self.evil:
            self.evil.add(guid)
        self._in_time(self._end_copy, app.guid, guid)

    def _end_copy(self, app: str, guid: str) -> None:
        if self.fails_copies:
            change(self.droplets.get(app, []), guid, state="failed", error="failed to copy - no bits")
            return
        change(self.droplets.get(app, []), guid, state="ready", checksum=f"sum-of-{self.made_of[guid]}")

    def _sign(self, step: steps.Sign | steps.CarrySignature, actual: Actual) -> Actual:
        mine = next(d for some in self.droplets.values() for d in some if d.guid == step.droplet)
        if isinstance(step, steps.Sign):
            if self.meddled:
                return replace(actual, unsignable=actual.unsignable | {step.droplet})
            assert self.made_of[step.droplet] == step.build_key, "what is signed is not what was built"
            told: dict[str, Any] = {"signed_for": step.build_key, "built_by": actual.environment.name}
        else:
            ours = (d for some in self.droplets.values() for d in some)
            source = next(d for d in (*self.abroad, *ours) if d.guid == step.source)
            assert source.checksum == mine.checksum
            if source.signed_for is None and step.droplet not in self.evil:
                return replace(actual, alike=actual.alike | {step.droplet})
            signed = {"signed_for": source.signed_for, "built_by": source.built_by or ""}
            told = {"refused": True} if step.droplet in self.evil else signed
        for some in self.droplets.values():
            change(some, step.droplet, **told)
        return replace(actual, droplets=tuple(all_of(actual, self.droplets)))

    def add_abroad(self, key: str, *, signed: bool = True, evil: bool = False) -> None:
        """A droplet in another space, built by a preview; an ``evil`` one was uploaded with its own commands."""
        guid = self._guid("droplet")
        self.made_of[guid] = key
        if evil:
            self.evil.add(guid)
        if signed:
            self.abroad.insert(0, Droplet(guid, "ready", f"sum-of-{key}", signed_for=key, built_by="pr-1"))
        else:
            self.unsigned = ("pr-1",)
