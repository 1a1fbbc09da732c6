"""From the text of ``reviewapps.toml`` to grants; what is misspelt or contradicts itself is named."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from reviewapps.approval import Requires
from reviewapps.errors import BadSettings, Missing
from reviewapps.gate import Gate, gate_of
from reviewapps.grants.form import (
    EVERYWHERE,
    File,
    GitHubForm,
    LookEvery,
    RepositoryForm,
    SigningForm,
    TargetForm,
    WebForm,
    what_is_wrong,
)
from reviewapps.grants.grants import GATE_NAME, GitHubAccess, Grant, Grants, Target
from reviewapps.grants.secrets import (
    Found,
    GateWords,
    account_of,
    app_key_of,
    gate_words_of,
    github_token_of,
    ring_of,
    sign_in_of,
    web_token_of,
    webhook_secret_of,
)
from reviewapps.grants.slack import Channels, Slack
from reviewapps.grants.slack_form import SlackForm, slack_of
from reviewapps.grants.sources import check_sources, sources
from reviewapps.rules.section_values import floor

NAME = "reviewapps.toml"

GATE = "gate"
"""The name of the secret that opens the gates."""

USUAL_FLOORS: Mapping[str, Requires] = {"production": floor({"approvals": 1})}
"""The least that is asked where the file does not say: what reaches production is what somebody else saw."""

Find = Callable[[str, str | None], Found]
"""The secret of this name, and where the file says that it is found (None: it does not say)."""


@dataclass(frozen=True)
class Described:
    """What the file says: the grants, and how often to look where it says so (seconds)."""

    grants: Grants
    busy: float | None
    quiet: float | None


def grants(text: str, find: Find, file: str = NAME) -> Described:
    """The installation that ``text`` describes. BadSettings names the file, the key and what is wrong."""
    try:
        form = File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise BadSettings(f"{file} cannot be read: {wrong}") from None
    except ValidationError as wrong:
        raise BadSettings(f"{file}: {_sentence(wrong)}") from None
    try:
        _check_names(form)
        return Described(_grants(form, find), form.look_every.busy, form.look_every.quiet)
    except BadSettings as wrong:
        raise BadSettings(f"{file}: {wrong}") from None


def _grants(form: File, find: Find) -> Grants:
    def found(name: str) -> Found:
        return find(name, form.credentials.get(name))

    kept = {name: one for name, one in form.target.items() if not form.only or name in _used_targets(form)}
    gate = _gates(form, kept, found)
    targets = {name: _target(name, one, found, form.credentials, gate) for name, one in kept.items()}
    return Grants(
        instance=form.instance,
        address=form.address.rstrip("/"),
        mode=form.mode,
        targets=targets,
        repositories={one.name: _grant(one, form, targets) for one in form.repository},
        github=_github(form.github, found(form.github.credentials)),
        slack=_slack(form, found),
        web_token=web_token_of(form.web.credentials, found(form.web.credentials)) if form.web else None,
        signing=ring_of(form.signing.credentials, found(form.signing.credentials)) if form.signing else None,
    )


def _github(form: GitHubForm, found: Found) -> GitHubAccess:
    app = app_key_of(form.credentials, found, None if form.app_id is None else str(form.app_id))
    return GitHubAccess(
        token=github_token_of(form.credentials, found) if app is None else None,
        app=app,
        url=form.url,
        web_url=form.web_url,
        webhook_secret=webhook_secret_of(found),
        sign_in=sign_in_of(found),
    )


def _slack(form: File, found: Callable[[str], Found]) -> Slack | None:
    if form.slack is None:
        return None
    told = {one.name: one.slack for one in form.repository if one.slack}
    return slack_of(form.slack, found(form.slack.credentials), cast("dict[str, Channels]", told))


Gated = Callable[[str, TargetForm], Gate | None]
"""The gate before a target, by the target's name and form."""


def _used_targets(form: File) -> frozenset[str]:
    """The targets in which something lives that this installation keeps: only their secrets have to be there."""
    homes = (home for one in form.repository for home in one.environments.items())
    return frozenset(target for kind, target in homes if kind in form.only)


def _gates(form: File, kept: Mapping[str, TargetForm], found: Callable[[str], Found]) -> Gated:
    words = _gate_words(form, kept, found)

    def gate(name: str, target: TargetForm) -> Gate | None:
        if words is None or not _is_gated(target):
            return None
        return gate_of(
            target.gate or GATE_NAME,
            words.password,
            words.bypass,
            whose=f"{form.instance}/{name}",
            asks=target.access == "password",
        )

    return gate


def _gate_words(
    form: File, kept: Mapping[str, TargetForm], found: Callable[[str], Found]
) -> GateWords | None:
    """What opens the gates, where there is any; None where that is not said, which only settings can judge."""
    if not any(_is_gated(target) for target in kept.values()):
        return None
    asked_for = GATE in form.credentials or any(target.gate for target in kept.values())
    try:
        return gate_words_of(GATE, found(GATE))
    except Missing:
        if asked_for:
            raise
        return None


