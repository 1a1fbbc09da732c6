"""Data of an environment's own, and the commands around it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from reviewapps.demo.onlooker import page
from reviewapps.errors import AuthorMustAct
from reviewapps.sandbox.cloudfoundry.state import Binding, ServiceInstance, Task
from tests.stories.commands.terminal import Terminal
from tests.stories.samples import SHOWS_ITS_ENVIRONMENT, Files, Gate, headline, manifest
from tests.stories.town import Town

pytestmark = pytest.mark.story

POSTGRES, PLAN = "review-db", "aws-rds/micro-psql"
OWN: dict[str, Any] = {"services": {"shop-db": {"database": "own"}}}
APP: Files = {**manifest(services="[shop-db]"), "app.py": SHOWS_ITS_ENVIRONMENT}

MIGRATE: Files = {
    "migrate.py": """\
import os, psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    database.execute("CREATE TABLE IF NOT EXISTS deploys (commit text)")
    database.execute("INSERT INTO deploys VALUES (%s)", (os.environ["REVIEWAPPS_COMMIT"],))
"""
}
MIGRATES = f"{sys.executable} migrate.py"


def rules(**review: Any) -> Files:
    return {".reviewapps.yml": yaml.safe_dump({"environments": {"review": review}})}


@pytest.fixture
def data_town(quiet_town: Town) -> Town:
    """A town whose operator has a PostgreSQL for previews, and a service that may be shared."""
    quiet_town.operator.create_service(POSTGRES, PLAN)
    quiet_town.operator.create_user_provided("shop-mail", {"host": "mail.example.gov"})
    quiet_town.employ(POSTGRES=POSTGRES, SERVICES="shop-mail", PLANS=PLAN)
    return quiet_town


def shown(url: str) -> dict[str, str]:
    return dict(json.loads(page(url).text))


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """With the database that the page says it has."""
    with psycopg.connect(shown(url)["DATABASE_URL"]) as connection:
        yield connection


def deploys(url: str) -> list[str]:
    """What the release task wrote down; nothing while the database is being made anew."""
    with suppress(psycopg.Error), connected(url) as database:
        return [commit for (commit,) in database.execute("SELECT commit FROM deploys")]
    return []


def tasks(town: Town, kind: str) -> list[str]:
    return [task.state for task in town.world.cloudfoundry.world.all(Task) if task.name == kind]


def services(town: Town) -> list[str]:
    return sorted(one.name for one in town.world.cloudfoundry.world.all(ServiceInstance))


def databases(town: Town) -> list[str]:
    """What is on the operator's server, by its own word."""
    instances = town.world.cloudfoundry.world.all(ServiceInstance)
    uri = next(one.credentials["uri"] for one in instances if one.name == POSTGRES)
    with psycopg.connect(uri) as server:
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ra%'").fetchall()
    return [name for (name,) in found]


def test_a_preview_has_a_database_of_its_own_from_its_first_page_to_its_end(data_town: Town) -> None:
    town = data_town
    parted = town.home / "parted"
    asked = rules(**OWN, release=MIGRATES, setup="echo filled", teardown=f"touch {parted}")
    town.on_main({**asked, **APP, **MIGRATE})
    number = town.open("blue")
    url = town.until_live(number)
    said = town.onlooker.comments(number)[0]
    assert "shop-db: its own database" in said
    first = town.head(number)
    assert deploys(url) == [first]
    assert services(town) == [POSTGRES, "shop-mail", "shop-pr-1-shop-db"] and len(databases(town)) == 1
    bound = json.loads(shown(url)["VCAP_SERVICES"])["user-provided"]
    assert [one["name"] for one in bound] == ["shop-db"]
    second = town.push("blue", headline("green"))
    town.until_live(number, second)
    assert deploys(url) == [first, second]
    assert (tasks(town, "release"), tasks(town, "setup")) == (["SUCCEEDED"] * 2, ["SUCCEEDED"])
    town.until_idle()
    calls = len(town.cf.calls)
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    assert parted.exists()
    assert _written(town, calls) == [
        "DELETE routes",
        "PATCH apps",
        "POST tasks",
        "POST stop",
        "PATCH apps",
        "PATCH service_instances",  # that its database goes, before it does
        "DELETE service_instances",
        "DELETE apps",
        "DELETE apps",
    ]
    assert (services(town), databases(town), town.apps) == ([POSTGRES, "shop-mail"], [], [])


