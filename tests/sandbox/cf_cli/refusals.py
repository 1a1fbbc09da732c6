"""What the client takes each refusal for, and what it would print before it ends."""

from __future__ import annotations

import re

import requests

from tests.sandbox.cf_cli.structs import ErrorEntry, Errors

_NOT_FOUND = {
    "App not found": "ApplicationNotFound",
    "Droplet not found": "DropletNotFound",
    "Deployment not found": "DeploymentNotFound",
    "Feature flag not found": "FeatureFlagNotFound",
    "Instance not found": "InstanceNotFound",
    "Process not found": "ProcessNotFound",
    "User not found": "UserNotFound",
    "Unknown request": "APINotFound",
}
_UNPROCESSABLE = {
    r"App with the name '.*' already exists\.": "NameNotUniqueInSpace",
    r"Organization '.*' already exists\.": "OrganizationNameTaken",
    r"Name must be unique per organization": "NameNotUniqueInOrg",
    r"Route already exists": "RouteNotUnique",
    r"Buildpack must be an existing admin buildpack or a valid git URI": "InvalidBuildpack",
    r"Assign a droplet before starting this app\.": "InvalidStart",
    r"The service instance name is taken": "ServiceInstanceNameTaken",
    r"The app is already bound to the service instance": "ResourceAlreadyExists",
    r"[Kk]ey binding names must be unique": "ServiceKeyTaken",
}


class CommandFailed(Exception):
    """What the client would print before it ends with status 1. ``kind`` is its own name for the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


def refused(answer: requests.Response) -> CommandFailed:
    """What the client takes a refusal for."""
    if not answer.content:
        return CommandFailed("Unexpected", f"status {answer.status_code}")
    try:
        errors = Errors.model_validate_json(answer.content).errors
    except ValueError:
        return CommandFailed("UnknownHTTPSource", f"{answer.status_code} {answer.text[:200]}")
    assert errors, f"{answer.status_code} without errors: {answer.text}"
    return error_of(answer.status_code, errors)


def error_of(status: int, errors: list[ErrorEntry]) -> CommandFailed:
    """Only one error is looked into; of several the client makes one of its own."""
    text = "\n".join(one.detail for one in errors)
    if len(errors) > 1:
        return CommandFailed("MultiError", text)
    if status == 401:
        return CommandFailed(errors[0].title.removeprefix("CF-"), text)
    if status == 404:
        return CommandFailed(_NOT_FOUND.get(text, "ResourceNotFound"), text)
    if status == 422:
        kinds = (kind for pattern, kind in _UNPROCESSABLE.items() if re.search(pattern, text))
        return CommandFailed(next(kinds, "UnprocessableEntity"), text)
    return CommandFailed({400: "BadRequest", 403: "Forbidden"}.get(status, str(status)), text)
