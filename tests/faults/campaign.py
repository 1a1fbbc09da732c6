"""One thing goes wrong with one request, and at the end everything must be as if nothing had happened."""

from __future__ import annotations

import gc
import os
import re
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from reviewapps import logs
from reviewapps.demo.onlooker import TooLate
from reviewapps.sandbox.faults import Fault
from tests.contract.answers import ANSWERS, listen
from tests.faults.a_database import A_DATABASE
from tests.faults.an_app import AN_APP
from tests.faults.crew import Crew
from tests.faults.days import Scene, SoFar, Story, left
from tests.faults.guarded import GUARDED
from tests.faults.requests import Blow, Kind, Late, Request, made
from tests.faults.shared import SHARED
from tests.faults.shop import Shop
from tests.faults.stage import Stage

STORIES: Final[dict[str, Story]] = {
    "an app": AN_APP,
    "a database": A_DATABASE,
    "shared": SHARED,
    "guarded": GUARDED,
}
PATIENCE: Final = 10.0

LOGS: Final = "odd"
"""Where the logs of days that ended badly are kept, of all that the lanes have there."""

SLACK: Final = "Slack: "
"""Begins a fact that is a line of Slack's."""


@dataclass(frozen=True)
class Day:
    """What came of one day: all that was ``odd``, and every request that was made. ``struck`` is whether the
    fault came to pass: what is asked again and again is asked less often on a quick day. ``more`` is how many
    builds there were more than without it."""

    odd: tuple[str, ...]
    builds: int
    requests: tuple[Request, ...]
    facts: tuple[str, ...] = ()
    struck: bool = True
    more: int = 0


@dataclass(frozen=True)
class Trial:
    """A day on which this request of this scene goes wrong in this way."""

    story: str
    scene: str
    request: Request
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind:7}  {self.story:10}  {self.scene:12}  {self.request}"


class Play:
    """A story, played once without a fault (``until`` the scene of this name) to know what belongs to it:
    ``healthy`` are its scenes' days. The garbage collector need not look again at what is there to stay."""

    def __init__(self, folder: Path, story: Story, until: str = "the end") -> None:
        self._story, self._stage = story, Stage(folder, story)
        self.healthy: dict[str, Day] = {}
        for name, scene in story.all_scenes:
            self.healthy[name] = self._day(name, scene)
            if name == until:
                break
        gc.collect()
        gc.freeze()

    def day(self, scene: str, struck: Request, kind: Kind) -> Day:
        """A day that begins with this scene, in which a request goes wrong, and then comes to its end."""
        return self._day(scene, dict(self._story.all_scenes)[scene], struck, kind)

    def keep_logs(self, target: Path) -> None:
        """What was written down on the last day, and all of GitHub as it was at its end."""
        self._stage.keep_logs(target)

    def _day(self, name: str, scene: Scene, struck: Request | None = None, kind: Kind = "500") -> Day:
        number = [known for known, _ in self._story.all_scenes].index(name)
        with self._stage.entered(number) as (shop, now):
            crew = Crew(shop, self._story.environment(shop), empties=kind == "emptied")
            fault = _planned(struck, kind, crew)
            with crew:
                if struck is not None:
                    getattr(shop.world, struck.server).observed.plan(fault)
                if isinstance(fault, Late):
                    shop.is_awaited = partial(getattr, fault, "is_pending")
                odd = _survived(lambda: scene(shop, now))
                requests = tuple(made(shop))
                builds, facts = shop.all_builds(), tuple(self._story.facts(shop))
                if struck is not None:
                    odd += _survived(lambda: self._ended(name, shop, now, crew, kind))
            lines, memory, crashes = tuple(shop.channel.lines), shop.memory(), crew.crashes()
        odd += [f"crashed: {crash}" for crash in crashes] + ANSWERS.mistakes()
        if struck is None:
            self._stage.keep(now, lines, memory)
        more = 0 if struck is None else max(0, builds - self.healthy[name].builds)
        return Day(tuple(odd), builds, requests, facts, fault.seen >= fault.nth, more)

    def _ended(self, name: str, shop: Shop, now: SoFar, crew: Crew, kind: Kind) -> Iterator[str]:
        if crew.go_on():
            yield from self._gone_on(shop, now)
        most = self.healthy[name].builds + 1
        if (builds := shop.all_builds()) > most:
            yield f"{builds} builds where {most - 1} would do"
        yield from self._odd_facts(name, shop, kind)
        if name != "the end":
            yield from self._story.end(shop, now)

    def _gone_on(self, shop: Shop, now: SoFar) -> Iterator[str]:
        """What is odd once who was stopped has had time to do what they had in mind."""
        for _ in range(2):
            shop.until_settled()
        if now.served is None:
            yield from left(shop, now)

    def _odd_facts(self, name: str, shop: Shop, kind: Kind) -> Iterator[str]:
        """What people were told that they should not have been, or were not. Slack may hear of it a little
        later."""
        wanted = Counter(self.healthy[name].facts)
        with suppress(TooLate):
            shop.until("the facts", lambda: Counter(self._story.facts(shop)) == wanted, PATIENCE)
        found = Counter(self._story.facts(shop))
        yield from too_much(found, wanted, kind)
        yield from (f"missing: {fact}" for fact in (wanted - found).elements())


