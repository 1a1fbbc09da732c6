"""A story whose world can be entered at the beginning of any of its scenes, as often as one likes.

Between two scenes everything is settled, and the world is put away: its home is kept as it is. To enter a
scene, that home is laid out again in the same place, at the same addresses, with what Redis held, and a new
orchestrator goes on."""

from __future__ import annotations

import copy
import os
import random
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reviewapps.sandbox.addresses import Ports
from reviewapps.sandbox.loopback import is_free
from tests.faults.days import SoFar, Story
from tests.faults.shop import Memory, Shop
from tests.stories.conftest import hurry

_PORTS: Final = range(10_000, 20_000)
"""Below what systems give to outgoing connections and what the sandbox gives to its apps."""


@dataclass(frozen=True)
class Kept:
    """A world that was put away, and what is known of it."""

    home: Path
    now: SoFar
    lines: tuple[str, ...]
    memory: Memory = ()


class Stage:
    """In ``folder``, which nobody else uses."""

    def __init__(self, folder: Path, story: Story) -> None:
        self._story, self._folder, self._home = story, folder, folder / "home"
        self._ports = _free_ports()
        self._kept: list[Kept] = []
        with self._opened(()) as shop:
            story.prepare(shop)
        self.keep(SoFar(), ())

    def keep(self, now: SoFar, lines: tuple[str, ...], memory: Memory = ()) -> None:
        """Put the world away in which a scene has just ended: it is where the next one begins."""
        home = self._folder / f"scene-{len(self._kept)}"
        _lay_out(self._home, home)
        self._kept.append(Kept(home, copy.deepcopy(now), lines, memory))

    @contextmanager
    def entered(self, scene: int) -> Iterator[tuple[Shop, SoFar]]:
        """The world as it was at the beginning of a scene."""
        kept = self._kept[scene]
        _lay_out(kept.home, self._home)
        with self._opened(kept.lines) as shop:
            shop.remember(kept.memory)
            yield shop, copy.deepcopy(kept.now)

    def keep_logs(self, target: Path) -> None:
        """What was written down in the world that was entered last, but for the platform's files."""
        for name in ("logs", "github"):
            shutil.copytree(self._home / name, target / name)

    @contextmanager
    def _opened(self, lines: tuple[str, ...]) -> Iterator[Shop]:
        with Shop(self._home, self._ports, lines) as shop:
            hurry(shop.world.cloudfoundry.settings)
            yield shop


def _free_ports() -> Ports:
    chance = random.Random(os.getpid())
    free = (port for port in iter(lambda: chance.choice(_PORTS), None) if is_free(port))
    return Ports(next(free), next(free), next(free))


def _lay_out(source: Path, target: Path) -> None:
    """Let ``target`` be as ``source`` is. Files that look the same are left alone: a PostgreSQL has a thousand."""
    target.mkdir(parents=True, exist_ok=True)
    _hand_over(source.lstat(), target)
    wanted, found = _entries(source), _entries(target)
    for name, entry in found.items():
        if name not in wanted or _is_folder(entry) != _is_folder(wanted[name]):
            shutil.rmtree(entry.path) if _is_folder(entry) else Path(entry.path).unlink()
    for name, entry in wanted.items():
        if _is_folder(entry):
            _lay_out(Path(entry.path), target / name)
        elif not _looks_like(entry, found.get(name)) and not stat.S_ISSOCK(_stat(entry).st_mode):
            _copy(entry, target / name)


def _copy(source: os.DirEntry[str], target: Path) -> None:
    target.unlink(missing_ok=True)
    shutil.copy2(source.path, target, follow_symlinks=False)
    _hand_over(_stat(source), target)


def _hand_over(was: os.stat_result, target: Path) -> None:
    """To whom it belonged: PostgreSQL runs as nobody where we are root."""
    if not stat.S_ISLNK(was.st_mode):
        target.chmod(was.st_mode)
    if os.geteuid() == 0:
        os.chown(target, was.st_uid, was.st_gid, follow_symlinks=False)


def _looks_like(one: os.DirEntry[str], other: os.DirEntry[str] | None) -> bool:
    return other is not None and _signature(_stat(one)) == _signature(_stat(other))


def _signature(seen: os.stat_result) -> tuple[int, int, int]:
    return stat.S_IFMT(seen.st_mode), seen.st_size, seen.st_mtime_ns


def _entries(folder: Path) -> dict[str, os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return {entry.name: entry for entry in entries}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _stat(entry: os.DirEntry[str]) -> os.stat_result:
    return entry.stat(follow_symlinks=False)
