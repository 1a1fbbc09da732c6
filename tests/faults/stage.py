"""A story whose world can be entered at the beginning of any of its scenes, as often as one likes.

Between two scenes everything is settled, and the world is put away: its home is kept as it is. To enter a
scene, that home is laid out again in the same place, at the same addresses, with what Redis held, and a new
orchestrator goes on."""

from __future__ import annotations

import copy
import filecmp
import os
import random
import shutil
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
    for folder, folders, files in os.walk(target, topdown=False):
        there = source / Path(folder).relative_to(target)
        for name in files:
            if not os.path.lexists(there / name):
                (Path(folder) / name).unlink()
        for name in folders:
            path = Path(folder) / name
            if not os.path.lexists(there / name):
                path.unlink() if path.is_symlink() else path.rmdir()
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        _make(Path(folder), here)
        for name in files + [name for name in folders if (Path(folder) / name).is_symlink()]:
            _copy(Path(folder) / name, here / name)


def _make(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    _hand_over(source, target)


def _copy(source: Path, target: Path) -> None:
    if source.is_socket():
        return
    if os.path.lexists(target) and filecmp._sig(source.lstat()) == filecmp._sig(target.lstat()):  # type: ignore[attr-defined]
        return
    target.unlink(missing_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)
    _hand_over(source, target)


def _hand_over(source: Path, target: Path) -> None:
    """To whom it belonged: PostgreSQL runs as nobody where we are root."""
    was = source.lstat()
    if not target.is_symlink():
        target.chmod(was.st_mode)
    if os.geteuid() == 0:
        os.chown(target, was.st_uid, was.st_gid, follow_symlinks=False)