@pytest.mark.parametrize("how", ["opened again", "asked for by hand", "in the middle of a push"])
def test_a_preview_that_is_wanted_again_while_its_teardown_runs_is_made_anew(
    data_town: Town, tmp_path: Path, how: str
) -> None:
    town, go_on, build = data_town, data_town.home / "go-on", Gate(tmp_path)
    teardown = f"while [ ! -e {go_on} ]; do sleep 0.02; done"
    town.on_main({**rules(**OWN, release=MIGRATES, setup="true", teardown=teardown), **APP, **MIGRATE})
    town.until_live(number := town.open("blue"))
    if how == "in the middle of a push":
        town.push("blue", {**headline("green"), **build.files})
        town.until("the build", lambda: build.is_reached)
    town.octocat.close(number)
    town.until("the teardown", lambda: tasks(town, "teardown") == ["RUNNING"])
    town.octocat.reopen(number)
    town.beat(looks=True)
    build.open()
    if how == "asked for by hand":
        Terminal(town, {"POSTGRES": POSTGRES, "SERVICES": "shop-mail", "PLANS": PLAN}).types(
            "redeploy", f"#{number}"
        )
    go_on.touch()
    town.until(
        "both commands anew", lambda: tasks(town, "release") == tasks(town, "setup") == ["SUCCEEDED"] * 2
    )
    assert deploys(town.until_live(number)) == [town.head(number)]
    assert (town.builds, len(databases(town))) == (1 if how == "opened again" else 2, 1)


def _written(town: Town, since: int) -> list[str]:
    """What was asked to change since that many calls: the last word of each path that is no guid."""
    calls = (call for call in town.cf.calls[since:] if call.method != "GET" and call.path.startswith("/v3"))
    words = ((call.method, call.path.partition("?")[0].split("/")) for call in calls)
    return [f"{method} {next(w for w in reversed(path) if '-' not in w)}" for method, path in words]


def test_a_release_task_that_fails_leaves_what_serves_with_its_own_variables(data_town: Town) -> None:
    town = data_town
    asked = rules(release="sh release.sh")
    town.on_main({**asked, **manifest(), "app.py": SHOWS_ITS_ENVIRONMENT, "release.sh": "true\n"})
    number = town.open("blue", {**manifest(env="{COLOUR: blue}"), "x": "1"})
    url = town.until_live(number)
    first = town.head(number)
    town.push("blue", {**manifest(env="{COLOUR: green}"), "release.sh": "echo no such table; exit 3\n"})
    said = town.until_comment(number, "its release task failed", "Still live")
    assert " TASK no such table" in Terminal(town).types("logs", f"#{number}")
    assert first[:7] in said
    town.until_idle()
    assert shown(url)["COLOUR"] == "blue"
    app = town.operator.app("shop-pr-1")
    assert app.environment["COLOUR"] == "blue"  # also after the platform starts it anew
    fixed = town.push("blue", {"release.sh": "true\n"})
    town.until_live(number, fixed)
    assert shown(url)["COLOUR"] == "green"


def test_reset_brings_an_empty_database_that_is_set_up_again(data_town: Town) -> None:
    town = data_town
    town.on_main({**rules(**OWN, release=MIGRATES, setup="echo filled"), **APP, **MIGRATE})
    number = town.open("blue")
    url, commit = town.until_live(number), town.head(number)
    town.until_idle()
    with connected(url) as database:
        database.execute("INSERT INTO deploys VALUES ('by hand')")
    town.orchestrators[0].reset(number)
    town.until("an empty database", lambda: deploys(url) == [commit] or None)
    town.until_idle()
    assert tasks(town, "setup") == ["SUCCEEDED", "SUCCEEDED"]
    assert town.builds == 1


def test_which_database_is_dropped_is_nobodys_to_say(data_town: Town) -> None:
    """Neither by a name on a service, nor by what a preview writes onto its own."""
    town = data_town
    town.on_main({**rules(**OWN, release=MIGRATES), **APP, **MIGRATE})
    mine, other = town.open("blue"), town.open("green")
    with connected(town.until_live(mine)) as database:
        instance = town.orchestrators[0].told.instance
        forged_note = sql.Literal(f"reviewapps 1 {instance} x/y")
        name = sql.Identifier(database.info.dbname)
        database.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, forged_note))
    url = town.until_live(other, town.head(other))
    found = {one.name: one for one in town.world.cloudfoundry.world.all(ServiceInstance)}
    theirs = found[f"shop-pr-{other}-shop-db"].annotations["reviewapps-database"]
    forged = {"metadata": {"annotations": {"reviewapps-database": theirs}}}
    town.operator.ask("PATCH", f"/v3/service_instances/{found[f'shop-pr-{mine}-shop-db'].guid}", forged)
    town.octocat.close(mine)
    town.until_comment(mine, "Preview: removed")
    assert databases(town) == [theirs] and deploys(url) == [town.head(other)]


def test_what_has_no_data_of_its_own_cannot_be_reset(data_town: Town) -> None:
    number = data_town.open("blue")
    data_town.until_live(number)
    with pytest.raises(AuthorMustAct, match="no data of its own"):
        data_town.orchestrators[0].reset(number)


