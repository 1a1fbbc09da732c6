"""How the web process is sized and set, and what it is known to be sized and set for."""

from __future__ import annotations

from typing import Any, Final

from reviewapps.cloudfoundry.client import Client
from reviewapps.model import App, Blueprint, Health
from reviewapps.naming import digest

Json = dict[str, Any]

LENGTH: Final = 12


def mark(blueprint: Blueprint) -> str:
    """What tells two processes apart: digests of their sizes, and of command and health."""
    return _mark(_sizes(blueprint), blueprint.command, blueprint.health)


def born(blueprint: Blueprint | None = None) -> str:
    """The mark of the process that the platform makes together with an app; without what the blueprint is going to
    change of it, so that this is not known for anything."""
    born = _mark({"instances": 1}, None, Health())
    if blueprint is None:
        return born
    return ".".join(one if one == wanted else "" for one, wanted in _halves(born, mark(blueprint)))


def is_changed(known: str | None, blueprint: Blueprint) -> bool:
    """Whether the blueprint changes what the process is known for."""
    return any(one not in ("", wanted) for one, wanted in _halves(known, mark(blueprint)))


def set_up(api: Client, app: App, blueprint: Blueprint, known: str | None) -> None:
    """Let it be as the blueprint says, by as few requests as what is ``known`` of it leaves. Sizes come first,
    since they are refused most."""
    sizes, settings = _halves(known, mark(blueprint))
    if len({*sizes}) > 1:
        api.scale_web(app.guid, _sizes(blueprint))
    if len({*settings}) > 1:
        api.update_web(app.guid, blueprint.command, _health_check(blueprint.health))


def _halves(known: str | None, wanted: str) -> list[tuple[str, str]]:
    """Of sizes, and of command and health, what is known ("" where nothing is) beside what is wanted."""
    sizes, _, settings = (known or "").partition(".")
    return list(zip((sizes, settings), wanted.split("."), strict=True))


def _mark(sizes: dict[str, int], command: str | None, health: Health) -> str:
    said = [f"{name}={size}" for name, size in sorted(sizes.items())]
    how = [f"{command is None} {command}", str(sorted(_health_check(health).items()))]
    return f"{digest(*said, length=LENGTH)}.{digest(*how, length=LENGTH)}"


def _sizes(blueprint: Blueprint) -> dict[str, int]:
    wanted = {"memory_in_mb": blueprint.memory_mb, "disk_in_mb": blueprint.disk_mb}
    return {"instances": blueprint.instances} | {
        name: size for name, size in wanted.items() if size is not None
    }


def _health_check(health: Health) -> Json:
    data: Json = {}
    if health.type == "http":
        data["endpoint"] = health.endpoint or "/"
    if health.timeout is not None:
        data["timeout"] = health.timeout
    return {"type": health.type, "data": data}
