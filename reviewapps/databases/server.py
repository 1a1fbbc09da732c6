"""One PostgreSQL server: a database and a role for each environment, of the same name.

The role owns its database, and nobody else may connect to it. What a database is for stands in a comment on it, by
which leftovers are found, and by which whoever comes late sees that others came. Who makes or drops one does it
under a lock of the server's own: between reading that comment and acting on it nobody else comes in.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
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
    """Reached as an account that may create databases and roles. ``uri`` is one of ``postgres://``. Who asks
    nothing for ``idle`` seconds while making or dropping one has lost the right to: less than a lease lasts."""

    def __init__(self, uri: str, *, idle: float = PATIENCE) -> None:
        self._uri, self._idle = Secret(uri), idle

    def make(self, name: str, password: str, note: str, *, empty: bool, stays: Callable[[str], bool]) -> None:
        """Let there be a database of this name, owned by a role of this name that has this password.

        Both may be there already, from a try whose answer was lost: then the role gets the password, and what the
        database holds is dropped only if it has to be ``empty``. Where the note that stands on it says that it
        ``stays`` ("": there is none), nothing is done.
        """
        who = sql.Identifier(name)
        with self._alone_at(name) as connection:
            if stays(_note(connection, name)):
                return
            if empty:
                _drop(connection, who)
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

    def drop(self, name: str, goes: Callable[[str], bool]) -> None:
        """Let there be neither database nor role of this name, if the note that stands on it ("": there is none)
        says that it ``goes``; whoever is connected is thrown out."""
        with self._alone_at(name) as connection:
            if goes(_note(connection, name)):
                _drop(connection, sql.Identifier(name))

    def password(self, of: str) -> str:
        """A password for what is called so, which only we can tell: the same, whoever of us asks.

        Made of our own, so slowly that who knows it cannot guess that one. OperatorMustAct where we have none.
        """
        ours = urlsplit(self._uri).password
        if not ours:
            raise OperatorMustAct("the key of the PostgreSQL for databases has no password in its uri")
        made = hashlib.scrypt(ours.encode(), salt=of.encode(), n=2**14, r=8, p=1, dklen=24)
        return urlsafe_b64encode(made).decode()

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
    def _alone_at(self, name: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection that nobody else has at this name. Raises Unavailable where somebody has it for long.

        Who is stopped in the middle loses the connection, and with it the right: the server ends it when nothing
        was asked for a while. (The lock is one of the database that our own account connects to, which all of an
        installation's workers share.)
        """
        if not name.startswith(PREFIX):
            raise ValueError(f"{name} is no database of ours")
        with self._connected() as connection:
            with suppress(errors.UndefinedObject):  # PostgreSQL 13 has no such setting
                connection.execute(f"SET idle_session_timeout = {self._idle * 1000:.0f}")
            connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
            yield connection

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


def _note(connection: psycopg.Connection[Any], name: str) -> str:
    """What stands on the database of this name; "" where there is nothing, or no such database."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    found = connection.execute(query, (name,)).fetchone()
    return (found[0] or "") if found is not None else ""


def _drop(connection: psycopg.Connection[Any], who: sql.Identifier) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(who))
    connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(who))


def _in_a_line(error: psycopg.Error) -> str:
    """The first line of what it says: the others may hold the statement, and so a password."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