def _is_gated(target: TargetForm) -> bool:
    return target.access == "password" or target.gate is not None


def _target(
    name: str,
    form: TargetForm,
    found: Callable[[str], Found],
    found_at: Mapping[str, str],
    gate: Gated,
) -> Target:
    org, _, space = form.space.partition("/")
    return Target(
        name=name,
        api=form.api,
        org=org,
        space=space,
        account=account_of(form.credentials, found(form.credentials)),
        domain=form.domain,
        address=form.address,
        access=form.access,
        credentials=form.credentials,
        found_at=found_at.get(form.credentials),
        gate=gate(name, form),
        postgres=form.postgres,
        memory_mb=form.memory,
    )


def _grant(form: RepositoryForm, file: File, targets: Mapping[str, Target]) -> Grant:
    mine = {kind: name for kind, name in form.environments.items() if not file.only or kind in file.only}
    return Grant(
        targets=mine,
        addresses={kind: targets[name].address for kind, name in mine.items()},
        entrances={kind: targets[name].entrance for kind, name in mine.items()},
        caps={kind: mb for kind, name in mine.items() if (mb := targets[name].memory_mb) is not None},
        limit=form.limit,
        expire_after=form.expire_after,
        deletions_at_once=file.deletions_at_once,
        memory_mb=form.memory,
        disk_mb=form.disk,
        services=form.services.get(EVERYWHERE, frozenset()),
        services_of_kind={kind: names for kind, names in form.services.items() if kind != EVERYWHERE},
        plans=frozenset(form.plans),
        floors={**{kind: one for kind, one in USUAL_FLOORS.items() if kind in mine}, **form.requires},
        databases=frozenset(kind for kind, name in mine.items() if targets[name].postgres is not None),
        elsewhere=frozenset(form.environments.keys() - mine.keys()),
        sources=_sources(file, form, mine) if file.signing is not None else {},
        sources_without_key=_sources(file, form, mine) if file.signing is None else {},
        previews_home=file.target[mine["review"]].space if "review" in mine else "",
        copies_only=frozenset(kind for kind, name in mine.items() if not file.target[name].builds),
        signs=file.signing is not None,
        keep_merged=form.keep_merged,
        keep_closed=form.keep_closed,
    )


def _sources(file: File, form: RepositoryForm, kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found = ((kind, sources(file, form, kind)) for kind in kinds)
    return {kind: spaces for kind, spaces in found if spaces}


def _check_names(form: File) -> None:
    for repository in form.repository:
        for kind, target in repository.environments.items():
            if target not in form.target:
                near = _nearest(target, form.target)
                raise BadSettings(
                    f"{repository.name}: {kind} lives in `{target}`, and there is no such target{near}"
                )
        for key, kinds in (("requires", repository.requires), ("services", repository.services)):
            for kind in kinds.keys() - {EVERYWHERE}:
                if kind not in repository.environments:
                    near = _nearest(kind, repository.environments)
                    raise BadSettings(
                        f"{repository.name}: `{key}` names `{kind}`, which is not granted{near}"
                    )
    check_sources(form)
    names = [repository.name.lower() for repository in form.repository]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadSettings(f"the repository {twice} stands there twice")
    used = {form.github.credentials, *(one.credentials for one in form.target.values())}
    used |= {one.credentials for one in (form.slack, form.web, form.signing) if one is not None}
    used |= {GATE} if any(map(_is_gated, form.target.values())) else set()
    if idle := sorted(form.credentials.keys() - used):
        raise BadSettings(f"credentials.{idle[0]} is used by nothing{_nearest(idle[0], used)}")


# --- what is wrong, in words ---

FORMS: Mapping[str, type[BaseModel]] = {
    "": File,
    "look_every": LookEvery,
    "github": GitHubForm,
    "slack": SlackForm,
    "web": WebForm,
    "signing": SigningForm,
    "target": TargetForm,
    "repository": RepositoryForm,
}
LATER: Mapping[str, tuple[str, ...]] = {
    "": ("price",),
    "target": ("rotate_after",),
    "repository": ("adopt", "forks", "logs_in_comment"),
}
"""Keys that are foreseen and not built yet."""


def _sentence(wrong: ValidationError) -> str:
    errors = wrong.errors(include_url=False, include_input=False)
    # A misspelt key is also a missing one: say what stands there, not what does not.
    error = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    way = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        return _unknown(way)
    name = _dotted(way)
    if error["type"] == "missing":
        return f"`{name}` is missing"
    return f"`{name}` is not usable: {what_is_wrong(error)}"


def _unknown(way: tuple[str | int, ...]) -> str:
    around, key = str(way[0]) if len(way) > 1 else "", str(way[-1])
    if key in LATER.get(around, ()):
        return f"`{_dotted(way)}` is not built yet"
    known = FORMS.get(around, File).model_fields
    return f"`{_dotted(way)}` is unknown{_nearest(key, known)}"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _dotted(way: tuple[Any, ...]) -> str:
    """Where it stands, as TOML writes it: of lists the first is [1]."""
    words = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in way if part != "[key]")
    return "".join(words).lstrip(".")
