"""A database for each instance, in one PostgreSQL server."""

from __future__ import annotations

import secrets
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import Credentials
from reviewapps.sandbox.cloudfoundry.brokers.postgres_server import PostgresServer

_CREATE = """
CREATE ROLE {user} LOGIN CREATEDB CREATEROLE PASSWORD '{password}';
CREATE DATABASE {database} OWNER {user};
"""
# As PostgreSQL leaves them, every role may connect to all of these: who wants to be alone there has to see to it.
# Its role may make databases and roles, as RDS's master user may: they go with it, as with a server of its own.
_MEMBER = (
    "(SELECT m.roleid FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = '{user}')"
)
_DROP = f"""
DROP DATABASE IF EXISTS {{database}} WITH (FORCE);
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datdba IN {_MEMBER} \\gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE oid IN {_MEMBER} \\gexec
DROP ROLE IF EXISTS {{user}};
"""


class Databases:
    """Each instance is a database and the role that owns it. Others may connect to it, and see nothing of what it
    holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = PostgresServer(folder)

    async def provision(self, guid: str) -> Credentials:
        """The credentials of a new database, in the words of cloud.gov's broker."""
        await self._server.start()
        password = secrets.token_hex(16)
        names = _names(guid)
        await self._server.run(_DROP.format(**names) + _CREATE.format(**names, password=password))
        return self._credentials(guid, password)

    async def resume(self, guid: str, credentials: Credentials) -> Credentials:
        """The same, with another port where somebody took the old one."""
        await self._server.start(int(credentials["port"]))
        return self._credentials(guid, credentials["password"])

    async def deprovision(self, guid: str) -> None:
        """Drop the database and its role, also under whoever is connected."""
        if self._folder.exists():
            await self._server.start()
            await self._server.run(_DROP.format(**_names(guid)))

    async def close(self) -> None:
        """End the server."""
        await self._server.stop()

    def _credentials(self, guid: str, password: str) -> Credentials:
        names, host, port = _names(guid), "127.0.0.1", str(self._server.port)
        user, database = names["user"], names["database"]
        return {
            "uri": f"postgres://{user}:{password}@{host}:{port}/{database}",
            "host": host,
            "port": port,
            "db_name": database,
            "name": database,
            "username": user,
            "password": password,
        }


def _names(guid: str) -> dict[str, str]:
    digits = guid.replace("-", "")[:16]
    return {"database": f"cgawsbroker{digits}", "user": f"u{digits}"}
