"""The role of a preview: let in, and gone for good, whatever it left behind."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from psycopg import errors, sql

from reviewapps.databases.connecting import PATIENCE, Connection, connected
from reviewapps.databases.names import PREFIX
from reviewapps.errors import ReviewAppsError
from reviewapps.model import Secret

CONNECTIONS: Final = 20
"""The most that one preview may have at once: an old and a new version with a pool each. PostgreSQL has some 100
for everybody."""

_EXISTS: Final = "SELECT FROM pg_catalog.pg_roles WHERE rolname = %s"
_TEMPLATE: Final = "SELECT FROM pg_catalog.pg_database WHERE datname = %s AND datistemplate"
_IN_THE_WAY: Final = """
SELECT a.pid, a.usename FROM pg_catalog.pg_stat_activity a
WHERE pg_catalog.starts_with(a.usename, %(ours)s) AND (a.usename = %(name)s OR a.datname = %(name)s OR EXISTS (
    SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.locktype = 'object' AND l.granted AND (
        l.objid IN (SELECT oid FROM pg_catalog.pg_database WHERE datname = %(name)s)
            AND l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
        OR l.objid IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %(name)s)
            AND l.classid = 'pg_catalog.pg_authid'::pg_catalog.regclass)))
"""
_END: Final = "SELECT pg_catalog.pg_terminate_backend(%s)"
_ELSEWHERE: Final = """
SELECT DISTINCT d.datname FROM pg_catalog.pg_shdepend s
JOIN pg_catalog.pg_roles r ON s.refobjid = r.oid AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
JOIN pg_catalog.pg_database d ON d.oid = s.dbid
WHERE r.rolname = %s AND d.datallowconn AND NOT pg_catalog.starts_with(d.datname, %s)
    AND d.datname <> pg_catalog.current_database()
"""


def let_in(connection: Connection, name: str, password: str) -> None:
    """Let there be a role of this name with this password, whose databases we may drop. The server is told a
    verifier of the password and not the password, which would stand in its log."""
    who = sql.Identifier(name)
    if not _is_there(connection, _EXISTS, name):
        connection.execute(sql.SQL("CREATE ROLE {}").format(who))
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    told = sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}")
    connection.execute(told.format(who, sql.Literal(CONNECTIONS), sql.Literal(verifier)))
    _join(connection, who)


def gone(connection: Connection, name: str, uri: Secret) -> None:
    """Let there be neither database nor role of this name; whoever is connected is thrown out.

    The role owns its database, and may have entered others. So it first loses its login and its sessions. Where
    others' objects still name it in the end, it stays without a login, and is found as what is left over.
    """
    who = sql.Identifier(name)
    there = _is_there(connection, _EXISTS, name)
    if there:
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(who))
        _join(connection, who)
        _end_sessions(connection, name)
    if _is_there(connection, _TEMPLATE, name):  # its owner may call it one, and then it cannot be dropped
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(who))
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(who))
    if there:
        _drop_role(connection, name, uri)


def _join(connection: Connection, who: sql.Identifier) -> None:
    """Only a member of a role may give a database to it, or end its sessions; a superuser need not be one. Before
    PostgreSQL 16 the role itself may throw us out again."""
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(who))


def _end_sessions(connection: Connection, name: str) -> None:
    """End those of the role, those in its database, and those of other previews that hold either: whoever sets
    something for itself in another's database, and does not come to an end, keeps that from being dropped."""
    deadline, ours = time.monotonic() + PATIENCE / 2, {"name": name, "ours": PREFIX}
    while sessions := connection.execute(_IN_THE_WAY, ours).fetchall():
        if time.monotonic() > deadline:
            return
        for pid, role in sessions:
            _join(connection, sql.Identifier(role))
            connection.execute(_END, (pid,))
        time.sleep(0.02)


def _drop_role(connection: Connection, name: str, uri: Secret) -> None:
    drop = sql.SQL("DROP ROLE {}").format(sql.Identifier(name))
    with suppress(errors.DependentObjectsStillExist):
        connection.execute(drop)
        return
    owned = sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name))
    connection.execute(owned)
    for (database,) in connection.execute(_ELSEWHERE, (name, PREFIX)).fetchall():
        with suppress(ReviewAppsError), connected(uri, database) as there:
            there.execute(owned)
    with suppress(errors.DependentObjectsStillExist):
        connection.execute(drop)


def _is_there(connection: Connection, query: str, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
