"""What a look at one environment shows."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import (
    Abroad,
    Actual,
    Build,
)
from tests.core.imagined.processes import Processes
from tests.core.imagined.state import all_of, app_of


class Looking(Processes):
    """Each kind of look."""

    def _looked(self, step: steps.Look, actual: Actual) -> Actual:
        app = app_of(actual).guid
        match step.kind:
            case "packages":
                return replace(actual, packages=tuple(all_of(actual, self.packages)))
            case "builds":
                return replace(actual, builds=tuple(all_of(actual, self.builds)))
            case "droplets":
                return replace(actual, droplets=tuple(all_of(actual, self.droplets)))
            case "tasks":
                return replace(actual, tasks=tuple(self.tasks.get(app, ())))
            case "deployments":
                return replace(actual, deployments=tuple(self.deployments.get(app, ())))
            case "instances":
                process = self.rolling.get(app) or self.running.get(app)
                seen = () if process is None else (self._instance(process),)
                return replace(actual, instances=seen)
            case "crashes":
                return replace(actual, crashes=tuple(self.crashes.get(app, ())))
            case "elsewhere":
                return self._beside(step, actual) or self._elsewhere(step.build_key or "", actual)
            case "abroad":
                signed = tuple(d for d in self.abroad if d.signed_for == step.build_key)
                found = Abroad(signed) if signed else Abroad((), self.unsigned)
                return replace(actual, abroad=found)
            case "builder":
                return replace(actual, builder_is_ours=not self.meddled)
            case "guard" | "services":
                raise AssertionError("seen to above")

    def _beside(self, step: steps.Look, actual: Actual) -> Actual | None:
        key, sources = step.build_key or "", {d.guid: d for some in self.droplets.values() for d in some}
        held = [(app, app.droplet_of(key)) for app in step.holders]
        found = tuple(
            Build("", "ready", "", key, None, droplet, environment=app.environment, app=app.guid)
            for app, droplet in held
            if droplet in sources and sources[droplet].state == "ready"
        )
        droplets = tuple(all_of(actual, self.droplets))
        return replace(actual, elsewhere=found, sources=sources, droplets=droplets) if found else None

    def _elsewhere(self, key: str, actual: Actual) -> Actual:
        builds = [
            b
            for guid, some in self.builds.items()
            if self.apps[guid].environment != actual.environment
            for b in some
            if b.state == "ready" and b.build_key == key
        ]
        sources = {d.guid: d for some in self.droplets.values() for d in some}
        droplets = tuple(all_of(actual, self.droplets)) if builds else actual.droplets
        if actual.builds is not None:
            mine = [b for b in all_of(actual, self.builds) if b.state == "ready" and b.build_key == key]
            more = (b for b in mine if b not in (actual.builds or ()))
            actual = replace(actual, builds=(*actual.builds, *more))
        return replace(actual, elsewhere=tuple(builds), sources=sources, droplets=droplets)
