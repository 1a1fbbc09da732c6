"""Bodies: what a request may say, checked before anything is done."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from reviewapps.sandbox.cloudfoundry.errors import unprocessable, unreadable_body
from reviewapps.sandbox.cloudfoundry.metadata import merge
from reviewapps.sandbox.cloudfoundry.state import Row

Megabytes = Annotated[int, Field(gt=0, le=2_147_483_647)]


class Body(BaseModel):
    """A body, or a part of one, that refuses fields which it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Guid(Body):
    guid: str


class ToOne(Body):
    data: Guid

    @property
    def guid(self) -> str:
        return self.data.guid


class Metadata(Body):
    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}


class Labelled(Body):
    """A body that may carry labels and annotations."""

    metadata: Metadata = Metadata()

    def label(self, row: Row) -> None:
        """Merge the metadata into ``row``."""
        merge(row, self.metadata.labels, self.metadata.annotations)


class AppRelationship(Body):
    app: ToOne


class SpaceRelationship(Body):
    space: ToOne


class LifecycleData(Body):
    buildpacks: list[str] | None = None
    stack: str | None = None
    credentials: dict[str, Any] | None = None


class Lifecycle(Body):
    type: str = "buildpack"
    data: LifecycleData = LifecycleData()


B = TypeVar("B", bound=BaseModel)


async def body(request: web.Request, model: type[B]) -> B:
    """The request's body as ``model``; an absent one is ``{}``."""
    text = await request.text()
    try:
        said = json.loads(text) if text.strip() else {}
    except ValueError:
        raise unreadable_body() from None
    if not isinstance(said, dict):
        raise unreadable_body()
    return checked(said, model)


def checked(said: object, model: type[B]) -> B:
    """``said`` as ``model``, or 422 with every reason why not."""
    try:
        return model.model_validate(said)
    except ValidationError as wrong:
        raise unprocessable(_reasons(wrong.errors())) from None


def _reasons(errors: list[ErrorDetails]) -> str:
    unknown = [str(error["loc"][-1]) for error in errors if error["type"] == "extra_forbidden"]
    others = [_reason(error) for error in errors if error["type"] != "extra_forbidden"]
    if unknown:
        words = ", ".join(f"'{name}'" for name in unknown)
        others.insert(0, f"Unknown field(s): {words}")
    return ", ".join(others)


def _reason(error: ErrorDetails) -> str:
    name = " ".join(str(part) for part in error["loc"]).replace("_", " ").capitalize()
    if error["type"] == "missing":
        return f"{name} can't be blank"
    if error["type"].endswith("_type"):
        return f"{name} must be a {error['type'].removesuffix('_type')}"
    return f"{name} {error['msg'][0].lower()}{error['msg'][1:]}"
