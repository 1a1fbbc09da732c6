"""GitHub's own description of its REST API, against which answers are checked.

contract = Contract()
github.answered = contract.check
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

from tests.contract.github_left_out import LEFT_OUT, URN

DOCUMENT = Path(__file__).parent / "github-openapi-rest.json"
REFUSAL = {
    "type": "object",
    "required": ["message", "documentation_url", "status"],
    "allOf": [{"$ref": f"{URN}#/components/schemas/basic-error"}],
}


class Contract:
    """What was wrong with the answers so far."""

    def __init__(self) -> None:
        self.checked = 0
        self.errors: list[str] = []
        self._passed: set[str] = set()

    def check(self, method: str, template: str, status: int, body: object) -> None:
        """Note every way in which an answer is not what GitHub describes."""
        if template.startswith("/_sandbox/"):
            return
        self.checked += 1
        answer = json.dumps([method, template, status, body])
        if answer in self._passed:  # people who wait are told the same again and again
            return
        wrongs = mistakes(method, template, status, body)
        self.errors.extend(f"{method} {template} {status}: {wrong}" for wrong in wrongs)
        if not wrongs:
            self._passed.add(answer)


def mistakes(method: str, template: str, status: int, body: object) -> list[str]:
    """What is wrong with one answer, by where in the body."""
    schema = _schema(method, template, status)
    if schema is None:
        return [] if body is None else ["has a body, where GitHub has none"]
    checker = OAS30Validator(schema, registry=_registry(), format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(body)]


def _schema(method: str, template: str, status: int) -> dict[str, Any] | None:
    if status == 204 or (status == 302 and template.endswith("ball/{ref}")):
        return None
    if status in (301, 307) or status >= 400:
        return REFUSAL if status >= 400 else {"type": "object", "required": ["message", "url"]}
    if (method, template) in LEFT_OUT:
        return LEFT_OUT[method, template]
    answers = _document()["paths"].get(template, {}).get(method.lower(), {}).get("responses", {})
    if str(status) not in answers:
        return {"not": {}, "description": "no such operation, or not with this status"}
    path = template.replace("~", "~0").replace("/", "~1")
    shared = answers[str(status)].get("$ref", "").removeprefix("#/")
    where = shared or f"paths/{path}/{method.lower()}/responses/{status}"
    return {"$ref": f"{URN}#/{where}/content/application~1json/schema"}


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    _correct(document["components"]["schemas"])
    contents = document["paths"]["/repos/{owner}/{repo}/contents/{path}"]["get"]["responses"]["200"]
    # One of its alternatives is an array, which cannot have the property that is to tell them apart.
    del contents["content"]["application/json"]["schema"]["discriminator"]
    # In the list of them an installation's account is said to be a person and an enterprise at once.
    listed = document["paths"]["/app/installations"]["get"]["responses"]["200"]["content"]
    account = listed["application/json"]["schema"]["items"]["properties"]["account"]
    account["anyOf"] = account.pop("allOf")
    return document


def _correct(schemas: dict[str, Any]) -> None:
    """Say what is so in life: what is deleted, unknown, unfinished or left out is null."""
    for role in ("author", "committer"):
        schemas["commit"]["properties"][role]["oneOf"].append({"enum": [None]})
    for name in ("pull-request", "pull-request-simple"):
        head = schemas[name]["properties"]["head"]["properties"]
        head["repo"] = {"nullable": True, **schemas["repository"]}
    # Elsewhere the description of a label may be null, also in a pull request that is not in a list.
    label = schemas["pull-request-simple"]["properties"]["labels"]["items"]["properties"]
    label["description"]["nullable"] = True
    schemas["check-run"]["properties"]["conclusion"]["enum"].append(None)


@cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    described: Registry[Any] = empty.with_resource(URN, DRAFT4.create_resource(_document()))
    return described
