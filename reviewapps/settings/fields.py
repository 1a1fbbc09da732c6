"""What a variable takes, beyond a plain word."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from reviewapps.model import Secret
from reviewapps.rules.units import duration, megabytes


def _listed(text: object) -> object:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


def _hidden(text: object) -> object:
    return Secret(text) if isinstance(text, str) else text


def _lasting(text: object) -> object:
    return duration(text) if isinstance(text, str) else text


def _sized(text: object) -> object:
    return megabytes(text) if isinstance(text, str) else text


Hidden = Annotated[Secret, BeforeValidator(_hidden)]
Seconds = Annotated[float, Field(gt=0)]
Duration = Annotated[timedelta, BeforeValidator(_lasting)]
Size = Annotated[int, BeforeValidator(_sized), Field(gt=0)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
