"""What GitHub is asked with: a token that somebody made, or what an App signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reviewapps.model import Secret


class Credentials(Protocol):
    """``holder`` is whom they are of, whatever the token is at the moment; it is shown to nobody."""

    @property
    def holder(self) -> str: ...

    def login(self) -> str | None:
        """The account that they are of; None where only GitHub knows that."""

    def token(self) -> Secret:
        """What opens GitHub now."""

    def renewed(self, refused: Secret) -> bool:
        """Whether there is another token by now than this one, which GitHub refused."""


@dataclass(frozen=True)
class Token:
    """A token that somebody made, or that a workflow was given: there is no other."""

    value: Secret

    @property
    def holder(self) -> str:
        return self.value

    def login(self) -> str | None:
        return None

    def token(self) -> Secret:
        return self.value

    def renewed(self, refused: Secret) -> bool:
        return False
