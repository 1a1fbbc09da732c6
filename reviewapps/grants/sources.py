"""From which other spaces a target may take signed droplets."""

from __future__ import annotations

import difflib

from reviewapps.errors import BadSettings
from reviewapps.grants.form import File, RepositoryForm, TargetForm


def sources(file: File, repository: RepositoryForm, home: TargetForm) -> tuple[str, ...]:
    """The spaces (org/space) whose droplets this repository's environments in ``home`` may run: those that it
    names, else all in which the same repository's environments live on the same platform."""
    if home.copies_from is None:
        others = (file.target[name] for name in repository.environments.values())
        found = [other.space for other in others if other.api == home.api]
    else:
        found = [file.target[name].space if name in file.target else name for name in home.copies_from]
    return tuple(dict.fromkeys(space for space in found if space != home.space))


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
        homes = {kind: home for kind, home in repository.environments.items() if home == name}
        if "review" in homes:
            raise BadSettings(
                f"target.{name}: previews are built where they live, so `builds` cannot be false"
            )
        if homes and not sources(file, repository, target):
            raise BadSettings(
                f"target.{name}: with `builds = false` it has nothing to run: `copies_from` says whose droplets"
            )
