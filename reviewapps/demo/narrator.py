"""The voice of the demo: a line when something begins, a line for what is seen, the time when it is done."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import Console
from rich.status import Status

from reviewapps.demo.ledger import Cost

WIDTH = 62


class Narrator:
    """Writes to a terminal (with a spinner while something goes on) or, plainly, to anything else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._details: list[str] = []
        self._spinner: Status | None = None
        self._began = time.monotonic()

    def line(self, text: str = "") -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def started(self, what: str, details: list[str], seconds: float) -> None:
        """One part of the world stands."""
        for index, detail in enumerate(details):
            label = f"  {what:<9} {detail}" if not index else f"  {'':<9} {detail}"
            self.line(f"{label:<{WIDTH}}{seconds:5.1f} s" if not index else label)

    def step(self, number: int, title: str) -> None:
        self.line()
        self.line(f"{number}  {title}")
        self.waiting("")

    def waiting(self, what: str) -> None:
        """Show that time passes, where somebody can see it."""
        self._stop_spinner()
        if self._console.is_terminal:
            self._spinner = self._console.status(what)
            self._spinner.start()

    def detail(self, text: str) -> None:
        """Something was seen. The step's time goes behind the last of these."""
        if self._details:
            self.line(f"     {self._details.pop()}")
        self._details.append(text)

    def done(self, seconds: float) -> None:
        self._stop_spinner()
        last = self._details.pop() if self._details else ""
        self.line(f"     {last:<{WIDTH - 5}}{seconds:5.1f} s")

    def broken(self) -> None:
        """A step ends without being done."""
        self._stop_spinner()
        while self._details:
            self.line(f"     {self._details.pop(0)}")

    def table(self, costs: Mapping[str, Cost]) -> None:
        """What each stretch cost."""
        self._stop_spinner()
        self.line()
        self.line(
            f"   {'what':<22}{'time':>7}{'CF requests':>15}{'GitHub writes':>16}{'rate-limit points':>20}"
        )
        for what, cost in costs.items():
            spent = "-" if what.startswith("ten quiet") else f"{cost.seconds:.1f} s"
            row = f"   {what:<22}{spent:>7}{cost.cf_requests:>15}{cost.github_writes:>16}{cost.points:>20}"
            self.line(row)
        self.line()

    @property
    def elapsed(self) -> float:
        """Seconds since the first word."""
        return time.monotonic() - self._began

    def _stop_spinner(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None
