"""Where a secret is found, and how a new one gets there."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.cloudfoundry.place import Key
from reviewapps.cloudfoundry.user_provided import UserProvided
from reviewapps.errors import BadSettings, NotAuthorised


@dataclass(frozen=True)
class Stored:
    """``done`` where nobody has to do more than to restart; ``words`` say where it is, or what to do.

    ``lines`` hold the secret, for whoever has to set it: never for a terminal.
    """

    done: bool
    words: str
    lines: tuple[str, ...] = ()


class Variables:
    """Variables of the process, which only whoever starts it can set: each by its name, as a format."""

    def __init__(self, formats: Mapping[str, str]) -> None:
        self._formats = formats

    def store(self, key: Key) -> Stored:
        values = {"{json}": as_json(key), "{username}": key.username, "{password}": key.password}
        lines = tuple(f"{name}={shlex.quote(values[form])}" for name, form in self._formats.items())
        names = " and ".join(self._formats)
        return Stored(False, f"set {names} to what `cf service-key {key.instance} {key.name}` prints", lines)


class File:
    """A file that holds the account as JSON, for its owner's eyes only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def store(self, key: Key) -> Stored:
        """It is rewritten at once: whoever reads it sees the old account or the new one. Raises BadSettings."""
        try:
            written, half = tempfile.mkstemp(
                dir=self._path.parent, prefix=f".{self._path.name}."
            )  # mode 0600
            with os.fdopen(written, "w") as file:
                file.write(as_json(key) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(half).replace(self._path)
        except OSError as wrong:
            raise BadSettings(
                f"{self._path} cannot be rewritten ({wrong.strerror}); put there what "
                f"`cf service-key {key.instance} {key.name}` prints, restart, and run this again"
            ) from None
        return Stored(True, f"stored in {self._path}")


class Bound:
    """A field of a user-provided service that is bound to us. It may be out of reach of the account that rotates:
    that one is of the previews' space, and we live in another."""

    def __init__(self, instances: UserProvided, service: str, guid: str, field: str) -> None:
        self._instances, self._service, self._guid, self._field = instances, service, guid, field

    def store(self, key: Key) -> Stored:
        try:
            known = self._instances.credentials(self._guid)
            self._instances.set_credentials(self._guid, known | {self._field: _fields(key)})
        except (NotFound, NotAuthorised):
            return Stored(
                False,
                f"this account may not change {self._service}: put there, as `{self._field}`, what "
                f"`cf service-key {key.instance} {key.name}` prints, with "
                f"cf update-user-provided-service {self._service} -p FILE",
                (as_json(key),),
            )
        return Stored(True, f"stored in {self._service} as `{self._field}`")


def as_json(key: Key) -> str:
    return json.dumps(_fields(key))


def _fields(key: Key) -> dict[str, str]:
    return {"username": key.username, "password": key.password}
