"""One PostgreSQL server: a database and a role for each environment, of the same name.

The role owns its database, and nobody else may connect to it. What a database is for stands in a comment on the
role, which the role itself may not change, by which leftovers are found, and by which whoever comes late sees that
others came. Who makes or drops one does it under a lock of the server's own: between reading that comment and
acting on it nobody else comes in.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from psycopg import errors, sql

from reviewapps.databases import doors, roles
from reviewapps.databases.connecting import PATIENCE, Connection, connected
from reviewapps.databases.names import PREFIX
from reviewapps.errors import OperatorMustAct
from reviewapps.model import Secret

_LOCK: Final = "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(%s, 0))"
_NOTE: Final = """
SELECT pg_catalog.shobj_description(r.oid, 'pg_authid') FROM pg_catalog.pg_roles r
JOIN pg_catalog.pg_database d ON d.datname = r.rolname WHERE r.rolname = %s
"""
_ALL: Final = """
SELECT coalesce(r.rolname, d.datname), coalesce(
    pg_catalog.shobj_description(r.oid, 'pg_authid'), pg_catalog.shobj_description(d.oid, 'pg_database'), '')
FROM pg_catalog.pg_roles r FULL JOIN pg_catalog.pg_database d ON d.datname = r.rolname
WHERE pg_catalog.starts_with(coalesce(r.rolname, d.datname), %s) ORDER BY 1
"""


@dataclass(frozen=True)
class Database:
    """A database of ours, or what is left of one; ``note`` is the comment on its role, or on itself where an
    earlier version made it: of that one, its role has the last word."""

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
                roles.gone(connection, name, self._uri)
            roles.let_in(connection, name, password)
            with suppress(
                errors.DuplicateDatabase
            ):  # template0: nobody can be there, who would be in the way
                connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0").format(who))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(who))
            connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(who, sql.Literal(note)))

    def drop(self, name: str, goes: Callable[[str], bool]) -> None:
        """Let there be neither database nor role of this name, if the note that stands on it ("": there is none)
        says that it ``goes``; whoever is connected is thrown out."""
        with self._alone_at(name) as connection:
            if goes(_note(connection, name)):
                roles.gone(connection, name, self._uri)

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
        """The databases of ours, whichever installation made them, and the roles of those that are gone."""
        with connected(self._uri) as connection:
            return tuple(Database(name, note) for name, note in connection.execute(_ALL, (PREFIX,)))

    def left_open(self) -> tuple[str, ...]:
        """The databases that every preview may enter, and that we may not close to them. Nothing is written."""
        with connected(self._uri) as connection:
            return doors.left_open(connection)

    def uri_for(self, name: str, password: str) -> str:
        """How the role of this name reaches its database."""
        parts = urlsplit(self._uri)
        query = f"?{parts.query}" if parts.query else ""
        where = parts.netloc.rpartition("@")[2]
        return f"postgres://{quote(name)}:{quote(password, safe='')}@{where}/{quote(name)}{query}"

    @contextmanager
    def _alone_at(self, name: str) -> Iterator[Connection]:
        """A connection that nobody else has at this name. Raises Unavailable where somebody has it for long.

        Who is stopped in the middle loses the connection, and with it the right: the server ends it when nothing
        was asked for a while. (The lock is one of the database that our own account connects to, which all of an
        installation's workers share, and previews are kept out of.)
        """
        if not name.startswith(PREFIX):
            raise ValueError(f"{name} is no database of ours")
        with connected(self._uri) as connection:
            with suppress(errors.UndefinedObject):  # PostgreSQL 13 has no such setting
                connection.execute(f"SET idle_session_timeout = {self._idle * 1000:.0f}")
            doors.close(connection)
            connection.execute(_LOCK, (name,))
            yield connection


def _note(connection: Connection, name: str) -> str:
    """What stands on the role of this name; "" where there is nothing, or no database of that name. What its
    owner may write itself, such as a comment on the database, is not read."""
    found = connection.execute(_NOTE, (name,)).fetchone()
    return (found[0] or "") if found is not None else ""
