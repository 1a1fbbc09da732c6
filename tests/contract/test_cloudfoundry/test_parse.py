"""Documented answers of the v3 API → our nouns."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.labels import Unreadable
from reviewapps.cloudfoundry.logs import lines_of
from reviewapps.model import (
    Attempt,
    Build,
    Crash,
    Deployment,
    Droplet,
    Environment,
    Instance,
    Package,
    Refusal,
    Route,
    State,
)

PREVIEW = Environment(7, "pr-12")
OURS = labels.owner("acme", PREVIEW, "shop")
NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, UTC)
ATTEMPT = Attempt("a1", "c" * 40, "f" * 40, NOON)


def app(**changes: Any) -> dict[str, Any]:
    return {
        "guid": "A",
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:06Z",
        "name": "shop-pr-12",
        "state": "STOPPED",
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": [], "stack": "cflinuxfs4"}},
        "relationships": {
            "space": {"data": {"guid": "S"}},
            "current_droplet": {"data": {"guid": None}},
        },
        "metadata": {"labels": OURS, "annotations": {}},
        "links": {},
    } | changes


def annotated(notes: dict[str, Any], marks: dict[str, str] | None = None) -> dict[str, Any]:
    return app(metadata={"labels": OURS | (marks or {}), "annotations": notes})


# --- apps ---


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


# --- annotations ---


@pytest.mark.parametrize(
    "attempt",
    [
        ATTEMPT,
        Attempt("a2", "c", "f", NOON, tries=2, fresh=True, copied_from="pr-3", stop_start=True),
        Attempt("a3", "c", "f", NOON, not_taken=("services: db", 'routes: "x"')),
        Attempt(
            "a4", "c", "f", NOON, refusal=Refusal("crash", "exit 1 – “why?”", NOON, ("one", "two"), "d: 1")
        ),
    ],
)
def test_an_attempt_is_read_as_it_was_written(attempt: Attempt) -> None:
    assert parse.app(annotated({labels.ATTEMPT: labels.attempt_text(attempt)})).attempt == attempt


def test_an_attempt_too_long_loses_its_oldest_log_lines_first() -> None:
    log = tuple(f'{i:02} "quoted" ' + "x" * 300 for i in range(30))
    refused = Attempt("a", "c", "f", NOON, refusal=Refusal("build", "no buildpack", NOON, log, "memory: 1G"))

    text = labels.attempt_text(refused)

    assert len(text) <= 5000
    kept = labels.attempt_of({labels.ATTEMPT: text})
    assert kept is not None and kept.refusal is not None
    assert kept.refusal.log and kept.refusal.log == log[-len(kept.refusal.log) :]
    assert (kept.refusal.message, kept.refusal.decision) == ("no buildpack", "memory: 1G")


def test_an_attempt_with_an_endless_message_keeps_the_beginning_of_it() -> None:
    message = 'staging failed: "' + "\\" * 9000
    text = labels.attempt_text(Attempt("a", "c", "f", NOON, refusal=Refusal("build", message, NOON, ("l",))))

    assert len(text) <= 5000
    kept = labels.attempt_of({labels.ATTEMPT: text})
    assert kept is not None and kept.refusal is not None
    assert kept.refusal.message and message.startswith(kept.refusal.message)


def test_an_attempt_that_cannot_tell_all_that_was_not_taken_tells_some_of_it() -> None:
    asked = tuple(f"services: database-{i}" for i in range(2000))
    text = labels.attempt_text(Attempt("a", "c", "f", NOON, not_taken=asked))

    assert len(text) <= 5000
    kept = labels.attempt_of({labels.ATTEMPT: text})
    assert kept is not None and kept.not_taken and kept.not_taken == asked[: len(kept.not_taken)]


@pytest.mark.parametrize("count", [0, 1, 300, 3000])
def test_names_are_split_over_numbered_annotations_and_found_again(count: int) -> None:
    names = frozenset(f"{i:012x}" for i in range(count))
    written = labels.names_annotations(labels.TAGS_SEEN, None, names)

    assert all(text is not None and 0 < len(text) <= 5000 for text in written.values())
    assert parse.app(annotated(dict(written))).tags_seen == names


def test_fewer_names_take_the_annotations_away_that_are_left_over() -> None:
    many = frozenset(f"{i:012x}" for i in range(1000))
    few = frozenset({"abc"})
    stored = labels.names_annotations(labels.TAGS_SEEN, None, many)

    stored |= labels.names_annotations(labels.TAGS_SEEN, many, few)

    assert {key for key, text in stored.items() if text is not None} == {f"{labels.TAGS_SEEN}-0"}
    assert len(stored) > 1


# --- routes ---


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


# --- packages, builds, droplets ---


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
        "metadata": {"labels": OURS | {labels.BUILD: "key"}, "annotations": {}},
    }
    assert parse.package(resource) == Package("P", state, "key", uploaded, error)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"state": "STAGING", "droplet": None, "error": None},
            Build("B", "waiting", "P", "key", "a1", environment=PREVIEW),
        ),
        (
            {"state": "STAGED", "droplet": {"guid": "D"}, "error": None},
            Build("B", "ready", "P", "key", "a1", droplet="D", environment=PREVIEW),
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
            ),
        ),
    ],
)
def test_a_build_is_waiting_ready_or_failed(said: dict[str, Any], expected: Build) -> None:
    marks = OURS | {labels.BUILD: "key", labels.ATTEMPT: "a1"}
    resource = {"guid": "B", "package": {"guid": "P"}, "metadata": {"labels": marks, "annotations": {}}}
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
    checksum = {"type": "sha256", "value": "cafe"}
    assert parse.droplet({"guid": "D", "checksum": checksum} | said) == Droplet("D", state, "cafe", error)
    assert parse.droplet({"guid": "D", "checksum": None} | said).checksum is None


def test_a_state_that_nobody_told_us_of_is_told() -> None:
    with pytest.raises(Unreadable, match="MELTING"):
        parse.droplet({"guid": "D", "checksum": None, "state": "MELTING"})


# --- deployments, instances, crashes ---


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
        "status": {"value": value, "reason": reason, "details": {}},
        "strategy": "rolling",
        "droplet": {"guid": "D2"},
        "previous_droplet": {"guid": "D1"},
        "new_processes": [{"guid": "W2", "type": "web"}, {"guid": "K", "type": "worker"}],
        "metadata": {"labels": OURS | {labels.ATTEMPT: "a1"}, "annotations": {}},
    }
    assert parse.deployment(resource) == Deployment("X", active, cancelling, deployed, "D2", "a1", ("W2",))


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


# --- logs ---


def envelope(at: int, source: str, text: str) -> dict[str, Any]:
    return {
        "timestamp": str(at),
        "source_id": "A",
        "tags": {"source_type": source},
        "log": {"payload": base64.b64encode(text.encode()).decode(), "type": "OUT"},
    }


def test_log_lines_are_those_of_one_source_oldest_first() -> None:
    batch = [
        envelope(4, "APP/PROC/WEB", "four"),
        envelope(3, "RTR", "GET /"),
        envelope(2, "APP/PROC/WEB", "two"),
        envelope(1, "STG", "one"),
        {"timestamp": "5", "tags": {"source_type": "APP/PROC/WEB"}, "gauge": {}},
    ]
    body = {"envelopes": {"batch": batch}}

    assert lines_of(body, "APP") == ("two", "four")
    assert lines_of(body, "STG") == ("one",)
    assert lines_of({"envelopes": None}, "APP") == ()


def test_log_lines_bring_nothing_that_moves_a_cursor_or_turns_text_around() -> None:
    nasty = "\x1b[31mred\x1b[0m \x07bell\r \u202eevil \ttab\ncaf\u00e9"
    assert lines_of({"envelopes": {"batch": [envelope(1, "APP", nasty)]}}, "APP") == (
        "red bell evil \ttab",
        "caf\u00e9",
    )
