"""One thing goes wrong with one request, and at the end everything must be as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reviewapps import logs
from reviewapps.demo.onlooker import TooLate
from reviewapps.sandbox.faults import Fault
from tests.contract.answers import ANSWERS, listen
from tests.faults.days import POSTGRES, STORIES, settle_in
from tests.faults.driver import Driver
from tests.faults.requests import PATIENCE, Kind, Request, made
from tests.faults.shop import Shop
from tests.stories.conftest import hurry

BRISK: Final = {
    "LOOK_EVERY": "0.1",
    "POLL_EVERY": "0.05",
    "QUIET_EVERY": "1",
    "REQUEST_TIMEOUT": f"{PATIENCE:g}",
    "POSTGRES": POSTGRES,
}


@dataclass(frozen=True)
class Day:
    """What came of one day: all that was ``odd``, and every request that was made. ``struck`` is whether the
    fault came to pass: what is asked again and again is asked less often on a quick day."""

    odd: tuple[str, ...]
    builds: int
    requests: tuple[Request, ...]
    struck: bool = True


@dataclass(frozen=True)
class Trial:
    """A day on which this request goes wrong in this way."""

    story: str
    request: Request
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind:7}  {self.story:10}  {self.request}"


def day(home: Path, story: str, struck: Request | None = None, kind: Kind = "500") -> Day:
    """A day of this name is lived through, while one request goes wrong."""
    live, builds = STORIES[story]
    with Shop(home, **BRISK) as shop:
        hurry(shop.world.cloudfoundry.settings)
        settle_in(shop)
        fault = struck.fault(kind) if struck is not None else Fault(nth=0)
        if struck is not None:
            getattr(shop.world, struck.server).observed.plan(fault)
        driver = Driver(shop)
        odd: list[str] = []
        try:
            odd += live(shop)
        except Exception as broken:  # whatever it is, that day did not end well
            odd.append(str(broken) if isinstance(broken, TooLate) else traceback.format_exc(limit=-3))
        odd += [f"crashed: {crash}" for crash in driver.crashes] + ANSWERS.mistakes()
        made_builds = shop.builds("shop-pr-1") + shop.builds("shop-dev")
        if made_builds > builds + (struck is not None):
            odd.append(f"{made_builds} builds where {builds} would do")
        return Day(tuple(odd), made_builds, tuple(made(shop)), fault.seen >= fault.nth)


def begin(folder: str) -> None:
    """Get a process ready for many days."""
    listen()
    logs.configure(file=Path(folder) / f"log-{os.getpid()}")


def healthy_day(folder: str, story: str) -> Day:
    """A day on which nothing goes wrong."""
    return day(Path(folder) / story.replace(" ", "-"), story)


def tried(folder: str, number: int, trial: Trial) -> tuple[Trial, Day, float]:
    """What came of it, and after how many seconds."""
    began, home = time.monotonic(), Path(folder) / f"day-{number}"
    went = day(home, trial.story, trial.request, trial.kind)
    shutil.rmtree(home, ignore_errors=True)
    return trial, went, time.monotonic() - began
