"""From which other spaces a target may take signed droplets."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from reviewapps.errors import BadSettings
from reviewapps.grants.form import File, RepositoryForm, TargetForm

STREAM: Mapping[str, int] = {"review": 0, "staging": 2, "production": 3}
"""Which way builds flow: from previews to dev and others (1), to staging, to production. Never back, so that who
looks after previews needs no role where production lives."""


def sources(file: File, repository: RepositoryForm, kind: str) -> tuple[str, ...]:
    """The spaces (org/space) whose droplets environments of this kind may run: those that their target names, else
    all on the same platform in which the same repository's environments live that come before them."""
    home = file.target[repository.environments[kind]]
    if home.copies_from is None:
        before = (name for other, name in repository.environments.items() if _place(other) < _place(kind))
        found = [other.space for other in map(file.target.__getitem__, before) if other.api == home.api]
    else:
        found = [file.target[name].space if name in file.target else name for name in home.copies_from]
    return tuple(dict.fromkeys(space for space in found if space != home.space))


def _place(kind: str) -> int:
    return STREAM.get(kind, 1)


def check_sources(file: File) -> None:
    """Raise BadSettings where a target names a space that it cannot copy from, or could never run anything."""
    for name, target in file.target.items():
        for source in target.copies_from or ():
            _check_source(file, name, target, source)
        if target.copies_from and file.signing is None:
            raise BadSettings(
                f"target.{name}: `copies_from` takes a key that signs what crosses spaces: "
                "name one under `[signing]`"
            )
        if not target.builds:
            _check_copies_only(file, name, target)


def _check_source(file: File, name: str, target: TargetForm, source: str) -> None:
    if source not in file.target:
        if source.count("/") != 1 or not all(source.split("/")):
            near = difflib.get_close_matches(source, file.target, n=1)
            raise BadSettings(
                f"target.{name}: `copies_from` names `{source}`, which is neither a target nor org/space"
                + (f"; did you mean `{near[0]}`?" if near else "")
            )
    elif file.target[source].api != target.api:
        raise BadSettings(
            f"target.{name}: `copies_from` names `{source}`, which is on another platform: no droplet crosses that"
        )


def _check_copies_only(file: File, name: str, target: TargetForm) -> None:
    if file.signing is None:
        raise BadSettings(
            f"target.{name}: with `builds = false` nothing runs but signed droplets: name a key under `[signing]`"
        )
    for repository in file.repository:
        homes = [kind for kind, home in repository.environments.items() if home == name]
        if "review" in homes:
            raise BadSettings(
                f"target.{name}: previews are built where they live, so `builds` cannot be false"
            )
        for kind in homes:
            if not sources(file, repository, kind):
                raise BadSettings(
                    f"target.{name}: with `builds = false`, {kind} has nothing to run: `copies_from` says whose "
                    "droplets"
                )
