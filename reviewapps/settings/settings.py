"""The process environment and ``reviewapps.toml`` → one frozen value.

Every setting is a variable ``REVIEWAPPS_…``; unknown ones refuse to start, since a misspelt limit is no limit.
What an installation is stands in ``reviewapps.toml``, or, for a single target, in variables; never in both.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reviewapps import grants as operator
from reviewapps.errors import BadSettings
from reviewapps.grants import Grants
from reviewapps.grants.file import NAME, Described
from reviewapps.grants.form import what_is_wrong
from reviewapps.logs import Form
from reviewapps.model import Secret
from reviewapps.settings.bound import bound_redis
from reviewapps.settings.fields import LOOPBACK, Address, Bind, Duration, RedisAddress, Seconds
from reviewapps.settings.own import own_app
from reviewapps.settings.secrets import SECRET, Secrets
from reviewapps.settings.single import Single

PREFIX = "REVIEWAPPS_"
FILE = PREFIX + "FILE"
"""The variable that names ``reviewapps.toml``, where it is not that of the working folder."""

INJECTED = frozenset({"URL", "HOST", "ENVIRONMENT", "PULL_REQUEST", "COMMIT"})
"""What a preview is given. Should reviewapps run as a preview of itself, these are no settings of it."""


class Process(BaseModel):
    """How this process works. Durations called ``…_every`` and timeouts are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    redis_url: RedisAddress = Secret("")
    redis_server: str | None = None
    home: Path = Path(".reviewapps")
    deadline: Duration = timedelta(minutes=15)

    concurrency: Annotated[int, Field(ge=1, le=32)] = 2
    look_every: Seconds = 15.0
    quiet_every: Seconds = 60.0
    whole_every: Seconds = 600.0
    poll_every: Seconds = 5.0
    pump_every: Seconds = 0.2
    pause: Seconds = 10.0
    patience: Seconds = 60.0
    request_timeout: Seconds = 60.0
    lease: Seconds = 90.0
    forward: Seconds = 95.0
    cf_requests_per_second: Seconds = 6.0
    github_requests_per_second: Seconds = 12.0
    log_file: Path | None = None
    log: Form = "auto"
    bind: Address = Bind("127.0.0.1", 8080)

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if not self.request_timeout < self.lease < self.forward:
            named = "REVIEWAPPS_REQUEST_TIMEOUT, REVIEWAPPS_LEASE and REVIEWAPPS_FORWARD"
            raise ValueError(f"{named} must grow in this order")
        return self


VARIABLES = Process.model_fields.keys() | Single.model_fields.keys()
"""What may be set, without the prefix; beside them ``REVIEWAPPS_FILE`` and the secrets."""


class Settings(Process):
    """What one installation is told."""

    grants: Grants
    """Variables ``REVIEWAPPS_SECRET_…`` that nothing asked for."""

    @property
    def instance(self) -> str:
        return self.grants.instance

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(self.grants.repositories)

    @property
    def prefix(self) -> str:
        """Of every key in Redis, so that installations can share one."""
        return f"reviewapps:{self.instance}:"

    @property
    def exposed(self) -> str:
        """Why the status page would be open to everybody, and what to do about it; empty where it is not."""
        if self.bind.loopback or self.grants.web_token is not None or self.grants.github.sign_in is not None:
            return ""
        return (
            f"the status page would be open to everybody at {self.bind.host}: set REVIEWAPPS_WEB_TOKEN (or "
            "[web] in reviewapps.toml), or let REVIEWAPPS_BIND be 127.0.0.1:8080"
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown to anybody."""
        of_redis = urlsplit(self.redis_url).password or ""
        words = dict.fromkeys((of_redis, unquote(of_redis)))
        return tuple(secret for secret in (*self.grants.secrets, *map(Secret, words)) if secret)


def settings(environ: Mapping[str, str], folder: Path = Path()) -> Settings:
    """The settings in this process environment and, where there is one, in the ``reviewapps.toml`` that it
    names or that ``folder`` holds; BadSettings names what is wrong, unknown or missing."""
    given = variables(environ)
    process: dict[str, object] = {n: value for n, value in given.items() if n in Process.model_fields}
    process = _placed(environ) | process
    if "redis_url" not in process:
        process["redis_url"] = bound_redis(environ)
    single = {name: value for name, value in given.items() if name in Single.model_fields}
    file = _file(environ, folder)
    try:
        secrets = Secrets(environ)
        if file is None:
            granted = Single.model_validate(single).grants
        else:
            described = _described(file, single, secrets)
            granted, process = described.grants, _paced(described) | process
        secrets.check_named(_words(file))
        granted = _addressed(granted, environ)
        told = Settings.model_validate(process | {"grants": granted})
    except ValidationError as wrong:
        raise BadSettings(_sentence(wrong)) from None
    _check_access(granted)
    return told


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Our variables that say something, without their prefix; BadSettings names one that is unknown."""
    known = VARIABLES | {"file"}
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and not name.startswith(SECRET)
    }
    given = {name: value for name, value in given.items() if name.upper() not in INJECTED}
    for name in sorted(given.keys() - known):
        raise BadSettings(f"{_variable(name)} is no setting{_nearest(name, known)}")
    return {name: value for name, value in given.items() if value.strip() and name != "file"}


