"""Who tells quickly takes nothing that who tells exactly would not take."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.contract import cloudfoundry, quick
from tests.sandbox.cloudfoundry.test_contract import DOCUMENTED, EXAMPLES, kind

URN = "urn:described"
DESCRIBED = {
    "paths": {"/{of}": {"$ref": "#/person"}},
    "person": {
        "type": "object",
        "required": ["login", "kind"],
        "properties": {
            "login": {"type": "string", "maxLength": 5, "pattern": "^[a-z]+$"},
            "email": {"type": "string", "nullable": True, "format": "email"},
            "kind": {"type": "string", "nullable": True, "enum": ["User", "Bot"]},
            "id": {"type": "integer", "format": "int64"},
            "boss": {"$ref": "#/person", "required": ["boss"]},
            "since": {"type": "string", "format": "date-time"},
            "type": {"type": "string"},
        },
        "additionalProperties": False,
    },
    "either": {"oneOf": [{"$ref": "#/person"}], "discriminator": {"propertyName": "type"}},
}
REFERRED = {"type": "array", "items": {"$ref": f"{URN}#/paths/~1{{of}}"}}
OTHERS: tuple[Any, ...] = (None, True, 0, 1, 1.0, -1, 2**63, "", "abcdefg", "User", [], {})
RESOURCES = [one for one in DOCUMENTED if not kind(*one).startswith(cloudfoundry.PAGE)]
PERSON = {
    "login": "mona",
    "kind": "Bot",
    "id": 7,
    "email": None,
    "since": "2026-01-01T00:00:00Z",
    "type": "a",
}


def places(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every way into it."""
    yield at
    for key in body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ():
        yield from places(body[key], (*at, key))


def disturbed(body: Any, data: st.DataObject) -> Any:
    """The same with another value in one place, or with something too many or too few."""
    body = {"": copy.deepcopy(body)}
    *way, last = data.draw(st.sampled_from(list(places(body))[1:]))
    within: Any = body
    for key in way:
        within = within[key]
    how = data.draw(st.sampled_from(["gone", "more", "float", *OTHERS]))
    if how == "gone" and way:
        del within[last]
    elif how == "more" and isinstance(within[last], dict):
        within[last]["surplus"] = 1
    elif how == "float" and type(within[last]) is int:
        within[last] = float(within[last])
    elif how not in ("gone", "more", "float"):
        within[last] = copy.deepcopy(how)
    return body[""]


@given(st.data())
def test_nothing_is_taken_that_openapi_would_not_take(data: st.DataObject) -> None:
    registry: Registry[Any] = Registry().with_resource(URN, DRAFT4.create_resource(DESCRIBED))
    exact = OAS30Validator(REFERRED, registry=registry, format_checker=oas30_format_checker)
    quickly = quick.openapi30(REFERRED, quick.described(URN, DESCRIBED))
    body = disturbed([PERSON, {**PERSON, "boss": {**PERSON, "boss": PERSON}}], data)
    assert quickly.is_valid(body) == exact.is_valid(body)


def test_what_a_value_chooses_is_left_to_who_knows() -> None:
    either = {"$ref": f"{URN}#/either"}
    assert not quick.openapi30(either, quick.described(URN, DESCRIBED)).is_valid(PERSON)


@pytest.mark.parametrize("kind", [{"type": "integer", "minimum": 0}, {"type": ["integer", "null"]}])
def test_a_float_is_no_integer(kind: dict[str, Any]) -> None:
    exact, quickly = cloudfoundry._Validator(kind), quick.strict(kind)
    for value in OTHERS:
        assert quickly.is_valid(value) == exact.is_valid(value), value
    assert Draft202012Validator(kind).is_valid(1.0) and not quickly.is_valid(1.0)


@given(st.data())
def test_nothing_is_taken_that_our_own_schemas_would_not_take(data: st.DataObject) -> None:
    group, name = data.draw(st.sampled_from(RESOURCES))
    schema = cloudfoundry._inlined({"$ref": kind(group, name)})
    body = disturbed(EXAMPLES[group][name], data)
    assert quick.strict(schema).is_valid(body) == cloudfoundry._Validator(schema).is_valid(body)
