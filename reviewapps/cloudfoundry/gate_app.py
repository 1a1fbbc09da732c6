"""The gate's own app: one pass that does what can be done now, found again from what stands.

Its labels say where it is: ``reviewapps-attempt`` the config that it was last started or rolled with, and
``reviewapps-config``, written last, the one that is known to run.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import BITS_ALREADY_UPLOADED, NoRoom, Rejected
from reviewapps.errors import NameTaken, OperatorMustAct
from reviewapps.gate import Gate, archive, source_digest
from reviewapps.model import Deployment, Package

Json = dict[str, Any]

MEMORY_MB: Final = 64
DISK_MB: Final = 256
PAUSE: Final = timedelta(minutes=2)
"""Before the same source is staged once more, where staging failed ``AT_ONCE`` times; and how long a new one may
take to come up."""

AT_ONCE: Final = 2
"""So often it is staged without a pause: a cell that went away in the middle of it is no reason to keep all
previews waiting."""

BUILDPACK: Final = "python_buildpack"
HEALTH: Final = {"type": "http", "data": {"endpoint": "/_gate/health"}}


def raised(api: Client, gate: Gate, names: tuple[str, ...], route: Json, ours: str, marks: Json) -> bool:
    """Whether the gate is up: with this code, told these things, and at its address. OperatorMustAct says why it
    cannot come up."""
    wanted = gate.config(api.target.domain)
    app = _app(api, names, ours, marks)
    guid = str(app["guid"])
    if guid not in parse.destinations(route):
        api.map_route(str(route["guid"]), guid)
    if parse.gate_config(app) == wanted:
        return True
    droplet = _droplet(api, guid, ours, marks)
    if droplet is None:
        return False
    running = parse.labels_of(app).get(labels.ATTEMPT)
    if parse.is_started(app) and running == wanted:
        return _is_well(api, guid, gate.name, wanted)
    _start(api, gate, app, droplet, marks, wanted)
    return False


def _app(api: Client, names: tuple[str, ...], ours: str, marks: Json) -> Json:
    for found in api.apps(ours):
        return found
    for name in names:
        try:
            return api.create_app(name, marks, {})
        except NameTaken:
            continue
    raise NameTaken(f"the app {names[0]!r} belongs to somebody else: name another gate")


# --- a droplet of this code ---


def _droplet(api: Client, app: str, ours: str, marks: Json) -> str | None:
    """The droplet of this very code; None while there is none yet."""
    source = source_digest()
    mine = f"{ours},{labels.BUILD}={source}"
    builds = api.builds(app, mine)[:AT_ONCE]
    for found in builds[:1]:
        build = parse.build(found)
        if build.state == "ready":
            return build.droplet
        if build.state == "waiting":
            return None
        if len(builds) == AT_ONCE and all(_has_just_failed(one) for one in builds):
            raise OperatorMustAct(f"the gate cannot be staged: {build.error}")
    _stage(api, app, mine, {**marks, labels.BUILD: source})
    return None


def _has_just_failed(build: Json) -> bool:
    return parse.build(build).state == "failed" and _is_new(build)


def _stage(api: Client, app: str, mine: str, marks: Json) -> None:
    packages = [parse.package(one) for one in api.packages(app, mine)]
    package = next((p for p in packages if p.state != "failed"), None)
    if package is None:
        package = parse.package(api.create_package(app, marks))
    if not package.uploaded:
        package = _uploaded(api, package.guid)
    if package.state == "ready":
        lifecycle = {"lifecycle": {"type": "buildpack", "data": {"buildpacks": [BUILDPACK]}}}
        api.create_build(package.guid, lifecycle, marks)


def _uploaded(api: Client, package: str) -> Package:
    try:
        with tempfile.TemporaryFile() as zipped:
            zipped.write(archive())
            zipped.seek(0)
            return parse.package(api.upload(package, zipped))
    except Rejected as refused:
        if BITS_ALREADY_UPLOADED not in refused.codes:
            raise
    return parse.package(api.package(package))


# --- from the droplet to a gate that stands ---


def _is_new(resource: Json) -> bool:
    return datetime.now(UTC) - parse.created_at(resource) < PAUSE


def _start(api: Client, gate: Gate, app: Json, droplet: str, marks: Json, wanted: str) -> None:
    """Start it for the first time, or let the new one take over from the old, without a pause where there is room
    for both."""
    guid = str(app["guid"])
    if any(d.active for d in map(parse.deployment, api.deployments(guid)[:1])):
        return
    api.set_environment(guid, dict(gate.variables(api.target.domain)))
    api.scale_web(guid, {"instances": 1, "memory_in_mb": MEMORY_MB, "disk_in_mb": DISK_MB})
    api.update_web(guid, None, HEALTH)
    if not parse.is_started(app) or not _rolls(api, guid, droplet, {**marks, labels.ATTEMPT: wanted}):
        if parse.is_started(app):
            api.stop(guid)
        api.assign_droplet(guid, droplet)
        api.start(guid)
    api.annotate(guid, {}, {labels.ATTEMPT: wanted})


def _rolls(api: Client, app: str, droplet: str, marks: Json) -> bool:
    try:
        api.create_deployment(app, droplet, marks)
    except NoRoom:
        return False
    return True


def _is_well(api: Client, app: str, name: str, wanted: str) -> bool:
    """Whether what was started runs, which then is written down. What does not come up is started again."""
    for found in api.deployments(app)[:1]:
        rolling = parse.deployment(found)
        if rolling.active and _is_new(found):
            return False
        if rolling.active or (rolling.attempt == wanted and not rolling.deployed):
            _give_up(api, app, rolling)
            raise OperatorMustAct(f"the gate {name} does not come up anew; the one of before serves on")
    instances = parse.instances(api.web_stats(app))
    if any(instance.state == "CRASHED" for instance in instances):
        raise OperatorMustAct(f"the gate {name} crashes: cf logs {name} --recent")
    if not instances or not all(instance.well for instance in instances):
        return False
    api.annotate(app, {}, {labels.CONFIG: wanted})
    return True


def _give_up(api: Client, app: str, rolling: Deployment) -> None:
    """Leave the old one serving; a later pass begins anew."""
    if rolling.active:
        api.cancel_deployment(rolling.guid)
    api.annotate(app, {}, {labels.ATTEMPT: None})
