"""Bodies: what a request may say, checked before anything is done."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from reviewapps.sandbox.cloudfoundry.errors import unprocessable, unreadable_body
from reviewapps.sandbox.cloudfoundry.metadata import merge
from reviewapps.sandbox.cloudfoundry.reasons import reasons, refused
from reviewapps.sandbox.cloudfoundry.state import Row

LARGEST = 2_147_483_647
BROKEN_FORM = (ValueError, LookupError, AssertionError, RuntimeError, HttpProcessingError)
"""What reading a form raises that has no boundary, broken parts, or an encoding that nobody knows."""

_DEEPEST = 100  # arrays and objects within each other
Megabytes = Annotated[int, Field(gt=0, le=LARGEST)]
BytesPerSecond = Annotated[int, Field(ge=-1, le=2**63 - 1)]
AGuid = Annotated[str, Field(min_length=1, max_length=200)]


def _one_to_4096(text: str) -> str:
    if not 1 <= len(text) <= 4096:
        raise refused("must be between 1 and 4096 characters")
    return text


def demanded(kind: type, text: str) -> BeforeValidator:
    """Refuses with ``text`` what is not of this kind, or not there."""

    def check(said: object) -> object:
        if not isinstance(said, kind):
            raise refused(text)
        return said

    return BeforeValidator(check)


REQUIRED: Any = Field(default=None, validate_default=True)
"""The default of fields whose validator has its own words for what is missing."""

Object = Annotated[dict[str, Any], demanded(dict, "must be an object")]
Flag = Annotated[bool, demanded(bool, "must be a boolean")]
Command = Annotated[str, AfterValidator(_one_to_4096)]


class Body(BaseModel):
    """A body, or a part of one, that refuses fields which it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Guid(Body):
    guid: AGuid


class ToOne(Body):
    data: Guid

    @property
    def guid(self) -> str:
        return self.data.guid


class Metadata(Body):
    labels: dict[str, Any] | None = None
    annotations: dict[str, Any] | None = None


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


def _no_blanks(names: list[str]) -> list[str]:
    if any(not name.strip() or len(name) > 4096 for name in names):
        raise refused("entries must be between 1 and 4096 characters")
    return names


class LifecycleData(Body):
    buildpacks: Annotated[list[str], AfterValidator(_no_blanks)] | None = None
    stack: Command | None = None
    credentials: dict[str, Any] | None = None


class Lifecycle(Body):
    data: LifecycleData
    type: Literal["buildpack", "docker", "cnb"] = "buildpack"


NO_LIFECYCLE = Lifecycle(data=LifecycleData())
"""Where nothing is asked for."""


B = TypeVar("B", bound=BaseModel)


async def body(request: web.Request, model: type[B]) -> B:
    """The request's body as ``model``; an absent one is ``{}``."""
    said = parsed(await request.read())
    if not isinstance(said, dict):
        raise unreadable_body()
    return checked(said, model)


def checked(said: object, model: type[B]) -> B:
    """``said`` as ``model``, or 422 with every reason why not."""
    try:
        return model.model_validate(said)
    except ValidationError as wrong:
        raise unprocessable(reasons(wrong.errors())) from None


def parsed(text: bytes) -> object:
    """What is said in JSON, in which neither NaN nor half a character is anything; 400 for anything else."""
    try:
        said = json.loads(text, parse_constant=_no_number) if text.strip() else {}
        refuse_depth(said)
        if b"\\u" in text:
            json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise unreadable_body() from None
    return said


def refuse_depth(said: object) -> None:
    """ValueError for what is nested deeper than Ruby's parser reads, or than a row could be kept."""
    level = [said]
    for _ in range(_DEEPEST):
        level = [inner for one in level for inner in _inside(one) if isinstance(inner, dict | list)]
        if not level:
            return
    raise ValueError(f"deeper than {_DEEPEST} levels")


def _inside(said: object) -> Iterable[object]:
    if isinstance(said, dict):
        return said.values()
    return said if isinstance(said, list) else ()


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
