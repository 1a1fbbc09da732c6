"""push in all its forms, restage, revisions and rollback, and deployments that are continued or cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cf_cli import apps, deploying, logs, manifests, pushing, routing, summaries
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cloudfoundry.cloud import CRASHER, UNDETECTED, Cloud, greeter


def test_a_first_push_ends_with_an_app_on_its_default_route(cloud: Cloud, cf: Cf) -> None:
    pushed = pushing.push(cf, "shop", greeter("hello"), memory="64M")

    assert cloud.visit("shop").text == "hello"
    assert pushed.app.routes == ["shop.apps.localhost"]
    assert pushed.app.commands["web"] == "python3 app.py"
    assert [one.state for one in pushed.app.instances["web"]] == ["RUNNING"]
    assert pushed.app.instances["web"][0].mem_quota == 64 * 1024 * 1024
    assert pushed.staging
    assert pushed.app.deployment is None


def test_a_second_push_changes_what_the_app_says(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "twice", greeter("one"))
    guid = summaries.app_named(cf, "twice").guid

    pushing.push(cf, "twice", greeter("two"))

    assert cloud.visit("twice").text == "two"
    assert summaries.app_named(cf, "twice").guid == guid
    events = [kind.removeprefix("audit.app.") for kind, who in apps.events(cf, "twice") if who == "deployer"]
    again = ["package.create", "package.upload", "build.create", "droplet.create", "build.staged"]
    again += ["droplet.mapped", "restart", "revision.create"]
    first = ["create", "process.create", "apply_manifest", "map-route"]
    assert events[::-1] == [*first, *again, "apply_manifest", *again]


def test_a_rolling_push_replaces_the_web_process(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "rolling", greeter("one"))
    before = deploying.web_process(cf, "rolling").guid

    pushed = pushing.push(cf, "rolling", greeter("two"), strategy="rolling")

    assert cloud.visit("rolling").text == "two"
    assert "RUNNING" in {one.state for one in pushed.app.instances["web"]}
    _finished(cloud, cf, "rolling")
    assert deploying.web_process(cf, "rolling").guid != before


def test_a_canary_waits_at_each_step_until_it_is_continued(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "bird", greeter("one"), instances=3, memory="64M")

    pushed = pushing.push(cf, "bird", greeter("two"), strategy="canary", canary=[34, 67])

    waiting = pushed.app.deployment
    assert waiting is not None
    assert (waiting.status.value, waiting.status.reason) == ("ACTIVE", "PAUSED")
    assert (waiting.status.canary.steps.current, waiting.status.canary.steps.total) == (1, 2)
    assert [step.instance_weight for step in waiting.options.canary.steps] == [34, 67]
    assert _instances(cf, "bird") == [1, 3]
    assert {cloud.visit("bird").text for _ in range(8)} == {"one", "two"}
    second = deploying.continue_deployment(cf, "bird")
    assert (second.status.reason, second.status.canary.steps.current) == ("PAUSED", 2)
    assert _instances(cf, "bird") == [2, 2]
    assert deploying.continue_deployment(cf, "bird").status.reason == "DEPLOYED"
    assert _instances(cf, "bird") == [3]
    assert {cloud.visit("bird").text for _ in range(6)} == {"two"}
    assert ("audit.app.deployment.continue", "deployer") in apps.events(cf, "bird")
    with pytest.raises(CommandFailed, match="No active deployment"):
        deploying.continue_deployment(cf, "bird")


def test_a_canary_that_is_cancelled_leaves_the_old_app(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "coal", greeter("one"), memory="64M")
    pushing.push(cf, "coal", greeter("two"), strategy="canary")

    deploying.cancel_deployment(cf, "coal")

    _finished(cloud, cf, "coal")
    assert _instances(cf, "coal") == [1]
    assert cloud.visit("coal").text == "one"
    assert apps.events(cf, "coal")[0][0] == "audit.app.deployment.cancel"


MANIFEST = """
applications:
- name: front
  path: front
  memory: ((memory))
  routes:
  - route: ((host)).apps.localhost
    protocol: http1
  env: {COLOUR: red, COUNT: 3, OPEN: true}
  metadata: {labels: {tier: web}, annotations: {sha: abc}}
  features: {ssh: false}
  processes:
  - {type: web, instances: 2, memory: ((memory)), disk_quota: 512M, health-check-type: process}
  - {type: worker, instances: 0, command: sleep 60}
  sidecars:
  - {name: beside, process_types: [web], command: echo beside; sleep 60, memory: 16M}
