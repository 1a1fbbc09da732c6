"""The keys of one gate, from the password that a team shares."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache

from reviewapps.gate.app.entrance import ROUNDS
from reviewapps.gate.source import source_digest
from reviewapps.model import Secret
from reviewapps.naming import digest


@dataclass(frozen=True)
class Gate:
    """One gate: what its app is called, and what it is told. ``root`` is what PBKDF2 makes of the password with
    ``salt``, so that the password itself is nowhere in Cloud Foundry. With ``bypass`` in a header, tests and our
    own check come in. It ``asks`` for the password, or lets everybody in and only keeps robots out.
    """

    name: str
    password: Secret
    salt: str
    root: Secret
    bypass: Secret
    asks: bool = True

    def variables(self, domain: str) -> dict[str, str]:
        """What the app is told, when the previews are under this domain."""
        return {
            "GATE_ROOT": str(self.root),
            "GATE_SALT": self.salt,
            "GATE_BYPASS": str(self.bypass),
            "GATE_ASKS": "yes" if self.asks else "no",
            "GATE_DOMAINS": domain,
        }

    def config(self, domain: str) -> str:
        """A digest that changes exactly where another gate would come of it: its code, or what it is told."""
        return digest(source_digest(), *(f"{k}={v}" for k, v in self.variables(domain).items()))


def gate_of(name: str, password: Secret, bypass: Secret | None, *, whose: str, asks: bool = True) -> Gate:
    """The gate of this name. ``whose`` tells installations and targets apart, so that the same password makes
    other keys in each. Without a ``bypass`` of its own it has one that only we know."""
    salt = digest("gate", whose)
    root = _root(password, salt)
    derived = hmac.new(bytes.fromhex(root), b"bypass", "sha256").hexdigest()
    return Gate(name, password, salt, Secret(root), bypass or Secret(derived), asks)


@cache
def _root(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), ROUNDS).hex()
