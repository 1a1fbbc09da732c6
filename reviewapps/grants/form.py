"""The form of ``reviewapps.toml``: which keys there are, and what each takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from reviewapps.approval import Requires
from reviewapps.grants.grants import KNOWN, MOST_DISK, Mode, Visibility
from reviewapps.grants.slack_form import RepositoryChannels, SlackForm
from reviewapps.rules.section_values import floor
from reviewapps.rules.units import duration, megabytes

ENVIRONMENT = r"[a-z][a-z0-9-]{0,29}"
CLOUD_GOV = "https://api.fr.cloud.gov"
INSTANCE = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
GATE = r"^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$"
PAGE = r"^(https?://[^/\s]+/?)?$"
APP_ADDRESS = r"^https?://\{host\}(:\d+)?$"

IN_WORDS: Final = {
    INSTANCE: "it takes small letters, digits and dashes inside, 32 at most, such as acme-reviews",
    GATE: "it takes small letters, digits and dashes inside, 42 at most, and begins with a letter",
    PAGE: "it takes scheme and host alone, such as https://reviewapps.example.gov",
    APP_ADDRESS: "it takes https://{host}, or with a port https://{host}:8443",
    "^(public|password)$": "it takes password or public",
}
"""What each expression asks for, to people."""


def what_is_wrong(error: Mapping[str, Any]) -> str:
    """What pydantic has against a value, without its expressions."""
    words = IN_WORDS.get((error.get("ctx") or {}).get("pattern", ""), "")
    return words or str(error["msg"]).removeprefix("Value error, ")


SECRET_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"  # noqa: S105 - of a name
BEGINNINGS = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xoxb-", "xoxp-", "xapp-")
"""Of tokens of GitHub and Slack."""


def _lasting(value: Any) -> Any:
    return duration(value) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    return duration(value).total_seconds() if isinstance(value, str) else value


def _sized(value: Any) -> Any:
    return megabytes(value) if isinstance(value, str) else value


def _space(value: str) -> str:
    if value.count("/") != 1 or not all(value.split("/")):
        raise ValueError("is written as org/space")
    return value


def _repository(value: str) -> str:
    if value.count("/") != 1 or not all(value.split("/")):
        raise ValueError(f"`{value}` is not written as owner/name")
    return value


def _plan(value: str) -> str:
    if value.count("/") != 1 or not all(value.split("/")):
        raise ValueError(f"`{value}` is not written as offering/plan")
    return value


def _kinds(value: tuple[str, ...]) -> tuple[str, ...]:
    for kind in value:
        _kind(kind)
    return value


def _kind(kind: str) -> str:
    if not re.fullmatch(ENVIRONMENT, kind) or kind.startswith("pr-"):
        raise ValueError(f"`{kind}` is no name for an environment")
    near = difflib.get_close_matches(kind, KNOWN, n=1, cutoff=0.8)
    if near and near[0] != kind:
        raise ValueError(f"`{kind}` is no environment that is known; did you mean `{near[0]}`?")
    return kind


def _secret_name(value: str) -> str:
    """The value, which is not shown where it is none: somebody may have put the secret itself there."""
    if not re.fullmatch(SECRET_NAME, value) or value.lower().startswith(BEGINNINGS):
        raise ValueError(
            "takes the name of a secret, never the secret: up to 40 letters, digits, `.`, `-` and `_`. Was it a "
            "secret? It stands in a file now: make another one"
        )
    return value


EVERYWHERE = "*"
"""Stands for every kind of environment."""


def _services(value: Any) -> Mapping[str, frozenset[str]]:
    """By kind; a list is for every kind."""
    by_kind = value if isinstance(value, dict) else {EVERYWHERE: value}
    lists = all(isinstance(names, list) for names in by_kind.values())
    if not lists or not all(isinstance(name, str) and name for names in by_kind.values() for name in names):
        raise ValueError("takes a list of names, or one for each kind: { review = [], production = [NAME] }")
    return {kind if kind == EVERYWHERE else _kind(kind): frozenset(names) for kind, names in by_kind.items()}


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _an_hour(value: timedelta) -> timedelta:
    if value > timedelta(hours=1):
        raise ValueError("is an hour at most")
    return value


Duration = Annotated[timedelta, BeforeValidator(_lasting)]
Size = Annotated[int, BeforeValidator(_sized), Field(gt=0)]
Limit = Annotated[int, Field(ge=0, le=200)]
Plan = Annotated[str, AfterValidator(_plan)]
Kind = Annotated[str, AfterValidator(_kind)]
SecretName = Annotated[str, AfterValidator(_secret_name)]
RepositoryName = Annotated[str, AfterValidator(_repository)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LookEvery(Form):
    """How often to look, seconds: at GitHub, and at Cloud Foundry while GitHub has no news."""

    busy: Annotated[float, BeforeValidator(_seconds), Field(gt=0)] | None = None
    quiet: Annotated[float, BeforeValidator(_seconds), Field(gt=0)] | None = None


class GitHubForm(Form):
    """``app_id`` is said here where the secret is the App's key and nothing else."""

    url: str = "https://api.github.com"
    web_url: str = ""
    credentials: SecretName = "github"
    app_id: int | str | None = None


