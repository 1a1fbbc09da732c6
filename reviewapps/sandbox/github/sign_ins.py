"""Apps by which people sign in elsewhere, and what they were told on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewapps.sandbox.github.state import User


@dataclass(eq=False)
class Granted:
    """That somebody said yes. ``expires_at``, seconds since 1970, the code for it is no good any more."""

    user: User
    expires_at: float


@dataclass(eq=False)
class SignIn:
    """An App, and the codes that it has not used yet. People come back to ``callback``."""

    client_id: str
    secret: str = field(repr=False)
    callback: str
    codes: dict[str, Granted] = field(default_factory=dict, repr=False)
