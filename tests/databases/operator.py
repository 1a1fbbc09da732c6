"""Whoever has a PostgreSQL for previews, and what previews do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from reviewapps.databases import DatabaseServer

PASSWORD: Final = "of a preview"

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Operator:
    """``uri`` is the account that the broker gives us, ``superuser`` the password of the server's own."""

    uri: str
    superuser: str

    @property
    def database(self) -> str:
        """The one that our account works from."""
        return urlsplit(self.uri).path.lstrip("/")

    def connected(self, user: str, password: str, database: str) -> Connection:
        where = urlsplit(self.uri)
        return psycopg.connect(
            host=where.hostname,
            port=where.port,
            user=user,
            password=password,
            dbname=database,
            autocommit=True,
        )

    def entered(self, preview: str, database: str | None = None) -> Connection:
        """A preview's connection, to its own database or another one."""
        return self.connected(preview, PASSWORD, database or preview)

    def above_all(self) -> Connection:
        """The superuser's connection to our database."""
        return self.connected("postgres", self.superuser, self.database)

    def open_all(self) -> None:
        """Let our database stand as a server before PostgreSQL 15 leaves it, or an earlier version of us did:
        everybody may enter it, and make functions there."""
        with self.above_all() as connection:
            ours = sql.Identifier(self.database)
            connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO PUBLIC").format(ours))
            connection.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")


def made(server: DatabaseServer, name: str, note: str = "a note") -> str:
    """The name of a preview's database, which is there now."""
    server.make(name, PASSWORD, note, empty=False, stays=lambda _: False)
    return name


def dropped(server: DatabaseServer, name: str) -> None:
    server.drop(name, lambda _: True)
    assert name not in {one.name for one in server.all()}
