"""What GitHub says when it does not do what it was asked."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from reviewapps.sandbox.github.state import JSON

DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):
    """An answer in the 400s, with GitHub's own words."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[JSON] | list[str] | None = None,
        *,
        documentation: str = DOCUMENTATION,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: JSON = {"message": message, "documentation_url": documentation, "status": str(status)}
        if errors:
            self.body["errors"] = errors


def not_found(message: str = "Not Found") -> Refused:
    """Also what is said of a thing that the asker may not know of."""
    return Refused(404, message)


def forbidden(message: str = "Resource not accessible by personal access token") -> Refused:
    """The asker can read it, and may do no more."""
    return Refused(403, message)


def invalid(resource: str, field: str, message: str = "", code: str = "invalid") -> Refused:
    """422, naming the field; with a message in words the code is ``custom``."""
    error: JSON = {"resource": resource, "field": field, "code": "custom" if message else code}
    if message:
        error["message"] = message
    return Refused(422, "Validation Failed", [error])


def unprocessable(why: str) -> Refused:
    """422 in a sentence, as reviews are refused."""
    return Refused(422, "Unprocessable Entity", [why])


def mistaken(wrong: ValidationError) -> Refused:
    """422 from behind the scenes, naming each field in words."""
    details = wrong.errors(include_url=False)
    named = (f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in details)
    return Refused(422, "; ".join(named))