def test_what_is_shared_is_bound_and_stays_and_what_was_made_of_a_plan_goes(data_town: Town) -> None:
    town = data_town
    asked = rules(services={"shop-mail": "share", "shop-own": {"plan": PLAN}})
    bind = manifest(services="[shop-mail, shop-own]")
    town.on_main({**asked, **bind, "app.py": SHOWS_ITS_ENVIRONMENT})
    number = town.open("blue")
    url = town.until_live(number)
    found = json.loads(shown(url)["VCAP_SERVICES"])
    (bound,), (own,) = found["user-provided"], found["aws-rds"]
    assert (bound["credentials"], own["name"]) == ({"host": "mail.example.gov"}, "shop-own")
    assert "shop-pr-1-shop-own" in services(town)
    town.octocat.close(number)
    town.until_comment(number, "Preview: removed")
    assert services(town) == [POSTGRES, "shop-mail"]
    assert [one for one in town.world.cloudfoundry.world.all(Binding) if one.app is not None] == []


def test_what_the_operator_does_not_allow_is_refused_with_what_could_be_said(data_town: Town) -> None:
    town = data_town
    town.on_main({**rules(services={"other": "share"}), **manifest(services="[other]")})
    town.until_comment(town.open("blue"), "shares the service `other`", "the operator does not allow")
    town.on_main({**rules(), **manifest(services="[shop-db, shop-mail]")})
    said = town.until_comment(town.open("green"), "needs one decision")
    assert "shop-db:\n        database: own" in said and "shop-mail: share" in said


def test_a_service_that_somebody_left_behind_is_found_and_goes(data_town: Town) -> None:
    town = data_town
    town.on_main({**rules(**OWN), **APP})
    number = town.open("blue")
    town.until_live(number)
    town.until_idle()
    town.operator.delete("shop-pr-1")
    town.operator.delete_route("shop-pr-1")
    town.octocat.close(number)
    town.look_afresh()
    town.until_comment(number, "Preview: removed")
    assert (services(town), databases(town)) == ([POSTGRES, "shop-mail"], [])


def test_a_secret_is_made_up_once_and_other_processes_run_where_the_rules_say(data_town: Town) -> None:
    town = data_town
    env = {"SECRET_KEY": {"generate": "secret"}}
    procfile = {"Procfile": "web: python3 app.py\nworker: sleep 1000\n"}
    town.on_main({**rules(env=env, processes={"worker": 2}), **procfile, "app.py": SHOWS_ITS_ENVIRONMENT})
    number = town.open("blue")
    url = town.until_live(number)
    secret = shown(url)["SECRET_KEY"]
    assert len(secret) > 40
    processes = {p["type"]: p["instances"] for p in town.operator.processes("shop-pr-1")}
    assert processes == {"web": 1, "worker": 2}
    pushed = town.push("blue", headline("green"))
    town.until_live(number, pushed)
    assert shown(url)["SECRET_KEY"] == secret
    assert secret not in "".join(town.onlooker.comments(number)) + town.log.read_text()


def test_a_build_sees_what_it_may_and_is_shared_by_whoever_would_build_the_same(data_town: Town) -> None:
    town = data_town
    seen = town.home / "seen"
    looks = f"echo ${{NODE_ENV-none}} ${{COLOUR-none}} ${{DATABASE_URL-none}} >> {seen}\n"
    env = {"NODE_ENV": "test", "COLOUR": "{branch}"}
    asked = {"all": {"env": env, "build_env": ["NODE_ENV"], **OWN}}
    town.on_main({".reviewapps.yml": yaml.safe_dump(asked), **APP, "bin/pre_compile": looks})
    number = town.open("blue")
    url = town.until_live(number)
    pushed = town.push("blue", headline("green"))
    town.until_live(number, pushed)
    assert town.builds == 2 and "shop-pr-1-build" in town.apps
    town.octocat.api("POST", f"/repos/{town.repository}/git/refs", {"ref": "refs/tags/dev-1", "sha": pushed})
    town.until("the shared app", lambda: "shop-dev" in town.apps or None)
    town.until_idle()
    assert town.builds == 2
    assert shown(url)["COLOUR"] == "blue"
    assert seen.read_text() == "test none none\n" * 2


def test_a_preview_that_goes_back_to_what_it_serves_has_its_own_data_and_what_it_shares(
    data_town: Town,
) -> None:
    town = data_town
    asked = {"shop-db": {"database": "own", "fresh": "each-deploy"}, "shop-mail": "share"}
    files = {**APP, **MIGRATE, **manifest(services="[shop-db, shop-mail]"), "release.sh": f"{MIGRATES}\n"}
    town.on_main({**rules(services=asked, release="sh release.sh"), **files})
    url = town.until_live(number := town.open("blue"))
    first = town.head(number)
    town.push("blue", {"release.sh": "exit 1\n"})
    town.until_comment(number, "release task failed")
    assert deploys(url) == []
    town.force("blue", first)
    town.until("its own data", lambda: deploys(url) == [first])
    town.until_live(number, first)
    assert tasks(town, "release").count("SUCCEEDED") == 2
