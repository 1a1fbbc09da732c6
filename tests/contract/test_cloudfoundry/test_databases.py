"""Databases of environments, when one who lost the right to touch them comes late: in a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import psycopg
import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient, labels
from reviewapps.cloudfoundry.noting import Note
from reviewapps.cloudfoundry.serving import database_name
from reviewapps.databases import DatabaseServer
from reviewapps.databases.server import Database
from reviewapps.errors import Busy, LeaseLost, OperatorMustAct, Unavailable
from reviewapps.model import Actual, Secret, Service, ServiceInstance
from reviewapps.naming import DROPPED
from tests.contract.test_cloudfoundry.platform import EVERYWHERE, Platform, client
from tests.contract.test_cloudfoundry.scenes import NAMES, PREVIEW, attempt, until

POSTGRES: Final = "review-db"
BLIND: Final[dict[str, Any]] = {
    "user": None,
    "password": None,
    "client_id": "orchestrator",
    "client_secret": Secret("orchestrator"),
}
"""An account that sees the previews' space alone."""
INSTANCES: Final = "/v3/service_instances"
NAME: Final = database_name("acme", PREVIEW, "shop-db")


class Stopped:
    """The server, for one who is stopped when he first asks it for one of these until ``meanwhile`` is over."""

    def __init__(self, uri: str, at: tuple[str, ...], meanwhile: Callable[[], object]) -> None:
        self._server, self._at, self._meanwhile = DatabaseServer(uri), at, meanwhile

    def __getattr__(self, name: str) -> Any:
        if name in self._at:
            self._at = ()
            self._meanwhile()
        return getattr(self._server, name)


@pytest.fixture(scope="module")
def server(running: Platform) -> Iterator[str]:
    """The operator's PostgreSQL; the URI of our own key."""
    (plan,) = running.meddle("GET", "/v3/service_plans?names=micro-psql&service_offering_names=aws-rds")[
        "resources"
    ]
    (space,) = running.meddle("GET", "/v3/spaces?names=review")["resources"]
    asked = {"space": {"data": {"guid": space["guid"]}}, "service_plan": {"data": {"guid": plan["guid"]}}}
    running.meddle("POST", INSTANCES, {"type": "managed", "name": POSTGRES, "relationships": asked})
    uris: list[str] = []

    def opened(uri: str) -> DatabaseServer:
        uris.append(uri)
        return DatabaseServer(uri)

    def known() -> list[str]:
        try:
            client(running, postgres=POSTGRES, open_server=opened).belongings()
        except Busy:
            return []
        return uris

    until(_made(running), bool)
    yield until(known, bool)[0]
    (made,) = running.meddle("GET", f"{INSTANCES}?names={POSTGRES}")["resources"]
    for key in running.meddle(
        "GET", f"/v3/service_credential_bindings?service_instance_guids={made['guid']}"
    )["resources"]:
        running.meddle("DELETE", f"/v3/service_credential_bindings/{key['guid']}")
    running.meddle("DELETE", f"{INSTANCES}/{made['guid']}")


def _made(platform: Platform) -> Callable[[], bool]:
    def made() -> bool:
        (one,) = platform.meddle("GET", f"{INSTANCES}?names={POSTGRES}")["resources"]
        return bool(one["last_operation"]["state"] == "succeeded")

    return made


@pytest.fixture
def later(platform: Platform, server: str) -> Iterator[SpaceClient]:
    """The space of whoever took the lease; no services of the preview are left in the end."""
    holder = client(platform, postgres=POSTGRES, open_server=DatabaseServer)
    yield holder
    _unserved(holder, services_of(holder, holder.look().actual(PREVIEW)))


@pytest.fixture
def filled(later: SpaceClient, platform: Platform) -> Actual:
    """A preview whose database holds data of its first attempt."""
    actual = made(later, served(later), "old@1.1")
    fill(platform, actual, "pears")
    return actual


