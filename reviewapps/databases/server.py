"""One PostgreSQL server: a database and a role for each environment, of the same name.

The role owns its database, and nobody else may connect to it. What a database is for stands in a comment on it, by
which leftovers are found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import errors, sql

from reviewapps.errors import NotAuthorised, OperatorMustAct, Unavailable
from reviewapps.model import Secret

PATIENCE: Final = 10
"""Seconds until a connection, or one statement, is given up."""

PREFIX: Final = "ra_"
"""What all of our databases and roles begin with; nothing else is ever dropped."""


@dataclass(frozen=True)
class Database:
    """A database of ours; ``note`` is the comment on it."""

    name: str
    note: str


class DatabaseServer:
    """Reached as an account that may create databases and roles. ``uri`` is one of ``postgres://``."""

    def __init__(self, uri: str) -> None:
        self._uri = Secret(uri)

    def make(self, name: str, password: str, note: str) -> None:
        """Let there be a database of this name, owned by a role of this name that has this password.

        Both may be there already, from a try whose answer was lost: then the role gets the password.
        """
        _check_ours(name)
        who = sql.Identifier(name)
        with self._connected() as connection:
            secret = {"who": who, "password": sql.Literal(password)}
            with suppress(errors.DuplicateObject):
                connection.execute(sql.SQL("CREATE ROLE {who} LOGIN PASSWORD {password}").format(**secret))
            connection.execute(sql.SQL("ALTER ROLE {who} LOGIN PASSWORD {password}").format(**secret))
            # Only a member of a role may give a database to it; a superuser need not be one.
            connection.execute(sql.SQL("GRANT {who} TO CURRENT_USER").format(who=who))
            with suppress(errors.DuplicateDatabase):
                connection.execute(sql.SQL("CREATE DATABASE {who} OWNER {who}").format(who=who))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {who} FROM PUBLIC").format(who=who))
            said = sql.SQL("COMMENT ON DATABASE {who} IS {note}").format(who=who, note=sql.Literal(note))
            connection.execute(said)

    def drop(self, name: str) -> None:
        """Let there be neither database nor role of this name; whoever is connected is thrown out."""
        _check_ours(name)
        who = sql.Identifier(name)
        with self._connected() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(who))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(who))

    def all(self) -> tuple[Database, ...]:
        """The databases of ours, whichever installation made them."""
        query = (
            "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database "
            "WHERE starts_with(datname, %s) ORDER BY datname"
        )
        with self._connected() as connection:
            return tuple(Database(name, note) for name, note in connection.execute(query, (PREFIX,)))

    def uri_for(self, name: str, password: str) -> str:
        """How the role of this name reaches its database."""
        parts = urlsplit(self._uri)
        query = f"?{parts.query}" if parts.query else ""
        where = parts.netloc.rpartition("@")[2]
        return f"postgres://{quote(name)}:{quote(password, safe='')}@{where}/{quote(name)}{query}"

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in which each statement stands for itself: databases are not made inside a transaction."""
        try:
            with psycopg.connect(
                self._uri,
                autocommit=True,
                connect_timeout=PATIENCE,
                options=f"-c statement_timeout={PATIENCE * 1000}",
                application_name="reviewapps",
            ) as connection:
                yield connection
        except errors.InsufficientPrivilege as refused:
            raise NotAuthorised(f"PostgreSQL would not do it: {refused.diag.message_primary}") from None
        except psycopg.OperationalError as away:
            raise Unavailable(f"PostgreSQL did not answer: {_in_a_line(away)}", after=10.0) from None
        except psycopg.Error as wrong:
            raise OperatorMustAct(f"PostgreSQL would not do it: {_in_a_line(wrong)}") from None


def _check_ours(name: str) -> None:
    if not name.startswith(PREFIX):
        raise ValueError(f"{name} is no database of ours")


def _in_a_line(error: psycopg.Error) -> str:
    """The first line of what it says: the others may hold the statement, and so a password."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
