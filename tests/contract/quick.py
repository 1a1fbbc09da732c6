"""Whether a body keeps to a schema, told by a compiled validator some hundred times as fast as by the one that
can say what is wrong.

Only its yes counts: whatever it does not take is looked at by the other one. So a schema may be stricter here than
it is written, where it cannot be said exactly, but nowhere laxer (tests/contract/test_quick.py).
"""

from __future__ import annotations

from typing import Any

from jsonschema_rs import Draft4Validator, Draft202012Validator, Registry

DRAFT4 = "http://json-schema.org/draft-04/schema#"
WHOLE = "urn:whole"
LIMITS = {"int32": 31, "int64": 63}


def described(urn: str, document: dict[str, Any]) -> Registry:
    """A document of OpenAPI 3.0, for schemas that refer to it by its ``urn``."""
    return Registry([(urn, _draft4(document))], draft=4)


def openapi30(schema: dict[str, Any], documents: Registry) -> Draft4Validator:
    """A validator of a schema of OpenAPI 3.0."""
    return Draft4Validator(_draft4(schema), registry=documents, validate_formats=True)


def strict(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator of a schema of today's drafts, for which 1.0 is no integer."""
    registry = Registry([(WHOLE, {"$schema": DRAFT4, "type": "integer"})])
    return Draft202012Validator(_without_floats(schema), registry=registry, validate_formats=True)


def _draft4(part: Any) -> Any:
    """The same in the words of JSON Schema's draft 4."""
    if isinstance(part, list):
        return [_draft4(one) for one in part]
    if not isinstance(part, dict):
        return part
    if "discriminator" in part and "propertyName" in part["discriminator"]:
        return {"not": {}}  # which of several schemas counts is said by a value: the other one knows
    same = {key: _draft4(value) for key, value in part.items()}
    if isinstance(part.get("type"), str):
        if power := LIMITS.get(str(part.get("format"))):
            same = {"minimum": -(2**power), "maximum": 2**power - 1, **same}
        if part.get("nullable") is True:
            same["type"] = [part["type"], "null"]
    if isinstance(referred := part.get("$ref"), str):  # braces are no part of an address
        same["$ref"] = referred.replace("{", "%7B").replace("}", "%7D")
        if len(part) > 1:  # draft 4 would not see what stands beside it
            same["allOf"] = [*same.get("allOf", ()), {"$ref": same.pop("$ref")}]
    return same


def _without_floats(part: Any) -> Any:
    """The same where ``integer`` is draft 4's."""
    if isinstance(part, list):
        return [_without_floats(one) for one in part]
    if not isinstance(part, dict):
        return part
    same = {key: _without_floats(value) for key, value in part.items()}
    match part.get("type"):
        case "integer":
            same["type"] = "number"
            same["allOf"] = [*same.get("allOf", ()), {"$ref": WHOLE}]
        case ["integer", "null"]:
            same["type"] = ["number", "null"]
            same["allOf"] = [*same.get("allOf", ()), {"anyOf": [{"$ref": WHOLE}, {"type": "null"}]}]
        case list(kinds) if "integer" in kinds:
            return {"not": {}}
    return same