def late(platform: Platform, meanwhile: Callable[[], object], *at: str) -> SpaceClient:
    """The space of one who is stopped there beyond his lease."""

    def opened(uri: str) -> Any:
        return Stopped(uri, at or ("drop", "make"), meanwhile)

    return client(platform, postgres=POSTGRES, open_server=opened)


def served(space: SpaceClient, number: str = "1.1") -> Actual:
    """The preview's app with a service that holds no database yet."""
    actual = space.carry_out(steps.CreateApp(NAMES, attempt(id=number)), space.look().actual(PREVIEW))
    create = steps.CreateService(Service("shop-db", "database"), ("shop-pr-12-shop-db",), number)
    return services_of(space, space.carry_out(create, actual))


def services_of(space: SpaceClient, actual: Actual) -> Actual:
    return space.carry_out(steps.Look("services"), actual)


def begun(space: SpaceClient, actual: Actual, number: str) -> Actual:
    return space.carry_out(steps.Begin(attempt(id=number)), actual)


def instance(actual: Actual) -> ServiceInstance:
    (one,) = actual.services or ()
    return one


def made(space: SpaceClient, actual: Actual, data: str) -> Actual:
    return space.carry_out(steps.MakeDatabase(instance(actual).guid, data), actual)


def _unserved(space: SpaceClient, actual: Actual) -> Actual:
    for one in actual.services or ():
        actual = space.carry_out(steps.DeleteService(one.guid), actual)
    return actual


def credentials(platform: Platform, actual: Actual) -> dict[str, Any]:
    """What an app is given that is bound now."""
    found: dict[str, Any] = platform.meddle("GET", f"{INSTANCES}/{instance(actual).guid}/credentials")
    return found


def fill(platform: Platform, actual: Actual, fruit: str) -> str:
    """Write something down, as the app does; the URI that it was given for that."""
    uri = str(credentials(platform, actual)["uri"])
    with psycopg.connect(uri) as database:
        database.execute("CREATE TABLE fruits (name text)")
        database.execute("INSERT INTO fruits VALUES (%s)", (fruit,))
    return uri


def fruits(uri: str) -> list[str]:
    """What is written there, to whoever was given this URI."""
    with psycopg.connect(uri) as database:
        return [name for (name,) in database.execute("SELECT name FROM fruits")]


