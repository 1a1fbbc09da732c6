"""Packages that this machine has installed already, so that a build need not fetch them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTIONS = re.compile(r"\s--[a-z].*$")
_INCLUDED = re.compile(r"(?:-r|--requirement)[\s=]*(\S+)$")
_COMMAND = re.compile(r"(?:\.\./)+bin/([^/]+)$")


class NotAtHand(Exception):
    """Something is asked for that is not installed here, or not in words that are understood here."""


def at_hand(requirements: Path) -> list[Distribution]:
    """All that this file asks for, with what that needs in turn, as it is installed on this machine.

    Raises NotAtHand where one is missing, has another version, or comes from an address of its own.
    """
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    asked = list(_asked(requirements))
    while asked:
        one = asked.pop()
        if str(one) in seen:
            continue
        seen.add(str(one))
        installed = _installed(one)
        found[canonicalize_name(one.name)] = installed
        asked += _needed(installed, one.extras)
    return list(found.values())


def linked(packages: list[Distribution], folder: Path) -> None:
    """Lay the packages out in ``folder`` as ``pip install --target`` does, but as links; commands are copies."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    for one in packages:
        for file in one.files or ():
            command = _COMMAND.search(str(file))
            target = folder / ("bin/" + command[1] if command else file.parts[0])
            source = Path(str(one.locate_file(file if command else file.parts[0]))).resolve()
            if command:
                shutil.copy(source, target)
            elif file.parts[0] not in ("..", "__pycache__") and source.exists() and not target.exists():
                target.symlink_to(source)


def _asked(requirements: Path) -> Iterator[Requirement]:
    text = _CONTINUED.sub(" ", requirements.read_text(encoding="utf-8", errors="replace"))
    for line in (_COMMENT.sub("", line).strip() for line in text.splitlines()):
        if included := _INCLUDED.match(line):
            yield from _asked(requirements.parent / included[1])
        elif line:
            asked = _requirement(_OPTIONS.sub("", line))
            if asked.marker is None or asked.marker.evaluate():
                yield asked


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as strange:
        raise NotAtHand(text) from strange


def _installed(asked: Requirement) -> Distribution:
    try:
        found = distribution(asked.name)
    except PackageNotFoundError as missing:
        raise NotAtHand(asked.name) from missing
    if asked.url or not asked.specifier.contains(found.version, prereleases=True):
        raise NotAtHand(f"{asked}: {found.version} is installed")
    return found


def _needed(installed: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for one in map(_requirement, installed.requires or ()):
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield one
