"""The real cf command line, version 8.9 or later, from login to logout. It needs the client on PATH.

Where there is none, this one test says so; what it would have sent is replayed by the other tests here.
Wording changes from version to version, so little is asked of it; what was done is asked of the platform.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.cf_cli.installed import CF, InstalledCf
from tests.sandbox.cloudfoundry.cloud import Cloud, greeter

DOMAIN = "apps.localhost"
MANIFEST = """
applications:
- name: ((prefix))-front
  path: front
  memory: 64M
  routes: [{route: ((prefix)).apps.localhost}]
- name: ((prefix))-back
  path: back
  memory: 64M
  no-route: true
  health-check-type: process
"""
ASKED = {
    "api", "auth", "login", "logout", "target", "push", "apps", "app", "logs", "env", "set-env", "unset-env",
    "scale", "start", "stop", "restart", "restage", "events", "routes", "map-route", "unmap-route",
    "delete-route", "create-user-provided-service", "update-user-provided-service", "marketplace",
    "create-service", "services", "service", "bind-service", "unbind-service", "delete-service",
    "create-service-key", "service-key", "service-keys", "delete-service-key", "run-task", "tasks",
    "terminate-task", "delete", "orgs", "org", "spaces", "space", "domains", "rename", "cancel-deployment",
    "continue-deployment", "create-app", "ssh-enabled", "curl", "revisions", "rollback",
}  # fmt: skip


@pytest.fixture
def cf(tmp_path: Path) -> Iterator[InstalledCf]:
    if CF is None:
        pytest.skip("there is no cf command line on PATH; its requests were replayed instead")
    yield InstalledCf(tmp_path)


def test_the_real_client_does_everything_that_is_asked_of_it(cloud: Cloud, cf: InstalledCf) -> None:
    _login(cloud, cf)
    _push(cloud, cf)
    _look_after(cloud, cf)
    _read_logs(cloud, cf)
    _route(cloud, cf)
    _provide(cloud, cf)
    _use_the_marketplace(cf)
    _run_tasks(cf)
    _deploy(cloud, cf)
    _push_a_manifest(cloud, cf)
    _delete(cloud, cf)

    assert set(cf.done) == ASKED


def _login(cloud: Cloud, cf: InstalledCf) -> None:
    version = cf("version").text
    major, minor = re.findall(r"\d+", version)[:2]
    assert (int(major), int(minor)) >= (8, 9), version
    cf.done.clear()
    cf("api", cloud.server.api_url, "--skip-ssl-validation")
    cloud.server.add_client("robot", "secret", roles={"acme/review": "space_developer"})
    cf("auth", "robot", "secret", "--client-credentials")
    cf("target", "-o", "acme", "-s", "review")
    cf("logout")
    cf("auth", "deployer", "wrong", fails=True)
    cf("login", "-u", "deployer", "-p", "deployer", "-o", "acme", "-s", "review")
    cf("auth", "deployer", "deployer")
    told = cf("target", "-o", "acme", "-s", "review")
    assert (told.value("org"), told.value("space")) == ("acme", "review")
    assert cf("orgs").line("acme")
    assert cf("org", "acme").line("quota", "acme-quota")
    assert cf("spaces").line("review")
    assert cf("space", "review").line("review")
    assert cf("domains").line(DOMAIN, "shared")


def _push(cloud: Cloud, cf: InstalledCf) -> None:
    cf("push", "shop", "-m", "64M", "-p", str(cf.folder("one", greeter("one"))))
    assert cloud.visit("shop").text == "one"
    cf("push", "shop", "-p", str(cf.folder("two", greeter("two"))))
    assert cloud.visit("shop").text == "two"
    cf("push", "shop", "-p", str(cf.folder("three", greeter("three"))), "--strategy", "rolling")
    assert cloud.visit("shop").text == "three"
    assert cf("apps").line("shop", "started", f"shop.{DOMAIN}")
    told = cf("app", "shop")
    assert told.line("#0", "running")
    assert told.value("routes") == f"shop.{DOMAIN}"
    cf("push", "nothing", "-p", str(cf.folder("empty", {"readme.txt": "nothing to run"})), fails=True)
    cf("delete", "nothing", "-f", "-r")


def _look_after(cloud: Cloud, cf: InstalledCf) -> None:
    cf("set-env", "shop", "COLOUR", "red")
    assert cf("env", "shop").line("COLOUR", "red")
    cf("unset-env", "shop", "COLOUR")
    assert not cf("env", "shop").line("COLOUR")
    cf("scale", "shop", "-i", "2")
    assert cf("app", "shop").line("#1")
    cf("scale", "shop", "-i", "1", "-m", "96M", "-f")
    cf("stop", "shop")
    assert cloud.visit("shop").status_code == 503
    cf("start", "shop")
    cf("restart", "shop")
    cf("restage", "shop")
    assert cloud.visit("shop").text == "three"
    assert cf("events", "shop").line("audit.app.restart", "deployer")
    cf("ssh-enabled", "shop")
    assert json.loads(cf("curl", "/v3/apps?names=shop").text)["pagination"]["total_results"] == 1
    cf("create-app", "draft")
    cf("rename", "draft", "final")
    assert cf("apps").line("final", "stopped")
    cf("delete", "final", "-f")
    cf("app", "final", fails=True)


def _read_logs(cloud: Cloud, cf: InstalledCf) -> None:
    following = cf.follow("logs", "shop")
    try:
        cloud.wait_for(lambda: following.has("Retrieving logs"), "the beginning of the stream", 20)

        def followed() -> bool:
            cloud.visit("shop", "/followed")
            return following.has("/followed")

        cloud.wait_for(followed, "the line in the stream", 20)
    finally:
        following.end()
    assert cf("logs", "shop", "--recent").line("RTR", "/followed")


def _route(cloud: Cloud, cf: InstalledCf) -> None:
    where = (DOMAIN, "--hostname", "www")
    cf("map-route", "shop", *where)
    assert cloud.visit("www").text == "three"
    assert cf("routes").line("www", "shop")
    cf("unmap-route", "shop", *where)
    assert cloud.visit("www").status_code == 404
    cf("delete-route", *where, "-f")
    assert not cf("routes").line("www")


def _provide(cloud: Cloud, cf: InstalledCf) -> None:
    cf("create-user-provided-service", "db", "-p", '{"uri": "postgres://a"}')
    cf("update-user-provided-service", "db", "-p", '{"uri": "postgres://b"}')
    cf("bind-service", "shop", "db")
    assert cf("services").line("db", "user-provided", "shop")
    assert cf("service", "db").line("db")
    assert cf("env", "shop").line("postgres://b")
    cf("unbind-service", "shop", "db")
    cf("delete-service", "db", "-f")
    assert not cf("services").line("db")


def _use_the_marketplace(cf: InstalledCf) -> None:
    assert cf("marketplace").line("aws-elasticache-redis")
    cf("create-service", "aws-elasticache-redis", "redis-dev", "cache", "--wait")
    cf("create-service-key", "cache", "k", "--wait")
    assert cf("service-keys", "cache").line("k")
    assert cf("service-key", "cache", "k").line("password")
    cf("delete-service-key", "cache", "k", "-f", "--wait")
    cf("delete-service", "cache", "-f", "--wait")


def _run_tasks(cf: InstalledCf) -> None:
    cf("run-task", "shop", "--command", "echo migrated", "--name", "migrate", "--wait")
    cf("run-task", "shop", "--command", "sleep 60")
    cf("terminate-task", "shop", "2")
    assert cf("tasks", "shop").line("migrate", "SUCCEEDED")
    assert cf("logs", "shop", "--recent").line("TASK/migrate", "migrated")


def _deploy(cloud: Cloud, cf: InstalledCf) -> None:
    source = str(cf.folder("four", greeter("four")))
    cf("push", "shop", "-p", source, "--strategy", "canary")
    cf("cancel-deployment", "shop")
    cloud.wait_for(lambda: {cloud.visit("shop").text for _ in range(6)} == {"three"}, "the old app")
    cf("push", "shop", "-p", source, "--strategy", "canary")
    cf("continue-deployment", "shop")
    cloud.wait_for(lambda: {cloud.visit("shop").text for _ in range(6)} == {"four"}, "the new app")
    assert cf("revisions", "shop").line("Initial revision.")
    cf("rollback", "shop", "--version", "2", "-f")  # the droplet of the first has expired
    cloud.wait_for(lambda: {cloud.visit("shop").text for _ in range(6)} == {"two"}, "the earlier app")


def _push_a_manifest(cloud: Cloud, cf: InstalledCf) -> None:
    cf.folder("front", greeter("front"))
    cf.folder("back", greeter("back"))
    (cf.home / "manifest.yml").write_text(MANIFEST)
    (cf.home / "vars.yml").write_text("prefix: from-file\n")
    cf("push", "-f", "manifest.yml", fails=True)
    cf("push", "-f", "manifest.yml", "--var", "prefix=both")
    assert cloud.visit("both").text == "front"
    assert cf("apps").line("both-back", "started")
    cf("push", "-f", "manifest.yml", "--vars-file", "vars.yml")
    assert cloud.visit("from-file").text == "front"


def _delete(cloud: Cloud, cf: InstalledCf) -> None:
    cf("delete", "both-front", "-f")
    assert cf("routes").line("both")
    cf("delete", "from-file-front", "-f", "-r")
    assert not cf("routes").line("from-file")
    left = [app["name"] for app in cloud.call("GET", "/v3/apps")["resources"]]
    assert sorted(left) == ["both-back", "from-file-back", "shop"]
    cf("logout")
    cf("apps", fails=True)
