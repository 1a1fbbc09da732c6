"""What the operator allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from reviewapps.model import FORMAT, Environment
from reviewapps.naming import digest
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Grants:
    """What the operator allows. ``limit`` is the most previews that may be up at once."""

    limit: int = 5
    expire_after: timedelta = timedelta(days=10)
    deletions_at_once: int = 5
    memory_mb: int = 2048
    address: str = "https://{host}"

    def config(self, rules: Rules, environment: Environment) -> str:
        """A digest that changes exactly where another deploy would come of the same commit."""
        return digest(FORMAT, rules.digest(environment), str(self.memory_mb), self.address)
