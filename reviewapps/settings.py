"""The process environment → one frozen value.

Every setting is a variable ``REVIEWAPPS_…``; unknown ones refuse to start, since a misspelt limit is no limit.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from reviewapps.desired import Grants
from reviewapps.errors import BadSettings
from reviewapps.model import Secret
from reviewapps.rules.units import duration, megabytes

PREFIX = "REVIEWAPPS_"
INJECTED = frozenset({"URL", "HOST", "ENVIRONMENT", "PULL_REQUEST", "COMMIT"})
"""What a preview is given. Should reviewapps run as a preview of itself, these are no settings of it."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


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


class Settings(BaseModel):
    """What one installation is told. Durations called ``…_every`` and timeouts are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    instance: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")] = "reviewapps"
    repositories: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    redis_url: Hidden = Secret("")
    redis_server: str | None = None
    home: Path = Path(".reviewapps")

    github_url: str = "https://api.github.com"
    github_web_url: str = ""
    github_token: Hidden

    cf_api: str = "https://api.fr.cloud.gov"
    cf_user: str | None = None
    cf_password: Hidden | None = None
    cf_client_id: str | None = None
    cf_client_secret: Hidden | None = None
    cf_org: str
    cf_space: str
    cf_domain: str | None = None
    app_address: Annotated[str, Field(pattern=r"^https?://\{host\}(:\d+)?$")] = "https://{host}"
    access: Literal["", "public"] = ""

    limit: Annotated[int, Field(ge=0, le=200)] = 5
    expire_after: Annotated[timedelta, BeforeValidator(_lasting)] = timedelta(days=10)
    memory: Annotated[int, BeforeValidator(_sized), Field(gt=0)] = 2048
    deletions_at_once: Annotated[int, Field(ge=0)] = 5
    deadline: Annotated[timedelta, BeforeValidator(_lasting)] = timedelta(minutes=15)
    slack_webhook: Hidden | None = None

    concurrency: Annotated[int, Field(ge=1, le=32)] = 2
    look_every: Seconds = 15.0
    quiet_every: Seconds = 60.0
    whole_every: Seconds = 600.0
    poll_every: Seconds = 5.0
    pump_every: Seconds = 1.0
    pause: Seconds = 10.0
    patience: Seconds = 60.0
    request_timeout: Seconds = 60.0
    lease: Seconds = 90.0
    forward: Seconds = 95.0
    cf_requests_per_second: Seconds = 6.0
    github_requests_per_second: Seconds = 12.0
    log_file: Path | None = None

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if not self.request_timeout < self.lease < self.forward:
            raise ValueError("request_timeout, lease and forward must grow in this order")
        if not (self.cf_user and self.cf_password) and not (self.cf_client_id and self.cf_client_secret):
            raise ValueError("cf_user and cf_password are missing (or cf_client_id and cf_client_secret)")
        for name in self.repositories:
            if name.count("/") != 1 or not all(name.split("/")):
                raise ValueError(f"repositories: `{name}` is not written as owner/name")
        if urlsplit(self.cf_api).hostname not in LOOPBACK and self.access != "public":
            raise ValueError(
                "previews cannot ask for a password yet, so everybody on the internet could open them; "
                "if they may, set REVIEWAPPS_ACCESS=public"
            )
        return self

    @property
    def web_url(self) -> str:
        """Where people read GitHub: links in comments begin with it."""
        api = self.github_url.rstrip("/")
        default = {"https://api.github.com": "https://github.com"}.get(api, api.removesuffix("/api/v3"))
        return (self.github_web_url or default).rstrip("/")

    @property
    def grants(self) -> Grants:
        return Grants(
            limit=self.limit,
            expire_after=self.expire_after,
            deletions_at_once=self.deletions_at_once,
            memory_mb=self.memory,
            address=self.app_address,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown to anybody."""
        of_redis = Secret(urlsplit(self.redis_url).password or "")
        known = (self.github_token, self.cf_password, self.cf_client_secret, self.slack_webhook, of_redis)
        return tuple(secret for secret in known if secret)


def settings(environ: Mapping[str, str]) -> Settings:
    """The settings in this process environment; BadSettings names what is wrong, unknown or missing."""
    given = {
        name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX)
    }
    given = {name: value for name, value in given.items() if name.upper() not in INJECTED}
    for name in sorted(given.keys() - Settings.model_fields.keys()):
        raise BadSettings(f"{_variable(name)} is no setting{_nearest(name)}")
    try:
        return Settings.model_validate({name: value for name, value in given.items() if value != ""})
    except ValidationError as wrong:
        raise BadSettings(_sentence(wrong)) from None


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {_variable(near[0])}?" if near else ""


def _sentence(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_input=False)[0]
    what = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return what
    name = _variable(str(first["loc"][0]))
    return f"{name} is missing" if first["type"] == "missing" else f"{name} is not usable: {what}"
