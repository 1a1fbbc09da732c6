"""GitHub's own description of its REST API, against which answers are checked."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from reviewapps.sandbox.github.routing import BY_ID
from reviewapps.sandbox.replies import Reply
from tests.contract import quick
from tests.contract.github_left_out import LEFT_OUT, URN

DOCUMENT = Path(__file__).parent / "github-openapi-rest.json"
BESIDE = (
    "/{owner}/",
    "/_pages/",
    "/_sandbox/",
    "/_codeload/",
    "/settings/",
    "/login/oauth/",
    "/organizations/{org}/settings/",
)
"""What is not the API: pages, git, archives, and the sandbox's own."""
FIGURES = re.compile(
    r"\b(?:[0-9a-f]{40}|20\d\d-(?:0[1-9]|1[0-2])-[0-3]\d(?:T[012]\d:[0-5]\d:[0-5]\dZ)?|\d+)\b"
    r'|(?<="node_id": ")\w+=*'
)
REFUSAL = {
    "type": "object",
    "required": ["message", "documentation_url", "status"],
    "allOf": [{"$ref": f"{URN}#/components/schemas/basic-error"}],
}


def mistakes(reply: Reply) -> list[str]:
    """What is wrong with one answer, by where in the body."""
    template = reply.template
    for named, by_id in BY_ID.items():
        template = template.replace(by_id, named, 1)
    if template.startswith(BESIDE) or template == "/" or _is_raw(reply):
        return []
    return wrongs(reply.method, template, reply.status, json.loads(reply.body or b"null"))


def _is_raw(reply: Reply) -> bool:
    """Whether a file itself was asked for, by its media type, or what GitHub, too, says to be no JSON."""
    raw = reply.content_type.startswith("application/vnd.github.") or reply.template == "/markdown"
    return reply.status == 200 and raw


def wrongs(method: str, template: str, status: int, body: object) -> list[str]:
    """What is wrong with an answer of the API of this body."""
    schema = _schema(method, template, status)
    if schema is None:
        return [] if body is None else ["has a body, where GitHub has none"]
    if _quick(method, template, status).is_valid(body):
        return []
    checker = OAS30Validator(schema, registry=_registry(), format_checker=oas30_format_checker)
    if isinstance(body, list):  # of a hundred that are alike, one tells all
        body = list({_form(one): one for one in reversed(body)}.values())
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(body)]


@cache
def _quick(method: str, template: str, status: int) -> Any:
    return quick.openapi30(_schema(method, template, status) or {}, _described())


def _form(value: object) -> str:
    """What is the same for values that differ in numbers, hashes and times alone."""
    return FIGURES.sub("#", json.dumps(value, sort_keys=True))


def _schema(method: str, template: str, status: int) -> dict[str, Any] | None:
    if (template, status) == ("/graphql", 502):  # in the words of GraphQL, not of the API beside it
        return {"type": "object", "required": ["data", "errors"]}
    if status in (204, 304) or (status == 302 and template.endswith("ball/{ref}")):
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
def _described() -> Any:
    return quick.described(URN, _document())


@cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    described: Registry[Any] = empty.with_resource(URN, DRAFT4.create_resource(_document()))
    return described
