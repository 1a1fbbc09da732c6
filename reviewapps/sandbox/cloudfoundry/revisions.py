"""Revisions: what an app ran, start by start, so that one can go back."""

from __future__ import annotations

from dataclasses import replace

from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.features import enabled
from reviewapps.sandbox.cloudfoundry.state import App, Droplet, Process, Revision, Sidecar, User
from reviewapps.sandbox.cloudfoundry.world import World


def revised(world: World, app: App, actor: User | None = None) -> Revision | None:
    """The revision of the app as it is now: the latest, or a new one where something differs.

    None where the app has revisions switched off, or no droplet.
    """
    if not enabled(app, "revisions") or app.droplet is None:
        return None
    now = _as_it_is(world, app, app.droplet)
    latest = latest_revision(world, app)
    reasons = _reasons(latest, now) if latest else ["Initial revision."]
    return _added(world, now, reasons, actor) if reasons else latest


def rolled_back(world: World, app: App, target: Revision, actor: User | None = None) -> Revision:
    """A new revision with all that ``target`` has; 422 where that runs already."""
    again = Revision(
        app=app,
        version=0,
        droplet=target.droplet,
        environment=dict(target.environment),
        commands=dict(target.commands),
        description="",
        sidecars=target.sidecars,
    )
    latest = latest_revision(world, app)
    reasons = _reasons(latest, again) if latest else []
    if not reasons:
        text = "Unable to rollback. The code and configuration you are rolling back to is the same as"
        raise unprocessable(f"{text} the deployed revision.")
    return _added(world, again, [*reasons, f"Rolled back to revision {target.version}."], actor)


def latest_revision(world: World, app: App) -> Revision | None:
    found = world.of_app(Revision, app)
    return found[-1] if found else None


def deployed_revisions(world: World, app: App) -> list[Revision]:
    """Those that a process of the app runs now."""
    running = {one.revision for one in world.of_app(Process, app) if one.launch and one.revision}
    return [one for one in world.of_app(Revision, app) if one in running]


def _as_it_is(world: World, app: App, droplet: Droplet) -> Revision:
    commands = {process.type: process.command for process in world.of_app(Process, app)}
    return Revision(
        app=app,
        version=0,
        droplet=droplet,
        environment=dict(app.environment),
        commands=commands,
        description="",
        sidecars=[replace(one) for one in world.of_app(Sidecar, app)],
    )


def _added(world: World, revision: Revision, reasons: list[str], actor: User | None) -> Revision:
    latest = latest_revision(world, revision.app)
    revision.version = latest.version + 1 if latest else 1
    revision.description = " ".join(reasons)
    told = {"revision_guid": revision.guid, "revision_version": revision.version}
    world.record("audit.app.revision.create", revision.app, revision.space, actor, told)
    return world.add(revision)


def _reasons(latest: Revision, now: Revision) -> list[str]:
    reasons = []
    if latest.droplet is not now.droplet:
        reasons.append("New droplet deployed.")
    if latest.environment != now.environment:
        reasons.append("New environment variables deployed.")
    for kind in latest.commands.keys() | now.commands.keys():
        if kind not in latest.commands:
            reasons.append(f"New process type '{kind}' added.")
        elif kind not in now.commands:
            reasons.append(f"Process type '{kind}' removed.")
        elif change := _command_change(latest.commands[kind], now.commands[kind]):
            reasons.append(f"Custom start command {change} for '{kind}' process.")
    return sorted(reasons)


def _command_change(old: str | None, new: str | None) -> str:
    if old == new:
        return ""
    if old is None:
        return "added"
    return "removed" if new is None else "updated"
