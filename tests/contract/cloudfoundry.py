"""Our own description of what Cloud Foundry answers, as strict as its clients in Go.

In cloudfoundry-schemas/ every resource has a JSON Schema under its name, which is what a ``$ref`` says, and
operations.yml has what each operation answers. They hold to the documented examples and to the code of the
Cloud Controller; where these two differ, the schema allows both and says why.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.validators import extend

from reviewapps.sandbox.replies import Reply
from tests.contract import quick

FOLDER = Path(__file__).parent / "cloudfoundry-schemas"
OPERATIONS = FOLDER / "operations.yml"
PAGE = "page of "
LOG_CACHE = "/api/v1/"
BEFORE = {(202, "text/html"), (414, "text/html")}
"""What does not come from the platform, but from what stands before it: a firewall's challenge, and nginx."""
INCLUDING = {"app", "route", "service_credential_binding", "service_instance", "service_offering", "service_plan",
             "service_route_binding", "shared_spaces", "space"}  # fmt: skip
"""What is asked for by itself, and may bring with it what `include` names."""


def mistakes(reply: Reply) -> list[str]:
    """What is wrong with one answer, by where in the body."""
    if (reply.status, reply.content_type) in BEFORE:
        return []
    if reply.status == 500:  # never on purpose: a planned fault is answered outside of what is heard
        return ["the sandbox failed"]
    if reply.status == 404 and reply.template.startswith(LOG_CACHE):
        return ["has a body"] if reply.body else []
    if reply.status >= 400:
        return _as_json(_refusal(reply.template), reply)
    match operations().get(reply.template, {}).get(reply.method, {}).get(reply.status):
        case None:
            return ["no such operation, or not with this status"]
        case "a file":
            return ["is JSON"] if reply.content_type == "application/json" else []
        case "nothing":
            return ["has a body"] if reply.body else []
        case "a job":
            return ["has a body"] if reply.body else _location(reply.location)
        case wanted:
            return _as_json(wanted, reply)


def wrongs(name: str, body: object) -> list[str]:
    """What is wrong with ``body`` as an answer of this name. What it includes, and what a page lists, is looked
    at one by one."""
    kind = name.removeprefix(PAGE)
    if not isinstance(body, dict) or (kind == name and kind not in INCLUDING):
        return _wrongs(name, body)
    included = _wrongs("included", body["included"]) if "included" in body else []
    bare = {key: value for key, value in body.items() if key != "included"}
    if kind == name:
        return included + _wrongs(name, bare)
    listed = [wrong for one in body.get("resources", ()) for wrong in _of_resource(kind, json.dumps(one))]
    return included + _wrongs("page", bare) + listed


def _wrongs(name: str, body: object) -> list[str]:
    if _quick(name).is_valid(body):
        return []
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(name).iter_errors(body)]


@cache
def _of_resource(kind: str, text: str) -> list[str]:
    """Lists show the same resources again and again."""
    return [f"resources[]{wrong.removeprefix('$')}" for wrong in _wrongs(kind, json.loads(text))]


def _as_json(name: str, reply: Reply) -> list[str]:
    if reply.content_type != "application/json":
        return [f"is {reply.content_type}, and not JSON"]
    return wrongs(name, json.loads(reply.body or b"null"))


def _location(location: str) -> list[str]:
    return [] if "/v3/jobs/" in location else [f"its Location is {location!r}, and no job"]


def _refusal(template: str) -> str:
    if template.startswith(("/oauth/", "/check_token")):
        return "uaa_error"
    return "log_cache_error" if template.startswith(LOG_CACHE) else "errors"


@cache
def operations() -> dict[str, dict[str, dict[int, str]]]:
    """What is answered: by path, method and status."""
    found: dict[str, dict[str, dict[int, str]]] = _read(OPERATIONS)
    return found


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """The schemas by name."""
    files = [_read(path) for path in sorted(FOLDER.glob("*.yml")) if path != OPERATIONS]
    return {name: schema for file in files for name, schema in file.items()}


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)  # ten times as fast as the other


@cache
def _quick(name: str) -> Any:
    return quick.strict(_inlined({"$ref": name}))


@cache
def _validator(name: str) -> Any:
    return _Validator(_inlined({"$ref": name}), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _inlined(schema: Any) -> Any:
    """The schema with what it refers to in place: to look that up each time takes as long as all the rest."""
    if isinstance(schema, list):
        return [_inlined(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(schemas()[schema["$ref"]])
    return {key: _inlined(value) for key, value in schema.items()}


def _is_integer(_: TypeChecker, value: object) -> bool:
    """JSON Schema takes 1.0 for an integer; Go does not."""
    return isinstance(value, int) and not isinstance(value, bool)


_Validator = extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)
