"""The ``reviewapps`` command. A room registers its commands by being imported here, which waits until one is asked
for: what the others need takes a second to import."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

    app: typer.Typer

ROOMS: Final = {
    "acting": "",
    "adopting": "adopt",
    "asking": "deploy redeploy reset destroy",
    "caring": "doctor rotate",
    "governing": "lock unlock approve rollback history",
    "looking": "look",
    "playing": "demo sandbox",
    "seeing": "list show why logs",
    "sweeping": "sweep",
    "working": "run web",
}
"""The commands of each room."""


def main() -> None:
    """Do what the command line says."""
    _app_for(sys.argv[1:])(prog_name="reviewapps")


def __getattr__(name: str) -> typer.Typer:
    """``app``: the command with all that it can, for whoever wants more than one line of it."""
    if name != "app":
        raise AttributeError(name)
    return _app_for([])


def _app_for(words: Sequence[str]) -> typer.Typer:
    """The command with the one room that these words ask for; with all of them, where they name none."""
    asked = [room for room, commands in ROOMS.items() if words and words[0] in commands.split()]
    gc.disable()  # all that is imported stays: to look through it meanwhile is time for nothing
    try:
        for room in asked or ROOMS:
            importlib.import_module(f"reviewapps.cli.{room}")
        return importlib.import_module("reviewapps.cli.menu").app  # type: ignore[no-any-return]
    finally:
        gc.enable()