def test_who_comes_late_with_the_same_wish_leaves_what_was_filled_meanwhile(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    seen, uris = begun(later, filled, "2.1"), []
    slow = late(platform, lambda: uris.append(fill(platform, made(later, seen, "new@2.1"), "apples")))

    after = made(slow, seen, "new@2.1")

    assert fruits(uris[0]) == ["apples"]
    assert credentials(platform, after)["uri"] == uris[0]
    assert instance(after).data == instance(services_of(later, seen)).data == "new@2.1"


def test_who_comes_late_with_an_earlier_wish_leaves_what_a_later_attempt_filled(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    seen, uris = begun(later, filled, "2.1"), []

    def push() -> None:
        uris.append(fill(platform, made(later, begun(later, seen, "3.1"), "newer@3.1"), "apples"))

    with pytest.raises(LeaseLost, match="for a later attempt"):
        made(late(platform, push), seen, "new@2.1")

    assert fruits(uris[0]) == ["apples"]
    assert instance(services_of(later, seen)).data == "newer@3.1"


def test_who_comes_late_leaves_what_a_later_attempt_goes_on_with(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    seen, uri = begun(later, filled, "2.1"), credentials(platform, filled)["uri"]
    slow = late(platform, lambda: begun(later, seen, "3.1"))

    with pytest.raises(LeaseLost, match="another attempt"):
        made(slow, seen, "new@2.1")

    assert fruits(uri) == ["pears"]


def test_two_who_make_up_the_first_password_make_up_the_same(platform: Platform, later: SpaceClient) -> None:
    seen, uris = served(later), []
    slow = late(
        platform, lambda: uris.append(fill(platform, made(later, seen, "a@1.1"), "apples")), "uri_for"
    )

    after = made(slow, seen, "a@1.1")

    assert fruits(uris[0]) == ["apples"]
    assert credentials(platform, after)["uri"] == uris[0]


def test_who_takes_it_away_late_leaves_what_was_made_again_meanwhile(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    old, uris = credentials(platform, filled)["password"], []

    def reopen() -> None:
        _unserved(later, filled)
        again = served(later, "3.1")
        uris.append(fill(platform, made(later, again, "old@3.1"), "apples"))

    _unserved(late(platform, reopen), filled)

    assert fruits(uris[0]) == ["apples"]
    assert old not in uris[0]


def test_who_takes_it_away_late_leaves_what_was_made_again_for_the_same_service(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    uris, may = [], iter([True])

    def reopen() -> None:
        again = services_of(later, begun(later, filled, "3.1"))
        uris.append(fill(platform, made(later, again, "new@3.1"), "apples"))

    def check() -> None:
        if not next(may, False):
            raise LeaseLost("somebody else may act on it now")

    slow = late(platform, reopen, "drop")
    with slow.held(check), pytest.raises(LeaseLost):
        _unserved(slow, filled)

    assert fruits(uris[0]) == ["apples"]


def test_who_was_killed_before_he_could_note_it_is_followed_by_one_who_does(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    seen = begun(later, filled, "2.1")
    slow = late(platform, lambda: platform.fault("PATCH", f"{INSTANCES}/", "status", status=500))
    with pytest.raises(Exception, match="500"):
        made(slow, seen, "new@2.1")
    assert instance(services_of(later, seen)).data == "old@1.1"

    after = made(later, services_of(later, seen), "new@2.1")

    assert instance(after).data == "new@2.1"
    uri = fill(platform, after, "apples")
    assert fruits(uri) == ["apples"]
    assert _unserved(later, after).services == ()
    assert NAME not in {name for _, name in later.belongings().databases}


def test_what_was_dropped_and_is_wanted_again_is_not_taken_for_what_holds_data(
    platform: Platform, later: SpaceClient, filled: Actual
) -> None:
    platform.fault("DELETE", f"{INSTANCES}/", "status", status=500)
    with pytest.raises(Unavailable, match="500"):
        _unserved(later, filled)
    seen = services_of(later, begun(later, filled, "2.1"))
    assert instance(seen).data == DROPPED

    after = made(later, seen, "new@2.1")

    assert fruits(fill(platform, after, "apples")) == ["apples"]


def test_nobody_looks_at_a_database_while_another_one_is_at_it(
    platform: Platform, later: SpaceClient, server: str
) -> None:
    seen = served(later)
    with psycopg.connect(server, autocommit=True) as another:
        another.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (NAME,))
        making = threading.Thread(target=lambda: made(later, seen, "a@1.1"))
        making.start()
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until(lambda: another.execute(waits).fetchone(), lambda row: row == (1,), seconds=8)
        there = another.execute("SELECT count(*) FROM pg_database WHERE datname = %s", (NAME,)).fetchone()
        assert there == (0,)
        another.execute("SELECT pg_advisory_unlock_all()")
        making.join(10)
    assert instance(services_of(later, seen)).data == "a@1.1"


def test_who_is_stopped_between_judging_a_database_and_dropping_it_does_not_drop_it(
    platform: Platform, later: SpaceClient, filled: Actual, server: str
) -> None:
    uri = credentials(platform, filled)["uri"]

    def stopped(_: str) -> bool:
        with psycopg.connect(server, autocommit=True) as another:
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            until(lambda: another.execute(held).fetchone(), lambda row: row == (0,), seconds=8)
        return True

    with pytest.raises(Unavailable):
        DatabaseServer(server, idle=0.1).drop(NAME, stopped)

    assert fruits(uri) == ["pears"]


def test_a_database_that_is_made_on_another_server_is_where_the_app_looks_for_it(
    platform: Platform, later: SpaceClient, filled: Actual, server: str
) -> None:
    moved = server.replace("127.0.0.1", "localhost")
    assert moved != server
    now = client(platform, postgres=POSTGRES, open_server=lambda _: DatabaseServer(moved))

    after = made(now, begun(later, filled, "2.1"), "new@2.1")

    uri = fill(platform, after, "apples")
    assert "@localhost:" in uri and credentials(platform, after)["host"] == "localhost"
    assert fruits(uri) == ["apples"]


class NewServer(DatabaseServer):
    """Another server, on which nothing was made yet."""

    def drop(self, name: str, goes: Callable[[str], bool]) -> None:
        assert goes("")

    def all(self) -> tuple[Database, ...]:
        return ()


def test_a_database_on_the_former_server_does_not_lose_the_service_that_leads_to_it(
    later: SpaceClient, platform: Platform, filled: Actual, server: str
) -> None:
    moved = server.replace("127.0.0.1", "localhost")
    now = client(platform, postgres=POSTGRES, open_server=lambda _: NewServer(moved))
    with pytest.raises(OperatorMustAct, match="is on another server, at 127"):
        _unserved(now, filled)
    assert fruits(credentials(platform, filled)["uri"]) == ["pears"]
    assert _unserved(later, services_of(later, filled)).services == ()
    again = client(platform, postgres=POSTGRES, open_server=DatabaseServer)
    assert again.belongings().databases == ()


@pytest.mark.parametrize("sees", ["both spaces", "its own"])
def test_what_moved_to_another_space_keeps_its_database_when_the_former_space_is_swept(
    platform: Platform, later: SpaceClient, filled: Actual, server: str, sees: str
) -> None:
    there = client(platform, space="production", user="deployer")
    moved = served(there, "2.1")
    note = Note(PREVIEW, instance(moved).guid, "new@2.1").text("acme")
    DatabaseServer(server).make(NAME, "secret", note, empty=False, stays=lambda _: False)

    who = {} if sees == "both spaces" else BLIND
    broom = client(platform, postgres=POSTGRES, open_server=DatabaseServer, **who)
    assert _unserved(broom, filled).services == ()

    assert fruits(DatabaseServer(server).uri_for(NAME, "secret")) == ["pears"]
    there.carry_out(steps.DeleteApp(moved.apps[0].guid), moved)
    platform.meddle("DELETE", f"{INSTANCES}/{instance(moved).guid}", who=EVERYWHERE)
    later.drop_database(NAME)
    assert NAME not in {name for _, name in later.belongings().databases}


@pytest.mark.parametrize("takes", [0, 3])
def test_a_binding_goes_as_fast_as_its_broker_and_is_asked_to_once(
    platform: Platform, later: SpaceClient, server: str, takes: int
) -> None:
    """Where a broker takes its time, that is to be seen, and waited for."""
    app = served(later).apps[0]
    (shared,) = platform.meddle("GET", f"{INSTANCES}?names={POSTGRES}")["resources"]
    relations = {"service_instance": {"data": {"guid": shared["guid"]}}, "app": {"data": {"guid": app.guid}}}
    asked = {
        "type": "app",
        "relationships": relations,
        "metadata": {"labels": labels.owner("acme", PREVIEW)},
        "parameters": {"sandbox": {"delete": {"seconds": takes}}},
    }
    platform.meddle("POST", "/v3/service_credential_bindings", asked)

    def look() -> Actual:
        return services_of(later, later.look().actual(PREVIEW))

    seen = until(look, lambda actual: [one.state for one in actual.bindings or ()] == ["ready"])
    (binding,) = seen.bindings or ()
    platform.forget()
    gone = later.carry_out(steps.Unbind(binding.guid), seen)
    if takes:
        going = replace(binding, state="waiting", going=True)
        assert gone.bindings == look().bindings == (going,)
        until(look, lambda actual: actual.bindings == ())
    assert (gone.bindings is None) == (not takes)
    assert look().bindings == () and len(platform.calls("DELETE", "credential_bindings")) == 1


def test_that_it_was_set_up_stands_on_the_database_too(later: SpaceClient, filled: Actual) -> None:
    marked = later.carry_out(steps.MarkSetUp("key"), filled)
    assert marked.app is not None and marked.app.set_up == "key"
    assert instance(services_of(later, marked)).set_up == "key"
