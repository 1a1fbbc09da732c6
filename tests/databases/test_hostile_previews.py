"""What a preview does to the server that its database is on, as servers are by default, harms itself alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import psycopg
import pytest
from psycopg import errors, sql

from reviewapps.databases import Database, DatabaseServer
from reviewapps.demo.onlooker import until
from tests.databases.operator import PASSWORD, Connection, Operator, dropped, made

HOSTILE: Final = "ra_pr_66_aaaa"
VICTIM: Final = "ra_pr_12_bbbb"

TRAP: Final = """
CREATE FUNCTION public.hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN EXECUTE 'ALTER ROLE ra_pr_12_bbbb PASSWORD ''mine'''; RETURN 1; END $$
"""


def test_no_function_of_a_preview_is_called_as_us(server: DatabaseServer, operator: Operator) -> None:
    made(server, HOSTILE)
    made(server, VICTIM)
    operator.open_all()
    with operator.entered(HOSTILE, operator.database) as hostile:
        hostile.execute(TRAP)

    server.make(VICTIM, PASSWORD, "a note", empty=False, stays=lambda _: True)

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        operator.connected(VICTIM, "mine", VICTIM)


def test_a_preview_in_our_database_is_put_out_and_kept_out(
    server: DatabaseServer, operator: Operator
) -> None:
    """It could hold the locks under which others' databases are made and dropped."""
    made(server, HOSTILE)
    operator.open_all()
    hostile = operator.entered(HOSTILE, operator.database)
    hostile.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (VICTIM,))

    made(server, VICTIM)

    with pytest.raises(psycopg.OperationalError):
        hostile.execute("SELECT")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        operator.entered(HOSTILE, operator.database)


def test_what_is_open_to_every_preview_and_not_ours_to_close_is_told(
    server: DatabaseServer, operator: Operator
) -> None:
    assert server.left_open() == ("postgres", "template1")
    with operator.above_all() as above:
        above.execute("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC")
        assert server.left_open() == ("postgres",)
        above.execute("GRANT CONNECT ON DATABASE template1 TO PUBLIC")


def test_a_preview_in_the_template_of_databases_stops_none(
    server: DatabaseServer, operator: Operator
) -> None:
    made(server, HOSTILE)
    with operator.entered(HOSTILE, "template1"):
        made(server, VICTIM)


def test_no_preview_takes_all_connections(server: DatabaseServer, operator: Operator) -> None:
    made(server, HOSTILE)
    opened: list[Connection] = []
    with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        while len(opened) < 50:
            opened.append(operator.entered(HOSTILE))
    assert len(opened) == 20
    for one in opened:
        one.close()


def test_no_preview_changes_what_stands_on_its_database(server: DatabaseServer, operator: Operator) -> None:
    made(server, HOSTILE, "reviewapps 1 acme 7/pr-66 svc a@1.1")
    with operator.entered(HOSTILE) as hostile:
        said = "reviewapps 1 acme x/y"
        hostile.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(HOSTILE), said))
        with pytest.raises(errors.InsufficientPrivilege):
            hostile.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(HOSTILE), said))

    assert server.all() == (Database(HOSTILE, "reviewapps 1 acme 7/pr-66 svc a@1.1"),)
    assert _judged_by(server, HOSTILE, goes=False) == "reviewapps 1 acme 7/pr-66 svc a@1.1"


def test_what_an_earlier_version_made_is_found_by_the_comment_on_the_database(
    server: DatabaseServer, operator: Operator
) -> None:
    made(server, HOSTILE)
    with operator.above_all() as above:
        who, note = sql.Identifier(HOSTILE), "reviewapps 1 acme 7/pr-66 svc a@1.1"
        above.execute(sql.SQL("COMMENT ON ROLE {} IS NULL").format(who))
        above.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(who, note))

    assert server.all() == (Database(HOSTILE, note),)
    assert _judged_by(server, HOSTILE, goes=True) == ""  # what its own role may have written decides nothing
    assert server.all() == ()


