"""Who may enter which database. PostgreSQL lets every role into each, until somebody revokes it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from psycopg import errors, sql

from reviewapps.databases.connecting import Connection
from reviewapps.databases.names import PREFIX

COMMON: Final = ("postgres", "template1")
"""What each server has, and no preview any business in."""

_OPEN: Final = """
SELECT d.datname, pg_catalog.pg_has_role(d.datdba, 'USAGE')
    AND (d.datname = pg_catalog.current_database() OR d.datname = ANY (%s))
FROM pg_catalog.pg_database d
WHERE d.datallowconn AND NOT pg_catalog.starts_with(d.datname, %s) AND EXISTS (
    SELECT FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS may
    WHERE may.grantee = 0 AND may.privilege_type = 'CONNECT'
)
ORDER BY d.datname
"""
_INTRUDERS: Final = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND pg_catalog.starts_with(usename, %s)
    AND usename <> current_user AND pg_catalog.pg_has_role(usesysid, 'USAGE')
"""


def close(connection: Connection) -> None:
    """Let no preview into the databases that are ours, and put out of the one that we work from who is in it:
    whoever is there could hold the locks under which databases are made and dropped."""
    for name, closable in _open(connection):
        if closable:
            revoke = "REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC"
            with suppress(errors.InternalError_):  # another worker is doing the same at this moment
                connection.execute(sql.SQL(revoke).format(sql.Identifier(name)))
    connection.execute(_INTRUDERS, (PREFIX,))


def left_open(connection: Connection) -> tuple[str, ...]:
    """The databases that every preview may enter, and that we do not close: they are somebody else's."""
    return tuple(name for name, closable in _open(connection) if not closable)


def _open(connection: Connection) -> list[tuple[str, bool]]:
    """The databases that every role may enter, each with whether we close it."""
    return connection.execute(_OPEN, (list(COMMON), PREFIX)).fetchall()
