"""Labels: of a repository, and on its pull requests."""

from __future__ import annotations

import re
from typing import Any

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters import pulls as present
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Label, PullRequest

routes = Routes()
SHAPE: dict[str, Shape] = {"name": str, "new_name": str, "color": str, "description": str}
OF_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}/labels"


@routes.on("GET", OF_ISSUE)
async def of_issue(call: Call) -> Answer:
    """The labels of a pull request."""
    return call.listing(call.issue.labels, lambda one: present.label(one, call.repository, call.urls))


@routes.on("POST", OF_ISSUE)
async def add(call: Call) -> Answer:
    """More labels for a pull request; unknown ones are made."""
    call.require_triage()
    pull = call.issue
    wanted = await _wanted(call)
    return await _set(call, pull, [*pull.labels, *(one for one in wanted if one not in pull.labels)])


@routes.on("PUT", OF_ISSUE)
async def replace(call: Call) -> Answer:
    """These labels and no others."""
    call.require_triage()
    return await _set(call, call.issue, await _wanted(call))


@routes.on("DELETE", OF_ISSUE)
async def remove_all(call: Call) -> Answer:
    """No labels any more."""
    call.require_triage()
    await _set(call, call.issue, [])
    return Answer(status=204)


@routes.on("DELETE", OF_ISSUE + "/{name}")
async def remove(call: Call) -> Answer:
    """One label less."""
    call.require_triage()
    pull, name = call.issue, call.word("name").lower()
    left = [label for label in pull.labels if label.name.lower() != name]
    if len(left) == len(pull.labels):
        raise Refused(404, "Label does not exist")
    return await _set(call, pull, left)


@routes.on("GET", "/repos/{owner}/{repo}/labels")
async def labels(call: Call) -> Answer:
    """The labels that there are."""
    return call.listing(list(call.repository.labels.values()), lambda one: _presented(call, one))


@routes.on("POST", "/repos/{owner}/{repo}/labels")
async def create(call: Call) -> Answer:
    """A new label."""
    call.require_write()
    wanted = await call.wanted(**SHAPE)
    name = text(wanted, "Label", "name")
    if name.lower() in call.repository.labels:
        raise invalid("Label", "name", code="already_exists")
    color = _color(wanted.get("color") or "ededed")
    made = call.world.label(call.repository, name)
    made.color, made.description = color, wanted.get("description")
    return Answer(_presented(call, made), 201)


@routes.on("GET", "/repos/{owner}/{repo}/labels/{name}")
async def one(call: Call) -> Answer:
    """A label."""
    return Answer(_presented(call, _label(call)))


@routes.on("PATCH", "/repos/{owner}/{repo}/labels/{name}")
async def update(call: Call) -> Answer:
    """A label with another name (`new_name`), color or description."""
    call.require_write()
    found, wanted, known = _label(call), await call.wanted(**SHAPE), call.repository.labels
    name = wanted.get("new_name") or found.name
    if known.get(name.lower(), found) is not found:
        raise invalid("Label", "name", code="already_exists")
    found.color = _color(wanted.get("color") or found.color)
    found.description = wanted.get("description", found.description)
    del known[found.name.lower()]
    found.name = name
    known[name.lower()] = found
    return Answer(_presented(call, found))


@routes.on("DELETE", "/repos/{owner}/{repo}/labels/{name}")
async def delete(call: Call) -> Answer:
    """A label gone, from all pull requests too."""
    call.require_write()
    found = _label(call)
    del call.repository.labels[found.name.lower()]
    for pull in call.repository.pull_requests.values():
        pull.labels = [one for one in pull.labels if one is not found]
    return Answer(status=204)


async def _wanted(call: Call) -> list[Label]:
    body = await call.body()
    named = body if isinstance(body, list) else body.get("labels", []) if isinstance(body, dict) else None
    if not isinstance(named, list):
        raise invalid("Label", "name")
    names: list[Any] = [one.get("name") if isinstance(one, dict) else one for one in named]
    if not all(isinstance(one, str) and one for one in names):
        raise invalid("Label", "name")
    return [call.world.label(call.repository, name) for name in dict.fromkeys(names)]


async def _set(call: Call, pull: PullRequest, labels: list[Label]) -> Answer:
    await call.engine.pull_requests.label(pull, labels, call.user)
    return Answer([_presented(call, one) for one in labels])


def _label(call: Call) -> Label:
    found = call.repository.labels.get(call.word("name").lower())
    if found is None:
        raise not_found()
    return found


def _presented(call: Call, one: Label) -> JSON:
    return present.label(one, call.repository, call.urls)


def _color(wanted: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{6}", wanted):
        raise invalid("Label", "color")
    return wanted