def _judged_by(server: DatabaseServer, name: str, *, goes: bool) -> str:
    """The note by which whoever drops it judges whether it goes."""
    seen: list[str] = []

    def judged(note: str) -> bool:
        seen.append(note)
        return goes

    server.drop(name, judged)
    (note,) = seen
    return note


def _has_a_temporary_table(hostile: Connection) -> None:
    hostile.execute("CREATE TEMPORARY TABLE here (number int)")


def _has_an_object(hostile: Connection) -> None:
    hostile.execute("SELECT lo_create(0)")


@pytest.mark.parametrize("leaves", [_has_a_temporary_table, _has_an_object])
@pytest.mark.parametrize("where", ["", "postgres"], ids=["ours", "postgres"])
def test_what_it_left_in_another_database_keeps_no_preview(
    server: DatabaseServer, operator: Operator, where: str, leaves: Callable[[Connection], None]
) -> None:
    made(server, HOSTILE)
    operator.open_all()
    hostile = operator.entered(HOSTILE, where or operator.database)
    leaves(hostile)

    dropped(server, HOSTILE)

    with pytest.raises(psycopg.OperationalError):
        hostile.execute("SELECT")


def test_no_preview_keeps_its_database_by_calling_it_a_template(
    server: DatabaseServer, operator: Operator
) -> None:
    made(server, HOSTILE)
    with operator.entered(HOSTILE) as hostile:
        hostile.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(HOSTILE)))
    dropped(server, HOSTILE)


@pytest.mark.parametrize(
    "holds",
    [
        "ALTER ROLE {0} IN DATABASE {1} SET work_mem = '64kB'",
        "GRANT CONNECT ON DATABASE {0} TO {1}",
    ],
    ids=["the database", "the role"],
)
def test_no_preview_keeps_another_one_by_a_transaction_without_an_end(
    server: DatabaseServer, operator: Operator, holds: str
) -> None:
    made(server, HOSTILE)
    made(server, VICTIM)
    hostile = operator.entered(HOSTILE)
    hostile.execute("BEGIN")
    hostile.execute(sql.SQL(holds).format(sql.Identifier(HOSTILE), sql.Identifier(VICTIM)))

    dropped(server, VICTIM)

    assert operator.entered(HOSTILE)
    with pytest.raises(psycopg.OperationalError):
        hostile.execute("SELECT")


def test_whom_another_preview_names_loses_database_and_login_and_is_told_until_that_one_goes(
    server: DatabaseServer, operator: Operator
) -> None:
    made(server, HOSTILE)
    made(server, VICTIM, "reviewapps 1 acme 7/pr-12 svc a@1.1")
    with operator.entered(HOSTILE) as hostile:
        hostile.execute("CREATE TABLE bait (number int)")
        hostile.execute(sql.SQL("GRANT SELECT ON bait TO {}").format(sql.Identifier(VICTIM)))

    server.drop(VICTIM, lambda _: True)

    assert Database(VICTIM, "reviewapps 1 acme 7/pr-12 svc a@1.1") in server.all()
    with operator.above_all() as above:
        names = above.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ra%'").fetchall()
        assert names == [(HOSTILE,)]
    with pytest.raises(psycopg.OperationalError, match="is not permitted to log in"):
        operator.entered(VICTIM, HOSTILE)
    dropped(server, HOSTILE)
    dropped(server, VICTIM)


def test_the_server_is_told_no_password(server: DatabaseServer, operator: Operator) -> None:
    """Else its log would tell it, with the first statement that fails."""
    made(server, VICTIM)
    with operator.above_all() as above, above.transaction(force_rollback=True):
        above.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 3").format(sql.Identifier(VICTIM)))
        making = threading.Thread(target=made, args=(server, VICTIM))
        making.start()
        waits = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ROLE%'"
        with operator.above_all() as another:
            ((told,),) = until("what waits", lambda: another.execute(waits).fetchall(), 8)
    making.join(10)
    assert PASSWORD not in told and "SCRAM-SHA-256$" in told
    assert operator.entered(VICTIM)
