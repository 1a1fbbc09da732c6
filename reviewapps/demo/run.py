"""From nothing to the end of the story, and everything stopped again."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from reviewapps.demo.narrator import Narrator
from reviewapps.demo.operator import GRANTS, PASSWORD
from reviewapps.demo.story import Story
from reviewapps.errors import ReviewAppsError
from reviewapps.playground import Playground


def run(home: Path, source: Path | None, console: Console) -> int:
    """Tell the story in ``home``; 0 if every step was as it should be, else 1 with the reason."""
    say = Narrator(console)
    say.line("reviewapps: the whole story on this machine, offline. Ctrl-C stops all of it.")
    try:
        with Playground(home, grants=GRANTS, secrets={"GATE": PASSWORD}, fresh=True) as playground:
            _introduce(say, playground)
            story = Story(playground, say, source)
            try:
                story.tell()
            finally:
                playground.kill_workers()  # quicker than to let them put things in order
            say.table(story.costs)
    except ReviewAppsError as wrong:
        say.broken()
        say.line(f"\nNot as it should be: {wrong}\nLogs are in {home / 'logs'}")
        return 1
    except KeyboardInterrupt:
        say.broken()
        say.line("\nStopped, and everything with it.")
        return 130
    say.line(f"All 9 steps as they should be: {say.elapsed:.0f} s. Logs are in {home / 'logs'}")
    say.line("Next: make sandbox (click around)  ·  README.md (your own repository)")
    return 0


def _introduce(say: Narrator, playground: Playground) -> None:
    told = playground.world.described()
    servers = [f"GitHub         {told['github_url']}", f"Cloud Foundry  {told['cf_api']}"]
    say.started("sandbox", servers, say.elapsed)
    began = time.monotonic()
    playground.start_worker()
    playground.await_worker()
    say.started("worker", ["2 processes, look 3 times a second"], time.monotonic() - began)
