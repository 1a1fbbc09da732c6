"""Rolling deployments."""

from __future__ import annotations

import threading

import pytest

from tests.sandbox.cloudfoundry.cloud import CRASHER, Cloud, Refused, greeter


def test_a_rolling_deployment_loses_no_request(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    cloud.scale(app, instances=2)
    cloud.running(app)
    droplet = cloud.droplet(app, greeter("new"))
    answers: list[tuple[int, str]] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            answer = cloud.visit("shop")
            answers.append((answer.status_code, answer.text))

    visitor = threading.Thread(target=visit)
    visitor.start()
    deployment = cloud.finished(cloud.deploy(app, droplet))
    over.set()
    visitor.join()

    assert deployment["status"]["reason"] == "DEPLOYED"
    assert set(answers) <= {(200, "old"), (200, "new")}
    assert (200, "old") in answers
    assert cloud.visit("shop").text == "new"
    process = cloud.call("GET", f"/v3/apps/{app}/processes/web")
    assert process["guid"] == deployment["new_processes"][0]["guid"] != app
    assert process["instances"] == 2
    assert len(cloud.call("GET", f"/v3/processes?app_guids={app}&types=web")["resources"]) == 1


def test_a_deployment_that_crashes_stays_active_until_it_is_cancelled(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    old = cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"]
    deployment = cloud.deploy(app, cloud.droplet(app, CRASHER))
    new = cloud.call("GET", f"/v3/deployments/{deployment}")["new_processes"][0]["guid"]
    cloud.until(f"/v3/processes/{new}/stats", lambda it: it["resources"][0]["state"] == "CRASHED")

    status = cloud.call("GET", f"/v3/deployments/{deployment}")["status"]
    assert (status["value"], status["reason"]) == ("ACTIVE", "DEPLOYING")
    assert cloud.visit("shop").text == "old"

    cloud.call("POST", f"/v3/deployments/{deployment}/actions/cancel")
    assert cloud.finished(deployment)["status"]["reason"] == "CANCELED"
    assert cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"] == old
    assert cloud.visit("shop").text == "old"
    with pytest.raises(Refused, match="Cannot cancel a CANCELED deployment"):
        cloud.call("POST", f"/v3/deployments/{deployment}/actions/cancel")


def test_a_newer_deployment_supersedes_one_that_is_under_way(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    broken = cloud.droplet(app, CRASHER)
    first = cloud.deploy(app, broken)

    second = cloud.deploy(app, cloud.droplet(app, greeter("new")))

    assert cloud.call("GET", f"/v3/deployments/{first}")["status"]["reason"] == "SUPERSEDED"
    assert cloud.finished(second)["previous_droplet"]["guid"] == broken
    assert cloud.visit("shop").text == "new"


def test_one_that_superseded_what_never_ran_goes_back_to_what_serves(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    broken = cloud.droplet(app, CRASHER)
    cloud.deploy(app, broken)
    again = cloud.deploy(app, broken)

    cloud.call("POST", f"/v3/deployments/{again}/actions/cancel")

    assert cloud.finished(again)["status"]["reason"] == "CANCELED"
    assert cloud.visit("shop").text == "old"
    assert len(cloud.call("GET", f"/v3/processes?app_guids={app}&types=web")["resources"]) == 1
    assert (
        cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"] == broken
    )  # as it was when this began


def test_one_that_recreates_stops_the_old_instances_before_the_new_ones_start(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    cloud.scale(app, instances=2)
    cloud.running(app)
    broken = cloud.deploy(app, cloud.droplet(app, CRASHER), strategy="recreate")
    shown = cloud.call("GET", f"/v3/deployments/{broken}")
    assert (shown["strategy"], shown["status"]["reason"]) == ("recreate", "DEPLOYING")
    web = cloud.call("GET", f"/v3/processes?app_guids={app}&types=web")["resources"]
    assert sorted(one["instances"] for one in web) == [0, 2]  # all of the new at once
    cloud.wait_for(lambda: cloud.visit("shop").status_code in (502, 503), "nothing that answers")

    cloud.call("POST", f"/v3/deployments/{broken}/actions/cancel")
    assert cloud.finished(broken)["status"]["reason"] == "CANCELED"
    cloud.running(app)
    assert cloud.visit("shop").text == "old"

    droplet, room = cloud.droplet(app, greeter("new")), {"memory_in_mb": 2_000_000_000}
    with pytest.raises(Refused, match="quota"):
        cloud.deploy(app, droplet, strategy="recreate", options=room)
    assert cloud.visit("shop").text == "old"
    assert cloud.finished(cloud.deploy(app, droplet, strategy="recreate"))["status"]["reason"] == "DEPLOYED"
    assert cloud.visit("shop").text == "new"
    assert len(cloud.call("GET", f"/v3/processes?app_guids={app}&types=web")["resources"]) == 1


def test_a_process_is_left_alone_while_a_deployment_is_in_flight(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    droplet = cloud.droplet(app, CRASHER)
    cloud.deploy(app, droplet)

    with pytest.raises(Refused, match="Cannot scale this process while a deployment is in flight"):
        cloud.scale(app, instances=2)
    with pytest.raises(Refused, match="Cannot update this process while a deployment is in flight"):
        cloud.call("PATCH", f"/v3/apps/{app}/processes/web", {"command": "true"})
    with pytest.raises(Refused, match="while the app has a deployment in progress"):
        cloud.assign(app, droplet)


def test_a_stopped_app_is_started_and_its_deployment_is_over_at_once(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    cloud.call("POST", f"/v3/apps/{app}/actions/stop")
    droplet = cloud.droplet(app, greeter("new"))

    deployment = cloud.call("GET", f"/v3/deployments/{cloud.deploy(app, droplet)}")

    assert (deployment["status"]["value"], deployment["status"]["reason"]) == ("FINALIZED", "DEPLOYED")
    cloud.running(app)
    assert cloud.visit("shop").text == "new"


def test_a_deployment_starts_with_the_environment_of_its_time(cloud: Cloud) -> None:
    app = cloud.app("shop", environment_variables={"MOOD": "calm"})
    source = greeter("").items()
    files = {
        name: text.replace("GREETING = ''", "import os\nGREETING = os.environ['MOOD']")
        for name, text in source
    }
    droplet = cloud.droplet(app, files)
    cloud.assign(app, droplet)
    cloud.map(cloud.route("shop"), app)
    cloud.call("POST", f"/v3/apps/{app}/actions/start")
    cloud.running(app)

    cloud.call("PATCH", f"/v3/apps/{app}/environment_variables", {"var": {"MOOD": "merry"}})
    assert cloud.visit("shop").text == "calm"

    cloud.finished(cloud.deploy(app, droplet))
    assert cloud.visit("shop").text == "merry"


def test_a_cancelled_deployment_takes_back_the_droplet_and_nothing_else(cloud: Cloud) -> None:
    app = cloud.push("shop", greeter("old"))
    old = cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"]
    cloud.scale(app, instances=2, memory_in_mb=64)
    cloud.call("PATCH", f"/v3/apps/{app}/processes/web", {"command": "python3 app.py new"})
    cloud.call("PATCH", f"/v3/apps/{app}/environment_variables", {"var": {"MOOD": "merry"}})
    deployment = cloud.deploy(app, cloud.droplet(app, CRASHER), options={"max_in_flight": 2})

    cloud.call("POST", f"/v3/deployments/{deployment}/actions/cancel")
    cloud.finished(deployment)

    assert cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"] == old
    assert cloud.call("GET", f"/v3/apps/{app}/environment_variables")["var"] == {"MOOD": "merry"}
    process = cloud.call("GET", f"/v3/apps/{app}/processes/web")
    assert (process["instances"], process["memory_in_mb"]) == (2, 64)
    assert process["command"] == "python3 app.py new"
    cloud.wait_for(lambda: cloud.visit("shop").text == "old", "the old version")


def test_a_process_that_the_new_droplet_has_no_command_for_is_left_stopped(cloud: Cloud) -> None:
    old = greeter("old")
    app = cloud.push("shop", {**old, "Procfile": f"{old['Procfile']}\nworker: sleep 600"})
    cloud.call("POST", f"/v3/apps/{app}/processes/worker/actions/scale", {"instances": 1})
    worker = f"/v3/apps/{app}/processes/worker/stats"
    cloud.until(worker, lambda it: it["resources"][0]["state"] == "RUNNING")

    deployment = cloud.finished(cloud.deploy(app, cloud.droplet(app, greeter("new"))))

    assert deployment["status"]["reason"] == "DEPLOYED"
    assert cloud.visit("shop").text == "new"
    assert [one["state"] for one in cloud.call("GET", worker)["resources"]] == ["DOWN"]


def test_a_deployment_goes_on_after_whatever_went_wrong_and_says_so_meanwhile(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> list[object]:
        raise OSError("no such cell")

    app = cloud.push("shop", greeter("old"))
    droplet = cloud.droplet(app, greeter("new"))
    with monkeypatch.context() as patch:
        patch.setattr(cloud.server.platform.cells, "running", broken)
        deployment = cloud.deploy(app, droplet)
        cloud.until(f"/v3/deployments/{deployment}", lambda it: "no such cell" in str(it["status"]))

    assert cloud.finished(deployment)["status"]["reason"] == "DEPLOYED"


def test_a_stopped_app_that_cannot_start_stays_as_it_was(cloud: Cloud) -> None:
    app = cloud.app()
    old = cloud.droplet(app, greeter("old"))
    cloud.assign(app, old)
    new = cloud.droplet(app, greeter("new"))

    with pytest.raises(Refused, match="memory quota_exceeded"):
        cloud.deploy(app, new, options={"web_instances": 2_000_000_000})

    assert cloud.call("GET", f"/v3/apps/{app}")["state"] == "STOPPED"
    assert cloud.call("GET", f"/v3/apps/{app}/processes/web")["instances"] == 1
    assert cloud.call("GET", f"/v3/apps/{app}/droplets/current")["guid"] == old
    assert cloud.call("GET", f"/v3/deployments?app_guids={app}")["resources"] == []
