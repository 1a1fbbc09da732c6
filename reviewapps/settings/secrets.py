"""Where named secrets are found: in a variable, a file, or a service that is bound to us."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from reviewapps.errors import BadSettings, Missing
from reviewapps.grants.secrets import not_a_blank
from reviewapps.settings.bound import services

SECRET = "REVIEWAPPS_SECRET_"  # noqa: S105 - the beginning of a name
UNNAMED = frozenset({f"{SECRET}GITHUB", f"{SECRET}GATE"})
"""Asked for without being named, where they are needed at all."""

SERVICE = "reviewapps-secrets"
"""The user-provided service that holds the secrets of an installation on Cloud Foundry."""

Found = str | Mapping[str, object]


class Secrets:
    """The secrets that this process can see. Nothing is read before it is asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._asked: set[str] = set()

    def check_named(self, words: Iterable[str]) -> None:
        """BadSettings for a variable ``REVIEWAPPS_SECRET_…`` that nobody asked for and no word stands for, but
        for those that need not be named."""
        said = {name for name, value in self._environ.items() if name.startswith(SECRET) and value}
        known = self._asked | UNNAMED | {_variable(word) for word in words}
        for name in sorted(said - known):
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise BadSettings(f"{name} is used by nothing" + (f"; did you mean {near[0]}?" if near else ""))

    def find(self, name: str, where: str | None) -> Found:
        """The secret ``name``; ``where`` is ``env:VARIABLE``, ``file:PATH`` or ``vcap:SERVICE/KEY``.

        Without one it is ``vcap:reviewapps-secrets/NAME`` where that service is bound, else the variable
        ``REVIEWAPPS_SECRET_NAME``. BadSettings names what was looked for.
        """
        self._asked.add(_variable(name))
        where = where or self.usual(name)
        kind, colon, place = where.partition(":")
        match kind if colon else "":
            case "env":
                return _filled_in(name, _fields(self._variable(name, place)))
            case "file":
                return _filled_in(name, _fields(_file(name, Path(place))))
            case "vcap":
                return _filled_in(name, self._bound(name, place))
        # what stands there is not shown: it may be the secret itself
        raise BadSettings(
            f"credentials.{name} takes env:VARIABLE, file:PATH or vcap:SERVICE/KEY, never the secret"
        )

    def usual(self, name: str) -> str:
        """Where a secret is found of which nobody says where."""
        if any(bound.get("name") == SERVICE for bound in services(self._environ)):
            return f"vcap:{SERVICE}/{name}"
        return f"env:{_variable(name)}"

    def _variable(self, name: str, variable: str) -> str:
        self._asked.add(variable)
        value = self._environ.get(variable, "")
        if not value:
            raise Missing(f"the secret `{name}` is missing: set {variable}")
        return value

    def _bound(self, name: str, place: str) -> Found:
        service, _, key = place.partition("/")
        key = key or name
        for bound in services(self._environ):
            credentials = bound.get("credentials")
            if bound.get("name") == service and isinstance(credentials, dict):
                if key in credentials:
                    value = credentials[key]
                    return _fields(value) if isinstance(value, str) else dict(value)
                raise Missing(f"the secret `{name}` is missing: {service} has no `{key}`")
        raise Missing(f"the secret `{name}` is missing: no service {service} is bound")

    def guid_of(self, service: str) -> str:
        """The guid of a service instance that is bound to us."""
        found = next((bound for bound in services(self._environ) if bound.get("name") == service), {})
        return str(found.get("instance_guid", ""))


def _variable(name: str) -> str:
    return f"{SECRET}{name.upper().replace('-', '_')}"


def _file(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Missing(f"the secret `{name}` is missing: {path}: {wrong}") from None


def _filled_in(name: str, found: Found) -> Found:
    for word in [found] if isinstance(found, str) else found.values():
        try:
            not_a_blank(str(word))
        except ValueError as wrong:
            raise BadSettings(f"the secret `{name}` is not usable: {wrong}") from None
    return found


def _fields(text: str) -> Found:
    """A word, or the fields of a JSON object; ``cf service-key`` prints those inside ``credentials``."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    inner = found.get("credentials")
    return inner if isinstance(inner, dict) else dict(found)
