"""JSON as Go decodes it: what the client does not know is left out, null is as good as absent, and any value of
another type than the declared one is an error. Python would not notice a ``1.0`` where an int is due; Go does."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _rfc3339(text: str) -> str:
    datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    return text


Time = Annotated[str, AfterValidator(_rfc3339)]
Uint = Annotated[int, Field(ge=0)]


class Struct(BaseModel):
    """A Go struct; its fields' defaults are Go's zero values."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _nulls_are_zero(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {key: value for key, value in said.items() if value is not None}


class Message(BaseModel):
    """A protobuf message in JSON, which refuses fields that it does not know."""

    model_config = ConfigDict(strict=True, extra="forbid")