def too_much(found: Counter[str], wanted: Counter[str], kind: Kind) -> Iterator[str]:
    """What was told and should not have been. That Slack took a line stands in Redis until the next turn writes it
    onto the app: where Redis is emptied in that moment, one line may come once more."""
    odd = sorted((found - wanted).elements())
    again = next((fact for fact in odd if fact in wanted and fact.startswith(SLACK)), None)
    if kind == "emptied" and again is not None:
        odd.remove(again)
    yield from (f"too much: {fact}" for fact in odd)


def _survived(live: Callable[[], Iterator[str]]) -> list[str]:
    """What was odd; whatever is raised is."""
    odd: list[str] = []
    try:
        odd.extend(live())
    except TooLate as late:
        odd.append(str(late))
    except Exception:
        odd.append(traceback.format_exc(limit=-3))
    return odd


def _planned(struck: Request | None, kind: Kind, crew: Crew) -> Fault:
    if struck is None:
        return Fault(nth=0)
    fault = struck.fault(kind)
    if isinstance(fault, Blow):
        fault.falls = crew.stop if kind == "stopped" else crew.kill
    return fault


def begin(folder: str) -> None:
    """Get a process ready for many days."""
    listen()
    logs.configure(file=_own_log(folder))


def _own_log(folder: str) -> Path:
    """What the platforms of this process write down."""
    return Path(folder) / f"log-{os.getpid()}"


@cache
def play(folder: str, story: str) -> Play:
    """The story, as this process plays it."""
    return Play(Path(folder) / f"{os.getpid()}-{story.replace(' ', '-')}", STORIES[story])


def healthy_day(folder: str, story: str) -> dict[str, Day]:
    """The scenes of a story in which nothing goes wrong."""
    return play(folder, story).healthy


def tried(folder: str, trial: Trial) -> Day:
    """What came of it. RuntimeError where this process found something odd without any fault."""
    staged = play(folder, trial.story)
    if odd := [what for day in staged.healthy.values() for what in day.odd]:
        raise RuntimeError(f"without any fault: {odd}")
    day = staged.day(trial.scene, trial.request, trial.kind)
    if day.odd:
        kept = Path(folder) / LOGS / f"{_slug(trial)}-{time.time_ns()}"
        staged.keep_logs(kept)
        shutil.copy(_own_log(folder), kept / "platforms.log")
    return day


def _slug(trial: Trial) -> str:
    return re.sub(r"\W+", "-", str(trial))[:150]
