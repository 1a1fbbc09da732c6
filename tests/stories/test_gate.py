"""Previews ask for the team's password: a real gate, pushed by the orchestrator, before real apps."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from reviewapps.doctor import examined
from reviewapps.doctor.looking import looked_at
from reviewapps.sandbox.cloudfoundry.state import App, Deployment, RouteBinding, ServiceInstance
from tests.stories.commands.terminal import Terminal
from tests.stories.samples import headline
from tests.stories.town import Town

PASSWORD, BYPASS = "open sesame", "for-tests-alone"
TOLD = {"GATE_PASSWORD": PASSWORD, "GATE_BYPASS": BYPASS}
GATE = "review-gate"


def visit(town: Town, name: str, *, password: str = "", bypass: str = "") -> requests.Response:
    """What somebody sees who knows so much."""
    headers = {"Host": f"{name}.{town.world.cloudfoundry.app_domain}:{town.world.cloudfoundry.app_port}"}
    headers |= {"X-Reviewapps-Bypass": bypass} if bypass else {}
    auth = ("preview", password) if password else None
    url = f"http://127.0.0.1:{town.world.cloudfoundry.app_port}/"
    return requests.get(url, headers=headers, auth=auth, timeout=30)


@contextmanager
def visitors(town: Town, name: str, *, password: str = "") -> Iterator[set[int]]:
    """The statuses that people see all the while, who know no password unless told."""
    seen: set[int] = set()
    leave = threading.Event()

    def look() -> None:
        while not leave.wait(0.04):
            seen.add(visit(town, name, password=password).status_code)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        leave.set()
        looking.join()


def bindings(town: Town) -> list[str]:
    """The hosts that are bound to a route service."""
    return sorted(row.route.host for row in town.world.cloudfoundry.world.all(RouteBinding))


def services(town: Town) -> list[str]:
    return [row.name for row in town.world.cloudfoundry.world.all(ServiceInstance)]


def starts(town: Town) -> Counter[str]:
    """How often each app was started or rolled."""
    world = town.world.cloudfoundry.world
    names = {app.guid: app.name for app in world.all(App)}
    asked = (names[call.path.split("/")[3]] for call in town.cf.asked("POST", "/actions/start$"))
    return Counter([*asked, *(row.app.name for row in world.all(Deployment))])


def examined_gate(town: Town) -> tuple[str, str]:
    """What the doctor says of it."""
    found = examined(looked_at(town.playground.environment(**TOLD)))
    (line,) = [one for one in found if "the gate" in one.text]
    return line.level, line.text


def test_a_preview_is_seen_with_the_password_and_never_without_it(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(**TOLD)
    with visitors(town, "shop-pr-1") as seen:
        number = town.open("blue")
        town.until_live(number)
        assert "| access | team password, not indexed |" in town.onlooker.comments(number)[0]
        stranger = visit(town, "shop-pr-1")
        assert (stranger.status_code, stranger.headers["X-Robots-Tag"]) == (401, "noindex, nofollow")
        for friend in (visit(town, "shop-pr-1", password=PASSWORD), visit(town, "shop-pr-1", bypass=BYPASS)):
            assert (friend.status_code, friend.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
            assert "blue" in friend.text
        town.until_live(number, town.push("blue", headline("green")))
        assert "green" in visit(town, "shop-pr-1", password=PASSWORD).text
    assert seen <= {404, 503, 401}

    assert examined_gate(town) == ("ok", "the gate review-gate runs, before 1 route")
    (binding,) = town.operator.ask("GET", "/v3/service_route_bindings")["resources"]
    town.operator.ask("DELETE", f"/v3/service_route_bindings/{binding['guid']}")
    assert bindings(town) == []
    open_ = f"the gate review-gate is not bound to shop-pr-1.{town.world.cloudfoundry.app_domain}: it is open"
    assert examined_gate(town) == ("FAIL", open_)

    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    assert (bindings(town), town.apps, services(town)) == ([], [GATE], [GATE])
    assert town.page(GATE).status == 404
    words = [*town.onlooker.comments(number), town.log.read_text(), *(c.path for c in town.cf.calls)]
    assert not [text for text in words if PASSWORD in text or BYPASS in text]

    town.operator.stop(GATE)
    assert examined_gate(town) == ("FAIL", "the gate review-gate does not run: nobody is let in")


def test_what_is_taken_from_the_gate_by_hand_is_repaired(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(**TOLD)
    town.until_live(number := town.open("blue"))
    said = town.onlooker.comments(number)

    town.operator.stop(GATE)
    assert visit(town, "shop-pr-1", bypass=BYPASS).status_code == 503
    town.look_afresh()
    town.until("the gate is up", lambda: visit(town, "shop-pr-1", bypass=BYPASS).status_code == 200)

    town.operator.delete_service(GATE)
    assert visit(town, "shop-pr-1").status_code == 200  # the platform takes the bindings away with it
    town.until("a quiet look to close it", lambda: visit(town, "shop-pr-1").status_code == 401)

    town.operator.delete(GATE)
    town.until("its app is gone", lambda: GATE not in town.apps)
    assert visit(town, "shop-pr-1", bypass=BYPASS).status_code >= 500
    town.look_afresh()
    town.until("the gate is up", lambda: visit(town, "shop-pr-1", bypass=BYPASS).status_code == 200)
    assert (town.apps, services(town), bindings(town)) == ([GATE, "shop-pr-1"], [GATE], ["shop-pr-1"])
    assert town.onlooker.comments(number) == said


def test_access_is_changed_without_a_deploy(quiet_town: Town) -> None:
    town = quiet_town

    def seen(**told: str) -> tuple[int, str | None, list[str]]:
        town.orchestrators.clear()
        town.employ(**told)
        town.look_afresh()
        page = visit(town, "shop-pr-1")
        return page.status_code, page.headers.get("X-Robots-Tag"), bindings(town)

    town.employ(ACCESS="public")
    town.until_live(number := town.open("blue"))
    assert "| access | everybody |" in town.onlooker.comments(number)[0]
    assert bindings(town) == [] and town.apps == ["shop-pr-1"]
    assert seen(**TOLD) == (401, "noindex, nofollow", ["shop-pr-1"])
    assert "| access | team password, not indexed |" in town.onlooker.comments(number)[0]
    assert seen(**TOLD, ACCESS="public", GATE=GATE) == (200, "noindex, nofollow", ["shop-pr-1"])
    assert "| access | everybody, not indexed |" in town.onlooker.comments(number)[0]
    assert seen(**TOLD, ACCESS="public") == (200, None, [])
    assert starts(town) == {"shop-pr-1": 1, GATE: 2}

    assert "Nothing is left over" in Terminal(town, TOLD).types("sweep")
    said = Terminal(town, {**TOLD, "ACCESS": "public"}).types("sweep", "--yes")
    assert said.count("a gate that stands before nothing any more") == 3
    town.until(
        "the gate to be gone", lambda: town.apps == town.hosts == ["shop-pr-1"] and services(town) == []
    )


def test_a_visit_keeps_a_preview_that_nobody_pushes_to(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(**TOLD)
    numbers = [town.open("blue"), town.open("green")]
    for number in numbers:
        town.until_live(number)
    assert "without a push or visit" in town.onlooker.comments(numbers[0])[0]
    town.orchestrators.clear()
    with visitors(town, "shop-pr-1", password=PASSWORD) as seen:
        town.until("somebody to have seen it", lambda: seen)
        town.employ(**TOLD, EXPIRE_AFTER="4s")
        town.until_comment(numbers[1], "Preview: removed")
        assert "live at" in town.onlooker.comments(numbers[0])[0]
    assert seen == {200}
    town.until_comment(numbers[0], "Preview: removed")


def test_where_the_gate_cannot_be_bound_nothing_is_to_be_seen(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(**TOLD)
    town.fail("POST", "/v3/service_route_bindings", times=1000, kind="status", status=403)
    with visitors(town, "shop-pr-1") as seen:
        number = town.open("blue")
        town.until_comment(number, "Preview: kept closed", "nobody is let in")
        assert not [
            app
            for app in town.world.cloudfoundry.world.all(App)
            if app.state == "STARTED" and app.name != GATE
        ]
    assert seen == {404, 503} or seen == {404}
    (orchestrator,) = town.orchestrators
    assert "public" in next(iter(orchestrator.installation.needs.values()))
    town.mend()
    for environment in orchestrator.installation.needs:
        orchestrator.installation.turns.due.wake(environment, queue="deploy")
    town.until_live(number)
    assert visit(town, "shop-pr-1").status_code == 401
