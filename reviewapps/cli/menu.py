"""What every command has in common: errors are a sentence on stderr and an exit status that is not 0."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec

import typer
from redis.exceptions import RedisError
from typer.core import TyperCommand, TyperGroup

from reviewapps import settings as settings_room
from reviewapps.cli.logging import log_to
from reviewapps.errors import BadSettings, ReviewAppsError
from reviewapps.report.untrusted import plain
from reviewapps.settings import Settings

P = ParamSpec("P")

TOLD = f"{settings_room.PREFIX}REDIS_URL"

ORDER: Final = {
    "Begin": ("demo", "sandbox", "doctor"),
    "Work": ("run", "look", "web"),
    "See": ("list", "show", "why", "logs", "history"),
    "Change": ("deploy", "redeploy", "reset", "destroy"),
    "Shared environments": ("adopt", "lock", "unlock", "approve", "rollback"),
    "Keep in order": ("sweep", "rotate"),
}
"""The panels of the help, and their commands in the order of use."""


class Plain(TyperCommand):
    """A command whose help says nothing of a flag's type: that it is one is to be seen."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _plain(super().get_params(ctx))


class Menu(TyperGroup):
    """The commands by their panels, whichever module was imported first."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _plain(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of use."""
        return [name for names in ORDER.values() for name in names]


def _plain(params: list[Any]) -> list[Any]:
    for one in params:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return params


def command(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a command in its panel."""
    panel = next(panel for panel, names in ORDER.items() if name in names)
    return app.command(name, cls=Plain, rich_help_panel=panel)


app = typer.Typer(
    cls=Menu,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Review apps for teams on GitHub and Cloud Foundry.",
)


@app.callback()
def several() -> None:  # else one command alone would not be asked for by its name
    pass


Home = Annotated[Path, typer.Option(help="Where everything of it is kept.")]
Where = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT",
        help="pr-12 or dev; where there are several repositories acme/shop#12 or acme/shop:dev.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Within = Annotated[
    str | None,
    typer.Option(
        help="How long that may take: 90s, 30m, 2h (30m unless said; of destroy 5m).", metavar="TIME"
    ),
]


def in_a_sentence(command: Callable[P, int]) -> Callable[P, None]:
    """The command, ending with its exit status; what we foresaw is told in a sentence, without a trace."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = command(*args, **kwargs)
        except RedisError as wrong:
            where = (
                f"at {TOLD}"
                if os.environ.get(TOLD)
                else "that was bound to us, or that a worker here brought along"
            )
            print(f"reviewapps: no Redis answers {where}: {plain(str(wrong))}", file=sys.stderr)
            status = 1
        except BrokenPipeError:  # whoever read it has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 0
        except (ReviewAppsError, OSError) as wrong:
            print(f"reviewapps: {plain(str(wrong))}", file=sys.stderr)
            status = 1
        except KeyboardInterrupt:
            status = 130
        raise typer.Exit(status)

    return told


def agreed(question: str) -> bool:
    """What a person says to it; where nobody can be asked, BadSettings names the way around."""
    if not sys.stdin.isatty():
        raise BadSettings(f"{question} Nobody can be asked here: --yes says so")
    return typer.confirm(question, err=True)


def settings() -> Settings:
    """The settings of this process; from now on the log goes where they say."""
    told = settings_room.settings(os.environ)
    log_to(told.log_file, told.log)
    return told
