"""Which Cloud Foundry, which space of it, and who we are there."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapps.model import Secret


@dataclass(frozen=True)
class Access:
    """One space and the account that acts in it.

    With ``user`` it logs in by password (a cloud.gov service account is a user), else by ``client_id`` and
    ``client_secret``. ``domain`` is the one that apps get their hosts under; None is the org's default one.
    ``verify`` is False, True, or the path of a CA bundle, since the process environment is not asked.
    """

    api: str
    org: str
    space: str
    domain: str | None
    user: str | None = None
    password: Secret | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    verify: bool | str = True

    @property
    def account(self) -> str:
        """Who logs in, for messages."""
        return f"user {self.user!r}" if self.user else f"client {self.client_id!r}"
