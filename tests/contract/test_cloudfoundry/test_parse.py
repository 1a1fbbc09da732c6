"""Documented answers of the v3 API → our nouns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.labels import Unreadable
from reviewapps.model import (
    Build,
    Crash,
    Deployment,
    Instance,
    Package,
    Route,
    State,
)
from tests.contract.test_cloudfoundry.documents import NOON, OURS, PREVIEW, annotated, app


def test_a_new_app_serves_nothing_and_remembers_nothing() -> None:
    found = parse.app(app())

    assert (found.guid, found.name, found.environment, found.app) == ("A", "shop-pr-12", PREVIEW, "shop")
    assert found.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (found.started, found.droplet, found.commit, found.config) == (False, None, None, None)
    assert (found.attempt, found.tags_seen, found.live_since) == (None, None, None)
    assert found.env_names == frozenset()


def test_an_app_tells_what_it_serves_since_when() -> None:
    marks = {labels.COMMIT: "c" * 40, labels.CONFIG: "f" * 40}
    notes = {
        labels.LIVE_SINCE: "2026-01-02T12:00:00.123456+00:00",
        labels.SOURCE: "dev-9",
        labels.WISHED: "w",
    }
    running = annotated(notes, marks) | {
        "state": "STARTED",
        "relationships": {"current_droplet": {"data": {"guid": "D"}}},
    }

    found = parse.app(running)

    assert (found.started, found.droplet) == (True, "D")
    assert (found.commit, found.config, found.live_since) == ("c" * 40, "f" * 40, NOON)
    assert (found.source, found.wished) == ("dev-9", "w")


@pytest.mark.parametrize(
    "relationships",
    [{}, {"current_droplet": {"data": None}}, {"current_droplet": {"data": {"guid": None}}}],
)
def test_an_app_without_a_droplet_is_told_in_several_ways(relationships: dict[str, Any]) -> None:
    assert parse.app(app(relationships=relationships)).droplet is None


@pytest.mark.parametrize(
    "broken",
    [
        app(metadata={"labels": OURS | {labels.REPOSITORY: "shop"}, "annotations": {}}),
        app(metadata={"labels": {labels.INSTANCE: "acme"}, "annotations": {}}),
        annotated({labels.ATTEMPT: "{"}),
        annotated({labels.ATTEMPT: '{"id": "a1"}'}),
        annotated({f"{labels.TAGS_SEEN}-0": "[1"}),
        annotated({labels.LIVE_SINCE: "yesterday"}),
        app(created_at=None),
        {"guid": "A"},
    ],
)
def test_what_bears_our_labels_and_cannot_be_read_is_told(broken: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        parse.app(broken)


def test_a_route_tells_its_address_and_where_it_leads() -> None:
    resource = {
        "guid": "R",
        "host": "shop-pr-12",
        "path": "",
        "url": "shop-pr-12.app.cloud.gov",
        "destinations": [
            {"guid": "X", "app": {"guid": "A", "process": {"type": "web"}}, "port": 8080, "weight": None}
        ],
        "metadata": {"labels": OURS, "annotations": {}},
        "relationships": {"space": {"data": {"guid": "S"}}, "domain": {"data": {"guid": "DOM"}}},
    }
    assert parse.route(resource) == Route(
        "R", "shop-pr-12", "shop-pr-12.app.cloud.gov", PREVIEW, frozenset({"A"})
    )


OF_APP = {"app": {"data": {"guid": "A"}}}


@pytest.mark.parametrize(
    ("said", "state", "uploaded", "error"),
    [
        ("AWAITING_UPLOAD", "waiting", False, ""),
        ("PROCESSING_UPLOAD", "waiting", True, ""),
        ("COPYING", "waiting", True, ""),
        ("READY", "ready", True, ""),
        ("FAILED", "failed", True, "checksum mismatch"),
        ("EXPIRED", "failed", True, "it has expired"),
    ],
)
def test_a_package_is_waiting_ready_or_failed(said: str, state: State, uploaded: bool, error: str) -> None:
    resource = {
        "guid": "P",
        "type": "bits",
        "data": {
            "error": error if said == "FAILED" else None,
            "checksum": {"type": "sha256", "value": None},
        },
        "state": said,
        "metadata": {"labels": OURS | {labels.BUILD: "key", labels.ATTEMPT: "a1"}, "annotations": {}},
        "relationships": OF_APP,
    }
    assert parse.package(resource) == Package("P", state, "key", uploaded, error, "a1", "A")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"state": "STAGING", "droplet": None, "error": None},
            Build("B", "waiting", "P", "key", "a1", environment=PREVIEW, app="A"),
        ),
        (
            {"state": "STAGED", "droplet": {"guid": "D"}, "error": None},
            Build("B", "ready", "P", "key", "a1", droplet="D", environment=PREVIEW, app="A"),
        ),
        (
            {"state": "FAILED", "droplet": None, "error": "BuildpackCompileFailed - in the compile phase"},
            Build(
                "B",
                "failed",
                "P",
                "key",
                "a1",
                error="BuildpackCompileFailed - in the compile phase",
                environment=PREVIEW,
                app="A",
            ),
        ),
    ],
)
def test_a_build_is_waiting_ready_or_failed(said: dict[str, Any], expected: Build) -> None:
    marks = OURS | {labels.BUILD: "key", labels.ATTEMPT: "a1"}
    metadata = {"labels": marks, "annotations": {}}
    resource = {"guid": "B", "package": {"guid": "P"}, "metadata": metadata, "relationships": OF_APP}
    assert parse.build(resource | said) == expected


@pytest.mark.parametrize(
    ("said", "state", "error"),
    [
        ({"state": "STAGED", "error": None}, "ready", ""),
        ({"state": "COPYING", "error": None}, "waiting", ""),
        ({"state": "AWAITING_UPLOAD", "error": None}, "waiting", ""),
        ({"state": "PROCESSING_UPLOAD", "error": None}, "waiting", ""),
        ({"state": "FAILED", "error": "blob is missing"}, "failed", "blob is missing"),
        ({"state": "EXPIRED", "error": None}, "failed", "it has expired"),
    ],
)
def test_a_droplet_is_waiting_ready_or_failed(said: dict[str, Any], state: State, error: str) -> None:
    made = {"guid": "D", "relationships": OF_APP, "created_at": "2026-03-02T12:00:00Z"}
    checksum = {"type": "sha256", "value": "cafe"}
    read = parse.droplet(made | {"checksum": checksum} | said)
    assert (read.guid, read.state, read.checksum, read.error) == ("D", state, "cafe", error)
    assert (read.app, read.created_at) == ("A", datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert parse.droplet(made | {"checksum": None} | said).checksum is None


def test_a_state_that_nobody_told_us_of_is_told() -> None:
    with pytest.raises(Unreadable, match="MELTING"):
        parse.droplet({"guid": "D", "checksum": None, "state": "MELTING"})


@pytest.mark.parametrize(
    ("value", "reason", "active", "cancelling", "deployed"),
    [
        ("ACTIVE", "DEPLOYING", True, False, False),
        ("ACTIVE", "CANCELING", True, True, False),
        ("ACTIVE", "PAUSED", True, False, False),
        ("FINALIZED", "DEPLOYED", False, False, True),
        ("FINALIZED", "CANCELED", False, False, False),
        ("FINALIZED", "SUPERSEDED", False, False, False),
    ],
)
def test_a_deployment_is_active_or_over(
    value: str, reason: str, active: bool, cancelling: bool, deployed: bool
) -> None:
    resource = {
        "guid": "X",
        "created_at": "2026-01-02T12:00:00Z",
        "status": {"value": value, "reason": reason, "details": {}},
        "strategy": "rolling",
        "droplet": {"guid": "D2"},
        "previous_droplet": {"guid": "D1"},
        "new_processes": [{"guid": "W2", "type": "web"}, {"guid": "K", "type": "worker"}],
        "metadata": {"labels": OURS | {labels.ATTEMPT: "a1"}, "annotations": {}},
    }
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert parse.deployment(resource) == Deployment(
        "X", active, cancelling, deployed, "D2", "a1", ("W2",), noon
    )


def test_instances_are_those_of_web() -> None:
    running = {"type": "web", "index": 0, "state": "RUNNING", "routable": True, "usage": {}}
    down = {"type": "web", "index": 1, "state": "DOWN", "uptime": 0}
    worker = {"type": "worker", "index": 0, "state": "CRASHED", "routable": False}

    found = parse.instances({"resources": [running, down, worker]})

    assert found == (Instance("RUNNING", True), Instance("DOWN", None))
    assert [instance.well for instance in found] == [True, False]


@pytest.mark.parametrize(
    ("data", "description"),
    [
        ({"exit_description": "Codependent step exited", "reason": "CRASHED"}, "Codependent step exited"),
        ({"reason": "CRASHED"}, "CRASHED"),
        ({}, "CRASHED"),
    ],
)
def test_a_crash_is_described_as_well_as_the_platform_can(data: dict[str, Any], description: str) -> None:
    event = {
        "guid": "E",
        "created_at": "2026-01-02T12:00:00Z",
        "type": "audit.app.process.crash",
        "data": data,
    }
    assert parse.crash(event) == Crash(datetime(2026, 1, 2, 12, tzinfo=UTC), description)


@pytest.mark.parametrize(
    ("operation", "state", "undeleted"),
    [
        ({"type": "create", "state": "failed"}, "failed", False),
        ({"type": "delete", "state": "failed"}, "failed", True),
        ({"type": "delete", "state": "in progress"}, "waiting", False),
        ({"type": "update", "state": "failed"}, "ready", False),
        (None, "ready", False),
    ],
)
def test_a_service_that_could_not_be_deleted_is_told_from_one_that_could_not_be_made(
    operation: dict[str, str] | None, state: State, undeleted: bool
) -> None:
    found = parse.service_instance({"guid": "S", "name": "db", "last_operation": operation}, ours=True)
    assert (found.state, found.undeleted) == (state, undeleted)
