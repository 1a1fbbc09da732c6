"""What a manifest would change: the differences from an app as it is, as JSON Patch has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reviewapps.sandbox.cloudfoundry.endpoints.manifest_message import megabytes
from reviewapps.sandbox.cloudfoundry.errors import ApiError

_SIZES = ("memory", "disk_quota", "disk-quota")
_IDENTITY = {"processes": "type", "sidecars": "name", "routes": "route"}
_PROCESS_KEYS = {
    "type", "command", "disk_quota", "log-rate-limit-per-second", "instances", "memory", "timeout",
    *(f"{check}-{what}" for check in ("health-check", "readiness-health-check")
      for what in ("type", "http-endpoint", "invocation-timeout", "interval")),
}  # fmt: skip
_KNOWN = (_PROCESS_KEYS - {"type"}) | {
    "name", "buildpack", "buildpacks", "stack", "lifecycle", "env", "metadata", "services", "features",
    "routes", "no-route", "random-route", "default-route", "processes", "sidecars", "disk-quota",
}  # fmt: skip

Diff = dict[str, Any]


def differences(number: int, said: dict[str, Any], existing: dict[str, Any] | None) -> list[Diff]:
    """What of application ``number`` is new or other. Only keys that the manifest has are looked at.

    ``existing`` is the written manifest of the app, or None where there is no such app yet.
    """
    now = _with_web(existing or {})
    found: list[Diff] = []
    for key in said.keys() & _KNOWN:
        if key in _SIZES and key not in now:
            continue  # of a new app these are not told
        old, new = _comparable(key, now.get(key), said[key])
        found += _compared(f"/applications/{number}/{key}", old, new)
    return sorted(found, key=lambda one: str(one["path"]))


def _with_web(existing: dict[str, Any]) -> dict[str, Any]:
    web = [one for one in existing.get("processes", []) if one["type"] == "web"]
    both = {**existing, **{key: value for one in web for key, value in one.items() if key != "type"}}
    return {**both, "disk-quota": both["disk_quota"]} if "disk_quota" in both else both


def _comparable(key: str, old: Any, new: Any) -> tuple[Any, Any]:
    """Both sides in the same units; of what exists only what the manifest speaks of."""
    if key in _SIZES:
        return old, _size(new)
    if key == "features" and isinstance(old, dict) and isinstance(new, dict):
        return {name: value for name, value in old.items() if name in new}, new
    if key in _IDENTITY and isinstance(new, list):
        wanted = [_entry(key, one) for one in new if isinstance(one, dict)]
        return _spoken_of(_IDENTITY[key], old or [], wanted) or None, wanted
    return old, new


def _entry(key: str, said: dict[str, Any]) -> dict[str, Any]:
    known = _PROCESS_KEYS if key == "processes" else said.keys()
    return {name: _size(value) if name in _SIZES else value for name, value in said.items() if name in known}


def _spoken_of(identity: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The existing entries that are named, in the manifest's order, without keys that it does not have."""
    known = {one[identity]: one for one in old}
    named = [(one, known[name]) for one in new if (name := str(one.get(identity))) in known]
    return [{name: value for name, value in was.items() if name in one} for one, was in named]


def _compared(path: str, old: Any, new: Any) -> Iterator[Diff]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from _compared_entry(f"{path}/{key}", key in old, old.get(key), key in new, new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = old[index : index + 1], new[index : index + 1]
            yield from _compared_entry(
                f"{path}/{index}",
                bool(before),
                next(iter(before), None),
                bool(after),
                next(iter(after), None),
            )
    elif old is None:
        yield {"op": "add", "path": path, "value": new}
    else:
        yield {"op": "replace", "path": path, "was": old, "value": new}


def _compared_entry(path: str, was_there: bool, old: Any, is_there: bool, new: Any) -> Iterator[Diff]:
    if was_there and is_there:
        yield from _compared(path, old, new)
    elif is_there:
        yield {"op": "add", "path": path, "value": new}
    else:
        yield {"op": "remove", "path": path, "was": old}


def _size(said: Any) -> str:
    try:
        return f"{megabytes(said)}M"
    except ApiError as refused:
        return refused.detail
