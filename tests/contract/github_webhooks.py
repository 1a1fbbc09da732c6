"""GitHub's own description of what webhooks are told, against which every payload is checked.

contract = WebhookContract()
github.announced = contract.check
…
assert contract.errors == []
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.contract import quick

DOCUMENT = Path(__file__).parent / "github-openapi-webhooks.json"
"""Pruned: the events that the sandbox sends, without prose."""

URN = "urn:github-webhooks"


def _members(**schemas: str) -> dict[str, Any]:
    """An object with members of these schemas, and where and by whom it happened."""
    named = {"repository": "repository-webhooks", "sender": "simple-user", **schemas}
    return {
        "type": "object",
        "required": list(named),
        "properties": {name: {"$ref": f"{URN}#/components/schemas/{one}"} for name, one in named.items()},
    }


# Events of GitHub's that the pruned document leaves out, by the schemas of their members.
LEFT_OUT = {
    "check-run-created": _members(check_run="check-run-with-simple-check-suite"),
    "check-run-completed": _members(check_run="check-run-with-simple-check-suite"),
    "check-suite-completed": _members(check_suite="simple-check-suite"),
    "fork": _members(forkee="repository-webhooks"),
    **{f"repository-{action}": _members() for action in ("edited", "privatized", "publicized", "deleted")},
}


class WebhookContract:
    """What was wrong with the payloads so far, and which events there were."""

    def __init__(self) -> None:
        self.checked: set[str] = set()
        self.errors: list[str] = []

    def check(self, event: str, action: str | None, payload: dict[str, Any]) -> None:
        """Note every way in which a payload is not what GitHub describes."""
        name = f"{event}-{action}" if action else event
        name = name.replace("_", "-")
        self.checked.add(name)
        self.errors.extend(f"{name}: {wrong}" for wrong in mistakes(name, payload))


def mistakes(name: str, payload: dict[str, Any]) -> list[str]:
    """What is wrong with the payload of one event, by where."""
    schema = LEFT_OUT.get(name)
    if schema is None:
        if name not in _document()["x-webhooks"]:
            return ["no such event, or not with this action"]
        schema = {"$ref": f"{URN}#/x-webhooks/{name}"}
    sent = json.loads(json.dumps(payload))
    if _quick(name).is_valid(sent):
        return []
    checker = OAS30Validator(schema, registry=_registry(), format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(sent)]


@cache
def _quick(name: str) -> Any:
    schema = LEFT_OUT.get(name) or {"$ref": f"{URN}#/x-webhooks/{name}"}
    return quick.openapi30(schema, quick.described(URN, _document()))


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    schemas = document["components"]["schemas"]
    schemas["check-run-with-simple-check-suite"]["properties"]["conclusion"]["enum"].append(None)
    _correct(document, schemas)
    return document


def _correct(part: Any, schemas: dict[str, Any]) -> None:
    """Say what is so in life: a deleted fork leaves pull requests whose head has no repository."""
    if isinstance(part, list):
        for one in part:
            _correct(one, schemas)
    if isinstance(part, dict):
        head = part.get("head", {}).get("properties", {}) if isinstance(part.get("head"), dict) else {}
        if "repo" in head:
            named = head["repo"].get("$ref", "").rpartition("/")[2]
            head["repo"] = {**(schemas[named] if named else head["repo"]), "nullable": True}
        for one in part.values():
            _correct(one, schemas)


@cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    described: Registry[Any] = empty.with_resource(URN, DRAFT4.create_resource(_document()))
    return described