- name: back
  path: back
  no-route: true
  health-check-type: process
"""


def test_a_manifest_with_two_apps_and_variables(cloud: Cloud, cf: Cf) -> None:
    files = {"front": greeter("front"), "back": greeter("back")}
    variables = {"memory": "64M", "host": "www"}
    with pytest.raises(CommandFailed, match="Expected to find variables: host"):
        pushing.push_manifest(cf, MANIFEST, files, variables={"memory": "64M"})

    pushed = pushing.push_manifest(cf, MANIFEST, files, variables=variables)

    assert cloud.visit("www").text == "front"
    front, back = pushed["front"].app, pushed["back"].app
    assert (front.routes, back.routes) == (["www.apps.localhost"], [])
    assert len(front.instances["web"]) == 2
    assert front.instances["worker"] == []
    assert front.sidecars == ["beside"]
    assert apps.env(cf, "front").environment_variables == {"COLOUR": "red", "COUNT": "3", "OPEN": "true"}
    assert summaries.app_named(cf, "front").metadata.labels == {"tier": "web"}
    assert summaries.apps(cf)["front"].processes == "web:2/2, worker:0/0"
    cloud.wait_for(
        lambda: any(line.text == "beside" for line in logs.recent(cf, "front")), "its sidecar's line"
    )
    added = {(one.op, one.path) for one in pushed["front"].diff}
    assert {("add", "/applications/0/name"), ("add", "/applications/1/no-route")} <= added


def test_a_diff_tells_what_a_manifest_would_change_and_nothing_else(cf: Cf) -> None:
    said: dict[str, Any] = {
        "name": "differing",
        "env": {"A": "1", "B": "2"},
        "routes": [{"route": "differing.apps.localhost"}],
        "processes": [
            {"type": "web", "instances": 1, "memory": "64M"},
            {"type": "worker", "instances": 0},
        ],
    }
    manifests.apply_manifest(cf, {"applications": [said]})

    assert manifests.manifest_diff(cf, {"applications": [{**said, "unknown": 1}]}) == []
    other = {
        "name": "differing",
        "memory": "1G",
        "env": {"A": "9", "C": "3"},
        "routes": [{"route": "differing.apps.localhost"}, {"route": "more.apps.localhost"}],
        "processes": [{"type": "web", "instances": 2}],
    }
    told = {
        (one.op, one.path, one.was, str(one.value))
        for one in manifests.manifest_diff(cf, {"applications": [other]})
    }

    assert told == {
        ("replace", "/applications/0/memory", "64M", "1024M"),
        ("replace", "/applications/0/env/A", "1", "9"),
        ("remove", "/applications/0/env/B", "2", "None"),
        ("add", "/applications/0/env/C", None, "3"),
        ("add", "/applications/0/routes/1", None, "{'route': 'more.apps.localhost'}"),
        ("replace", "/applications/0/processes/0/instances", 1, "2"),
    }


def test_a_manifest_that_was_written_of_an_app_changes_nothing(cf: Cf) -> None:
    said = {
        "name": "written",
        "env": {"A": "1"},
        "routes": [{"route": "written.apps.localhost", "options": {"loadbalancing": "round-robin"}}],
        "metadata": {"labels": {"a": "b"}},
        "health-check-type": "http",
        "health-check-http-endpoint": "/up",
        "readiness-health-check-type": "port",
        "timeout": 90,
        "sidecars": [{"name": "s", "process_types": ["web"], "command": "true"}],
    }
    manifests.apply_manifest(cf, {"applications": [said]})

    manifest = manifests.create_app_manifest(cf, "written")

    (app,) = manifest["applications"]
    assert app["processes"][0]["health-check-http-endpoint"] == "/up"
    assert app["processes"][0]["timeout"] == 90
    assert app["features"]["revisions"] is True
    assert manifests.manifest_diff(cf, manifest) == []
    manifests.apply_manifest(cf, manifest)
    assert manifests.create_app_manifest(cf, "written") == manifest


def test_a_manifest_adds_and_adopts_and_takes_nothing_away(cloud: Cloud, cf: Cf) -> None:
    cloud.route("adopted", metadata={"labels": {"owner": "somebody"}})
    manifests.apply_manifest(
        cf, {"applications": [{"name": "adder", "routes": [{"route": "made.apps.localhost"}]}]}
    )

    more = {"name": "adder", "routes": [{"route": "adopted.apps.localhost"}], "env": {"A": "1"}}
    manifests.apply_manifest(cf, {"applications": [more]})

    shown = summaries.app(cf, "adder")
    assert sorted(shown.routes) == ["adopted.apps.localhost", "made.apps.localhost"]
    labels = {one["host"]: one["metadata"]["labels"] for one in cloud.call("GET", "/v3/routes")["resources"]}
    assert (labels["adopted"], labels["made"]) == ({"owner": "somebody"}, {})
    manifests.apply_manifest(cf, {"applications": [{"name": "adder", "no-route": True}]})
    assert summaries.app(cf, "adder").routes == []
    assert "made.apps.localhost" in routing.routes(cf)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"routes": [{"route": "www.elsewhere.org"}]}, "No domains exist for route www.elsewhere.org"),
        ({"routes": [{"route": "apps.localhost"}]}, "Missing host"),
        ({"services": ["nothing"]}, "Service instance 'nothing' not found"),
        ({"buildpacks": ["cobol"]}, "must be an existing admin buildpack"),
    ],
)
def test_what_a_manifest_cannot_have_fails_its_job(cf: Cf, said: dict[str, Any], refusal: str) -> None:
    with pytest.raises(CommandFailed, match=refusal):
        manifests.apply_manifest(cf, {"applications": [{"name": "refused", **said}]})


def test_a_push_with_nothing_to_run_fails_as_the_client_knows_it(cf: Cf) -> None:
    with pytest.raises(CommandFailed) as failed:
        pushing.push(cf, "empty", UNDETECTED)

    assert failed.value.kind == "NoAppDetectedError"


def test_a_push_of_an_app_that_crashes_says_so(cf: Cf) -> None:
    with pytest.raises(CommandFailed, match="Start unsuccessful"):
        pushing.push(cf, "crasher", CRASHER)

    assert "audit.app.process.crash" in {kind for kind, _ in apps.events(cf, "crasher")}


def test_a_random_route_is_no_one_elses(cf: Cf) -> None:
    manifests.apply_manifest(cf, {"applications": [{"name": "dice", "random-route": True}]})

    (route,) = summaries.app(cf, "dice").routes

    assert route.startswith("dice-")


def test_restage_builds_the_newest_package_again(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "again", greeter("again"))
    before = summaries.current_droplet(cf, summaries.app_named(cf, "again").guid)

    pushing.restage(cf, "again")

    after = summaries.current_droplet(cf, summaries.app_named(cf, "again").guid)
    assert before is not None
    assert after is not None
    assert before.guid != after.guid
    assert cloud.visit("again").text == "again"


def test_one_goes_back_to_an_earlier_revision(cloud: Cloud, cf: Cf) -> None:
    pushing.push(cf, "history", greeter("one"))
    apps.set_env(cf, "history", "COLOUR", "red")
    pushing.push(cf, "history", greeter("two"))
    assert deploying.revisions(cf, "history") == [
        (2, "New droplet deployed. New environment variables deployed.", True),
        (1, "Initial revision.", False),
    ]

    deploying.rollback(cf, "history", 1)

    assert cloud.visit("history").text == "one"
    assert "COLOUR" not in apps.env(cf, "history").environment_variables
    third = "New droplet deployed. New environment variables deployed. Rolled back to revision 1."
    assert deploying.revisions(cf, "history")[0] == (3, third, True)
    assert {"audit.app.revision.create", "audit.app.deployment.create"} <= {
        kind for kind, _ in apps.events(cf, "history")
    }
    with pytest.raises(CommandFailed, match="Unable to rollback"):
        deploying.rollback(cf, "history", 3)
    with pytest.raises(CommandFailed, match="Revision '9' not found"):
        deploying.rollback(cf, "history", 9)


def _instances(cf: Cf, name: str) -> list[int]:
    """Of every web process of the app."""
    found = apps.processes_of(cf, summaries.app_named(cf, name).guid)
    return sorted(one.instances for one in found if one.type == "web")


def _finished(cloud: Cloud, cf: Cf, name: str) -> None:
    guid = summaries.app_named(cf, name).guid
    cloud.wait_for(lambda: summaries.active_deployment(cf, guid) is None, "the end of the deployment")