def _file(environ: Mapping[str, str], folder: Path) -> Path | None:
    named = environ.get(FILE)
    if named:
        return Path(named)
    usual = folder / NAME
    return usual if usual.is_file() else None


def _placed(environ: Mapping[str, str]) -> dict[str, object]:
    """On Cloud Foundry the router comes in at the port that the platform names."""
    if "VCAP_APPLICATION" not in environ or not environ.get("PORT"):
        return {}
    return {"bind": f"0.0.0.0:{environ['PORT']}"}


def _addressed(grants: Grants, environ: Mapping[str, str]) -> Grants:
    """On Cloud Foundry people find the status page where the platform leads to us."""
    own = own_app(environ)
    return replace(grants, address=own.address) if own is not None and not grants.address else grants


def _described(file: Path, single: Mapping[str, str], secrets: Secrets) -> Described:
    for name in sorted(single):
        raise BadSettings(f"{_variable(name)} and {file} describe the same; keep one of them")
    try:
        text = file.read_text()
    except OSError as wrong:
        raise BadSettings(f"{file} cannot be read: {wrong.strerror}") from None
    except UnicodeDecodeError as wrong:
        raise BadSettings(f"{file} cannot be read: {wrong}") from None
    return operator.grants(text, secrets.find, str(file))


def _words(file: Path | None) -> set[str]:
    """Every key and every text of the file: whatever may be a secret's name, also one that ``only`` leaves out."""
    left: list[object] = [tomllib.loads(file.read_text())] if file is not None else []
    words: set[str] = set()
    while left:
        match left.pop():
            case dict() as table:
                words.update(map(str, table))
                left += table.values()
            case list() as several:
                left += several
            case str() as text:
                words.add(text)
    return words


def _paced(described: Described) -> dict[str, object]:
    wished = {"look_every": described.busy, "quiet_every": described.quiet}
    return {name: seconds for name, seconds in wished.items() if seconds is not None}


def _check_access(grants: Grants) -> None:
    for target in grants.targets.values():
        if urlsplit(target.api).hostname in LOOPBACK or target.access == "public":
            continue
        if target.gate is None:
            raise BadSettings(
                "previews ask for a password, and there is none: set REVIEWAPPS_GATE_PASSWORD (or the secret "
                "`gate`, named in reviewapps.toml). If everybody on the internet may open them, set "
                f'REVIEWAPPS_ACCESS=public (or access = "public" for the target {target.name})'
            )


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {_variable(near[0])}?" if near else ""


def _sentence(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_input=False)[0]
    what = what_is_wrong(first)
    if not first["loc"]:
        return what
    name = _variable(str(first["loc"][0]))
    return f"{name} is missing" if first["type"] == "missing" else f"{name} is not usable: {what}"
