"""The three ports and the tokens of a sandbox: clones and comments name them, so they outlive it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from reviewapps.sandbox import private
from reviewapps.sandbox.loopback import is_free

FILE = "addresses.json"
PATIENCE = 0.3
"""Seconds to wait for a port of before."""


@dataclass(frozen=True)
class Ports:
    """Which ports to listen on; 0 is any free one."""

    github: int = 0
    cloudfoundry: int = 0
    apps: int = 0

    def preferred(self, before: Ports) -> Ports:
        """These, and for any free one that of before, where nobody else has taken it."""
        mine, earlier = asdict(self), asdict(before)
        return Ports(**{name: mine[name] or _if_free(earlier[name]) for name in mine})

    def told(self, before: Ports, asked: Ports) -> list[str]:
        """A sentence for each port that is another one than before, though nobody asked for that."""
        mine, earlier, wish = asdict(self), asdict(before), asdict(asked)
        return [
            f"{noun}: port {earlier[name]} could not be had again, it is {mine[name]} now; "
            "what names the old one leads nowhere"
            for name, noun in _NOUNS.items()
            if earlier[name] not in (0, mine[name]) and not wish[name]
        ]


ANY = Ports()

_NOUNS = {"github": "GitHub", "cloudfoundry": "Cloud Foundry", "apps": "the apps"}


@dataclass(frozen=True)
class Addresses:
    """``tokens`` by login. Empty before there was a sandbox."""

    ports: Ports = ANY
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Path) -> Addresses:
        """Those of the last sandbox in this home."""
        try:
            kept = json.loads((home / FILE).read_text())
            return cls(Ports(**kept["ports"]), kept["tokens"])
        except (OSError, ValueError, TypeError, KeyError):
            return cls()

    def keep(self, home: Path) -> None:
        private.write(home / FILE, json.dumps(asdict(self)).encode())


def _if_free(port: int) -> int:
    """The port, or 0 where somebody has it. Who called out from it by chance may be gone in a moment."""
    deadline = time.monotonic() + PATIENCE
    while not is_free(port):
        if time.monotonic() > deadline:
            return 0
        time.sleep(0.02)
    return port
