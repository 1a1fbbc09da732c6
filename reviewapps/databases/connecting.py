"""A connection to the server, in which nothing that others made there has a say.

Previews' roles may enter databases that ours enters too. On PostgreSQL before 15 whoever may enter one may make
functions in its schema ``public``, and one that suits a call better than the server's own is called in its place,
as whoever calls. So names are looked for among the server's own alone, and all of ours say so besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import errors

from reviewapps.errors import NotAuthorised, OperatorMustAct, Unavailable
from reviewapps.model import Secret

PATIENCE: Final = 10
"""Seconds until a connection, or one statement, is given up."""

OPTIONS: Final = f"-c search_path=pg_catalog -c statement_timeout={PATIENCE * 1000}"

Connection = psycopg.Connection[Any]


@contextmanager
def connected(uri: Secret, database: str | None = None) -> Iterator[Connection]:
    """A connection in which each statement stands for itself: databases are not made inside a transaction. To the
    database that the URI names, where no other is said."""
    try:
        with psycopg.connect(
            uri,
            autocommit=True,
            connect_timeout=PATIENCE,
            options=OPTIONS,
            application_name="reviewapps",
            dbname=database,
        ) as connection:
            yield connection
    except errors.InsufficientPrivilege as refused:
        raise NotAuthorised(f"PostgreSQL would not do it: {refused.diag.message_primary}") from None
    except psycopg.OperationalError as away:
        raise Unavailable(f"PostgreSQL did not answer: {_in_a_line(away)}", after=10.0) from None
    except psycopg.Error as wrong:
        raise OperatorMustAct(f"PostgreSQL would not do it: {_in_a_line(wrong)}") from None


def _in_a_line(error: psycopg.Error) -> str:
    """The first line of what it says: the others may hold the statement."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
