"""From a droplet to an app that serves it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient, labels
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.errors import BadManifest, Busy, Full, LeaseLost, Unavailable
from reviewapps.model import Actual, Health, Process
from tests.contract.test_cloudfoundry.platform import Platform
from tests.contract.test_cloudfoundry.scenes import (
    PREVIEW,
    app_of,
    archive,
    attempt,
    blueprint,
    built,
    created,
    looked,
    routed,
    until,
    uploaded,
    well,
)


def test_an_app_is_configured_started_reached_and_marked(space: SpaceClient, tmp_path: Path) -> None:
    actual, droplet = built(space, routed(space, created(space)), tmp_path)
    actual = space.carry_out(steps.Configure(blueprint()), actual)
    assert actual.configured
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    assert app_of(actual).started and app_of(actual).droplet == droplet and actual.instances == ()
    actual = looked(space, actual, "instances", well)
    assert actual.route is not None
    reach = steps.Reach(actual.route.address)
    actual = until(lambda: space.carry_out(reach, actual), lambda a: a.answers)
    tried = attempt(stop_start=True)
    actual = space.carry_out(steps.MarkLive(tried, blueprint(rules_at="e" * 40)), actual)

    app = app_of(space.look().actual(PREVIEW))
    assert app == app_of(actual) and app.rules_at == "e" * 40
    assert (app.commit, app.config, app.attempt) == (tried.commit, tried.config, tried)
    assert app.live_since is not None and app.live_since >= tried.began
    until(lambda: actual, lambda _: any("GET / " in line for line in space.log(app, "APP", 30)))
    assert len(space.log(app, "STG", 2)) == 2


@pytest.mark.parametrize("starts", ["Start", "Roll", "RunTask"])
def test_a_droplet_that_somebody_deleted_is_seen_to_be_gone(
    platform: Platform, space: SpaceClient, tmp_path: Path, starts: str
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    platform.meddle("DELETE", f"/v3/droplets/{droplet}")
    step = steps.RunTask("release", "k", "true", droplet) if starts == "RunTask" else None
    found = space.carry_out(step or getattr(steps, starts)(droplet, attempt().id), actual)
    assert found.droplets == () and not app_of(found).started


def test_a_command_that_nobody_sized_has_as_much_as_an_instance(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Configure(blueprint(memory_mb=96)), actual)
    space.carry_out(steps.RunTask("teardown", "k", "true", droplet), actual)
    (task,) = platform.meddle("GET", f"/v3/apps/{app_of(actual).guid}/tasks")["resources"]
    assert task["memory_in_mb"] == 96


@pytest.mark.parametrize("serves", [True, False])
def test_a_command_without_room_is_known_not_to_run(
    platform: Platform, space: SpaceClient, tmp_path: Path, serves: bool
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    if serves:
        actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    full = (
        '{"errors": [{"code": 10008, "title": "CF-X", "detail": "memory_in_mb exceeds space memory quota"}]}'
    )
    platform.fault("POST", "/tasks$", "status", status=422, body=full)
    run = steps.RunTask("release", "k", "true", droplet, 64)
    with nullcontext() if serves else pytest.raises(Full):
        actual = space.carry_out(run, actual)
        assert actual.no_room_to_roll
    for app in (app_of(actual), app_of(space.look().actual(PREVIEW))):
        assert app.attempt is not None and (app.attempt.task, app.attempt.task_asked_at) == (None, None)


def test_a_secret_takes_the_place_of_what_the_repository_gave_and_then_stays(
    platform: Platform, space: SpaceClient
) -> None:
    actual, guid = (made := created(space)), app_of(made).guid
    secrets = []
    for plan in (
        blueprint(env={"KEY": "of-the-repository"}),
        blueprint(generated=frozenset({"KEY"})),
        blueprint(generated=frozenset({"KEY"})),
        blueprint(env={"KEY": "of-the-repository"}),
        blueprint(generated=frozenset({"KEY"})),
    ):
        actual = space.carry_out(steps.Configure(plan), actual)
        secrets.append(platform.variables(guid)["KEY"])
    first, second, third, fourth, fifth = secrets
    assert first == fourth == "of-the-repository" and second == third
    assert len({first, second, fifth}) == 3
    assert app_of(space.look().actual(PREVIEW)).generated == frozenset({"KEY"})


def test_a_secret_that_an_earlier_version_made_up_stays(platform: Platform, space: SpaceClient) -> None:
    actual = space.carry_out(steps.Configure(blueprint(generated=frozenset({"KEY"}))), created(space))
    guid = app_of(actual).guid
    secret = platform.variables(guid)["KEY"]
    platform.meddle(
        "PATCH", f"/v3/apps/{guid}", {"metadata": {"annotations": {f"{labels.GENERATED}-0": None}}}
    )
    space.carry_out(steps.Configure(blueprint(generated=frozenset({"KEY"}))), space.look().actual(PREVIEW))
    assert platform.variables(guid)["KEY"] == secret


def test_an_address_without_an_app_does_not_answer(space: SpaceClient) -> None:
    nobody = space.carry_out(steps.Reach(f"nobody.{space.domain}"), Actual(PREVIEW))
    assert nobody.answers is False


def test_a_stopped_app_serves_nothing(space: SpaceClient, tmp_path: Path) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    actual = space.carry_out(steps.MarkLive(attempt()), actual)

    actual = space.carry_out(steps.Stop(), actual)

    app = app_of(space.look().actual(PREVIEW))
    assert (app.started, app.commit, app.config) == (False, None, None)
    assert app == app_of(actual)


def test_variables_that_are_no_longer_wanted_are_unset(platform: Platform, space: SpaceClient) -> None:
    many = {f"VARIABLE_{i:04}": str(i) for i in range(500)}
    actual = space.carry_out(steps.Configure(blueprint(env=many)), created(space))
    assert app_of(actual).env_names == many.keys()

    actual = space.carry_out(steps.Configure(blueprint(env={"COLOUR": "red"})), actual)

    assert app_of(space.look().actual(PREVIEW)).env_names == {"COLOUR"}
    assert platform.variables(app_of(actual).guid) == {"COLOUR": "red"}


def test_a_variable_is_remembered_before_it_is_set(platform: Platform, space: SpaceClient) -> None:
    actual = created(space)
    platform.fault("PATCH", "/environment_variables$", "lost")

    with pytest.raises(Unavailable):
        space.carry_out(steps.Configure(blueprint()), actual)

    assert app_of(space.look().actual(PREVIEW)).env_names == {"COLOUR"}


def test_configuring_the_same_again_writes_no_names(platform: Platform, space: SpaceClient) -> None:
    actual = space.carry_out(steps.Configure(blueprint()), created(space))
    platform.forget()
    space.carry_out(steps.Configure(blueprint(health=Health("http", "/health", 90))), actual)
    assert not [call for call in platform.calls("PATCH") if call.endswith(app_of(actual).guid)]


@pytest.mark.parametrize(
    "plan",
    [
        blueprint(env={"PORT": "80"}),
        blueprint(health=Health("http", "/", 100_000)),
        blueprint(memory_mb=10**12),
    ],
)
def test_what_the_platform_refuses_of_a_manifest_is_told_in_its_words(
    space: SpaceClient, plan: object
) -> None:
    assert isinstance(plan, type(blueprint()))
    with pytest.raises(BadManifest, match="Cloud Foundry would not"):
        space.carry_out(steps.Configure(plan), created(space))


@pytest.mark.parametrize("refused", [{"memory_mb": 10**12}, {"health": Health("http", "/", 100_000)}])
def test_what_serves_keeps_its_variables_where_the_next_is_refused(
    platform: Platform, space: SpaceClient, refused: dict[str, Any]
) -> None:
    actual = space.carry_out(steps.Configure(blueprint()), created(space))
    with pytest.raises(BadManifest):
        space.carry_out(steps.Configure(blueprint(env={"COLOUR": "red"}, **refused)), actual)
    assert platform.variables(app_of(actual).guid) == {"COLOUR": "blue"}


def test_a_rolling_deployment_switches_without_a_pause(space: SpaceClient, tmp_path: Path) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Configure(blueprint()), actual)
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    actual = looked(space, actual, "instances", well)
    actual, newer = built(space, actual, tmp_path)

    actual = space.carry_out(steps.Roll(newer, "a2"), actual)

    assert actual.deployments is not None and actual.deployments[0].attempt == "a2"
    assert app_of(actual).droplet == newer and not actual.no_room_to_roll
    actual = looked(space, actual, "deployments", lambda a: a.deployments and not a.deployments[0].active)
    assert actual.deployments is not None and actual.deployments[0].deployed
    assert well(space.carry_out(steps.Look("instances"), actual))


def test_while_it_rolls_the_new_instances_count_and_it_can_be_called_off(
    space: SpaceClient, tmp_path: Path
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    actual = looked(space, actual, "instances", well)
    (tmp_path / "broken").mkdir()
    actual = uploaded(space, actual, archive(tmp_path / "broken", "web: exit 3\n"))
    actual = looked(space, actual, "packages", lambda a: a.packages and a.packages[0].state == "ready")
    assert actual.packages
    actual = space.carry_out(
        steps.CreateBuild(app_of(actual).guid, actual.packages[0].guid, "a2", blueprint()), actual
    )
    actual = looked(space, actual, "builds", lambda a: a.builds and a.builds[0].state == "ready")
    assert actual.builds and actual.builds[0].droplet
    actual = space.carry_out(steps.Roll(actual.builds[0].droplet, "a2"), actual)

    actual = looked(
        space, actual, "instances", lambda a: any(i.state == "CRASHED" for i in a.instances or ())
    )
    actual = looked(space, actual, "crashes", lambda a: a.crashes)
    assert actual.crashes and actual.crashes[0].description
    assert actual.deployments
    over = space.carry_out(steps.CancelRoll(actual.deployments[0].guid), actual)
    over = looked(space, over, "deployments", lambda a: a.deployments and not a.deployments[0].active)
    assert over.deployments and not over.deployments[0].deployed
    again = space.carry_out(steps.CancelRoll(over.deployments[0].guid), over)
    assert again.deployments is None
    assert well(space.carry_out(steps.Look("instances"), over))


def test_without_room_to_roll_nothing_happens_but_that_we_know(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    body = (
        '{"errors": [{"code": 10008, "title": "CF-X", "detail": "memory quota_exceeded for organization"}]}'
    )
    platform.fault("POST", "/v3/deployments$", "status", status=422, body=body)

    rolled = space.carry_out(steps.Roll(droplet, "a1"), actual)

    assert rolled == replace(actual, no_room_to_roll=True)


def test_a_started_app_is_stopped_before_it_is_started_with_another_droplet(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, first = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Start(first, attempt().id), actual)
    actual, second = built(space, actual, tmp_path)
    platform.forget()

    actual = space.carry_out(steps.Start(second, attempt().id), actual)

    writes = [call.rsplit("/", 1)[1] for call in platform.calls() if not call.startswith("GET")]
    assert writes == ["stop", "deployments"]
    assert app_of(actual).droplet == second
    assert app_of(space.look().actual(PREVIEW)) == app_of(actual)


def test_where_there_are_no_deployments_an_app_is_started_all_the_same(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, droplet = built(space, created(space), tmp_path)
    disabled = '{"errors": [{"code": 390014, "title": "CF-X", "detail": "Deployments cannot be created"}]}'
    platform.fault("POST", "/v3/deployments$", "status", status=403, body=disabled)

    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)

    assert (app_of(actual).started, app_of(actual).droplet) == (True, droplet)
    assert well(looked(space, actual, "instances", well))
    assert app_of(space.look().actual(PREVIEW)) == app_of(actual)


def test_what_the_web_process_is_known_to_be_is_not_set_again(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    actual, _ = built(space, created(space), tmp_path)
    plan = blueprint(memory_mb=128, command="python app.py")
    actual = space.carry_out(steps.Configure(plan), actual)
    assert app_of(actual).web is None  # nobody knows, while it is being changed
    actual = space.carry_out(steps.MarkLive(attempt(), plan), actual)
    platform.forget()
    actual = space.carry_out(steps.Configure(plan), actual)
    actual = space.carry_out(steps.Configure(replace(plan, memory_mb=64)), actual)
    said = [call.rsplit("/", 1)[1] for call in platform.calls()]
    assert said == ["environment_variables", app_of(actual).guid, "scale", "environment_variables"]
    assert app_of(space.look().actual(PREVIEW)).web is None
    fresh = replace(attempt(), fresh=True)
    actual = space.carry_out(steps.MarkLive(fresh, plan), actual)
    platform.forget()
    space.carry_out(steps.Configure(plan), actual)
    said = [call.rsplit("/", 1)[1] for call in platform.calls()]
    assert said == ["scale", "web", "environment_variables"]


def test_what_the_platform_never_takes_of_another_process_is_its_authors_to_mend(
    platform: Platform, space: SpaceClient, tmp_path: Path
) -> None:
    """Else it would be tried for ever, and nobody told."""
    actual, droplet = built(space, created(space), tmp_path)
    actual = space.carry_out(steps.Start(droplet, attempt().id), actual)
    plan = blueprint(processes={"web": Process(1, command="x" * 5000)})
    with pytest.raises(BadManifest, match=r"the process `web`: .* between 1 and 4096"):
        space.carry_out(steps.ScaleProcesses(plan), actual)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Service plan does not allow bindings.", BadManifest),
        ("The service instance could not be found: 'S'", NotFound),
        ("There is an operation in progress for the service instance.", Busy),
        ("The app is already bound to the service instance", None),
    ],
)
def test_what_the_platform_never_binds_is_its_authors_to_mend(
    platform: Platform, space: SpaceClient, said: str, expected: type[Exception] | None
) -> None:
    body = f'{{"errors": [{{"code": 10008, "title": "CF-UnprocessableEntity", "detail": "{said}"}}]}}'
    actual = created(space)
    platform.fault("POST", "/v3/service_credential_bindings", "status", status=422, body=body)
    with pytest.raises(expected) if expected is not None else nullcontext():
        space.carry_out(steps.Bind("S", "db", "1.1"), actual)


@pytest.mark.parametrize("step", [steps.Configure(blueprint()), steps.Stop()], ids=["configure", "stop"])
@pytest.mark.parametrize("writes", [0, 1])
def test_who_may_not_go_on_in_the_middle_of_a_step_writes_no_more(
    platform: Platform, space: SpaceClient, step: steps.Step, writes: int
) -> None:
    actual = space.carry_out(steps.MarkLive(attempt(), blueprint(memory_mb=64)), created(space))
    before, allowed = written(platform), iter([None] * writes)

    def check() -> None:
        if next(allowed, "no") == "no":
            raise LeaseLost("somebody else may act on it now")

    with space.held(check), pytest.raises(LeaseLost):
        space.carry_out(step, actual)

    assert written(platform) == before + writes
    space.carry_out(step, actual)
    assert written(platform) > before + writes + 1


def written(platform: Platform) -> int:
    calls = [call for call in platform.calls() if "/oauth/" not in call and "/_sandbox" not in call]
    return sum(not call.startswith("GET ") for call in calls)
