"""What user-provided service instances hold, as far as our account may see and change it."""

from __future__ import annotations

from typing import Any

from reviewapps.cloudfoundry.session import Session


class UserProvided:
    """By the guid of the instance. NotFound or NotAuthorised where it is out of our reach."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def credentials(self, guid: str) -> dict[str, Any]:
        """What it holds."""
        path = f"/v3/service_instances/{guid}/credentials"
        return self._session.read(path, "show the service's credentials")

    def set_credentials(self, guid: str, credentials: dict[str, Any]) -> None:
        """Let it hold this, and nothing else."""
        path, body = f"/v3/service_instances/{guid}", {"credentials": credentials}
        self._session.write("PATCH", path, "change the service's credentials", json=body)
