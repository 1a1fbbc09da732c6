"""What is written onto an app is read as it was written."""

from __future__ import annotations

import json

import pytest

from reviewapps.cloudfoundry import labels, parse
from reviewapps.model import (
    Attempt,
    Built,
    Refusal,
)
from tests.contract.test_cloudfoundry.documents import ATTEMPT, NOON, annotated


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


LOCK = {"who": "ada", "why": "a demo", "until": "2026-03-02T12:00:00+00:00"}
REFUSAL = {"fault": "build", "message": "m", "at": "2026-03-02T12:00:00+00:00", "log": [], "decision": ""}


def edited(**changes: object) -> str:
    return json.dumps(json.loads(labels.attempt_text(ATTEMPT)) | changes)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (labels.ATTEMPT, edited(began="2026-03-02T12:00:00")),
        (labels.ATTEMPT, edited(asked_at="2026-03-02")),
        (labels.ATTEMPT, edited(tries="x")),
        (labels.ATTEMPT, edited(commit=5)),
        (labels.ATTEMPT, edited(refusal=REFUSAL | {"at": "2026-03-02T12:00:00"})),
        (labels.ATTEMPT, edited(refusal=REFUSAL | {"message": None})),
        (labels.ATTEMPT, "[]"),
        (labels.LOCK, json.dumps(LOCK | {"until": "2026-03-02T12:00:00"})),
        (labels.LOCK, json.dumps(LOCK | {"why": None})),
        (labels.PIN, json.dumps({"commit": 1, "over": {}})),
        (labels.SIGN_OFFS, json.dumps([["ada", 1]])),
        (f"{labels.TAGS_SEEN}-0", json.dumps([1, {}])),
    ],
)
def test_what_somebody_edited_is_not_read_as_if_we_had_written_it(key: str, text: str) -> None:
    with pytest.raises(labels.Unreadable, match="cannot be read"):
        parse.app(annotated({key: text}))
    assert parse.app(annotated({labels.LOCK: json.dumps(LOCK)})).lock is not None


def test_of_its_builds_an_app_remembers_the_last_and_what_it_runs() -> None:
    builds: tuple[Built, ...] | None = None
    for number in range(labels.BUILDS + 9):
        text = labels.built_text(builds, f"k{number}", f"d{number}" if number < 2 else None, "d1")
        assert len(text) <= labels.LIMIT
        builds = labels.built_of({labels.BUILT: text})
    assert builds is not None and len(builds) == labels.BUILDS + 1
    assert builds[0] == Built("k1", "d1") and builds[-1] == Built(f"k{labels.BUILDS + 8}")
    again = labels.built_of({labels.BUILT: labels.built_text(builds, "k1")})
    assert again is not None and again[-1] == Built("k1", "d1"), "the droplet that it came to stays known"


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