class WebForm(Form):
    """What the status page asks for, where it is open to others than this machine."""

    credentials: SecretName = "web"


class SigningForm(Form):
    """What signs droplets that cross spaces: the name of a secret that holds one key or several."""

    credentials: str = "signing"


class TargetForm(Form):
    """One ``[target.NAME]``. ``credentials`` is the name of a secret, never the secret. ``gate`` is what the
    app before previews is called; named where ``access`` is "public", it lets everybody in and keeps robots out.
    ``postgres`` names the service instance in which environments get a database of their own.
    ``memory`` is for previews, their builds and their switches together. ``copies_from`` are the spaces whose
    signed droplets are used here, as targets or as org/space; ``builds``: whether anything is staged here.
    """

    api: str = CLOUD_GOV
    space: Annotated[str, AfterValidator(_space)]
    domain: str | None = None
    credentials: SecretName
    address: Annotated[str, Field(pattern=APP_ADDRESS)] = "https://{host}"
    access: Visibility = "password"
    gate: Annotated[str, Field(pattern=GATE)] | None = None
    postgres: Annotated[str, Field(min_length=1)] | None = None
    memory: Size | None = None
    copies_from: Annotated[tuple[str, ...], BeforeValidator(_listed)] | None = None
    builds: bool = True


class RepositoryForm(Form):
    """One ``[[repository]]``. ``environments`` are targets by kind of environment; ``services`` are for all
    of them, or by kind. ``keep_merged`` is for how long a merged preview's build is kept for another installation
    to copy, ``keep_closed`` for how long a closed one's is for the case that it is reopened."""

    name: RepositoryName
    environments: Annotated[Mapping[Kind, str], Field(min_length=1)]
    limit: Limit = 5
    expire_after: Duration = timedelta(days=10)
    memory: Size = 2048
    disk: Size = MOST_DISK
    services: Annotated[Mapping[str, frozenset[str]], PlainValidator(_services)] = Field(default_factory=dict)
    plans: Annotated[tuple[Plan, ...], BeforeValidator(_listed)] = ()
    requires: Mapping[str, Annotated[Requires, PlainValidator(floor)]] = Field(default_factory=dict)
    slack: RepositoryChannels = Field(default_factory=dict)
    keep_merged: Annotated[Duration, AfterValidator(_an_hour)] = timedelta(0)
    keep_closed: Annotated[Duration, AfterValidator(_an_hour)] = timedelta(0)


class File(Form):
    instance: Annotated[str, Field(pattern=INSTANCE)] = "reviewapps"
    address: Annotated[str, Field(pattern=PAGE)] = ""
    mode: Mode = "act"
    only: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_kinds)] = ()
    deletions_at_once: Annotated[int, Field(ge=0)] = 5
    look_every: LookEvery = LookEvery()
    credentials: Mapping[str, str] = Field(default_factory=dict)
    github: GitHubForm = GitHubForm()
    slack: SlackForm | None = None
    web: WebForm | None = None
    signing: SigningForm | None = None
    target: Annotated[Mapping[str, TargetForm], Field(min_length=1)]
    repository: Annotated[tuple[RepositoryForm, ...], BeforeValidator(_listed), Field(min_length=1)]
