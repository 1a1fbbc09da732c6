"""Health checks as a body asks for them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from reviewapps.sandbox.cloudfoundry.bodies import LARGEST, Body
from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.reasons import refused
from reviewapps.sandbox.cloudfoundry.state import Check

LONGEST_START = 180  # seconds


def _kind(said: object) -> object:
    if said not in ("http", "port", "process"):
        raise refused('must be "port", "process", or "http"')
    return said


def _uri_path(said: str) -> str:
    if not re.fullmatch(r"/[\w\-.~!$&'()*+,;=:@%/?]*", said, re.ASCII):
        raise refused("must be a valid URI path")
    return said


CheckType = Annotated[Literal["http", "port", "process"], BeforeValidator(_kind)]
Seconds = Annotated[int, Field(ge=1, le=LARGEST)]
UriPath = Annotated[str, Field(max_length=255), AfterValidator(_uri_path)]


class CheckData(Body, extra="ignore"):
    timeout: Seconds | None = None
    invocation_timeout: Seconds | None = None
    interval: Seconds | None = None
    endpoint: UriPath | None = None


class HealthCheckUpdate(Body, extra="ignore"):
    type: CheckType | None = None
    data: CheckData = CheckData()

    def merged(self, check: Check) -> Check:
        """``check`` with what is asked for; another type begins without an endpoint."""
        kind = self.type or check.type
        said = self.data.model_dump(include=self.data.model_fields_set)
        if kind != "http" and said.get("endpoint"):
            raise unprocessable('Health check type must be "http" to set a health check HTTP endpoint')
        kept = check.endpoint if kind == check.type == "http" else None
        return replace(check, type=kind, **{"endpoint": kept, **said})


def refuse_patience(check: Check) -> None:
    """422 for a start that may take longer than the platform waits for any."""
    if check.timeout is not None and check.timeout > LONGEST_START:
        raise unprocessable(f"health_check_timeout Maximum exceeded: max {LONGEST_START}s")
