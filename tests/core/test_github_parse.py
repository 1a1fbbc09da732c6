"""GitHub's JSON as it really comes, and our marker."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from reviewapps.errors import BadRules, Unavailable
from reviewapps.github import parse, parse_told
from reviewapps.marker import marked, marker
from reviewapps.model import Tag


def pull(**more: Any) -> dict[str, Any]:
    """A pull request as a listing has it, with nothing in it that we do not need."""
    return {
        "number": 7,
        "state": "open",
        "draft": False,
        "user": {"login": "alice", "type": "User"},
        "labels": [{"name": "preview"}],
        "created_at": "2026-05-15T15:20:33Z",
        "updated_at": "2026-05-16T15:20:33Z",
        "closed_at": None,
        "merged_at": None,
        "head": {"ref": "changes", "sha": "e" * 40, "repo": {"id": 1}},
        "base": {"ref": "main", "sha": "f" * 40, "repo": {"id": 1}},
    } | more


def head(repo: dict[str, Any] | None) -> dict[str, Any]:
    return {"ref": "changes", "sha": "e" * 40, "repo": repo}


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        (pull(), "commit", "e" * 40),
        (pull(), "branch", "changes"),
        (pull(), "base", "main"),
        (pull(), "open", True),
        (pull(state="closed"), "open", False),
        (pull(), "draft", False),
        (pull(draft=True), "draft", True),
        (pull(draft=None), "draft", False),
        (pull(), "fork", False),
        (pull(head=head({"id": 2})), "fork", True),
        (pull(head=head(None)), "fork", True),
        (pull(head=head({"id": 1, "fork": True})), "fork", False),
        (pull(), "author", "alice"),
        (pull(user=None), "author", "ghost"),
        (pull(), "bot", False),
        (pull(user=None), "bot", False),
        (pull(user={"login": "x", "type": "Bot"}), "bot", True),
        (pull(user={"login": "dependabot[bot]"}), "bot", True),
        (pull(), "labels", frozenset({"preview"})),
        (pull(labels=None), "labels", frozenset()),
        (pull(labels=["a", {"name": "b"}]), "labels", frozenset({"a", "b"})),
        (pull(), "created_at", datetime(2026, 5, 15, 15, 20, 33, tzinfo=UTC)),
        (
            pull(updated_at="2026-05-16T17:20:33+02:00"),
            "updated_at",
            datetime(2026, 5, 16, 15, 20, 33, tzinfo=UTC),
        ),
        (pull(), "merged_at", None),
        (pull(merged_at="2026-05-16T15:20:33Z"), "merged_at", datetime(2026, 5, 16, 15, 20, 33, tzinfo=UTC)),
    ],
)
def test_a_pull_request_is_read_as_it_comes(raw: dict[str, Any], field: str, value: object) -> None:
    assert getattr(parse.pull_request(raw), field) == value


@pytest.mark.parametrize(
    "body",
    [None, {}, "text", [], {"message": "Not Found"}, pull(head=None), pull(updated_at="soon"), [pull()]],
)
def test_what_is_no_pull_request_is_an_answer_that_was_lost(body: object) -> None:
    with pytest.raises(Unavailable, match="not understood"):
        parse.understood(parse.pull_request, body, "/pulls/7")


@pytest.mark.parametrize("body", [None, {}, {"message": "hello"}, "[]", [pull(), None]])
def test_what_is_no_listing_is_never_an_empty_one(body: object) -> None:
    with pytest.raises(Unavailable, match="not understood"):
        parse.understood(parse.each(parse.pull_request), body, "/pulls")


@pytest.mark.parametrize(
    ("raw", "tag"),
    [
        ({"ref": "refs/tags/dev-1", "object": {"sha": "a", "type": "commit"}}, Tag("dev-1", "a", False)),
        ({"ref": "refs/tags/a/b", "object": {"sha": "a", "type": "tag"}}, Tag("a/b", "a", True)),
    ],
)
def test_a_tag_has_its_name_and_what_it_points_at(raw: dict[str, Any], tag: Tag) -> None:
    assert parse.tag(raw) == tag


@pytest.mark.parametrize(
    ("payload", "read"),
    [
        ({"reviewapps": "1"}, {"reviewapps": "1"}),
        ('{"reviewapps": "1"}', {"reviewapps": "1"}),
        ("deployed by hand", {}),
        ("[1]", {}),
        (None, {}),
        ("", {}),
    ],
)
def test_a_payload_may_be_a_string(payload: object, read: dict[str, Any]) -> None:
    raw = {"id": 1, "payload": payload, "sha": "a" * 40, "created_at": "2026-03-02T12:00:00Z"}
    assert parse_told.deployed(raw).payload == read


def content(text: bytes, **more: Any) -> dict[str, Any]:
    encoded = base64.encodebytes(text).decode()
    return {"type": "file", "encoding": "base64", "content": encoded} | more


def test_rules_are_text() -> None:
    assert parse.rules_text(content("größer: ja\n".encode() * 40)) == "größer: ja\n" * 40


@pytest.mark.parametrize(
    "raw",
    [[content(b"")], content(b"", type="symlink"), content(b"", encoding="none"), content(b"\xff")],
    ids=["a folder", "a link", "too large", "no text"],
)
def test_rules_that_are_no_text_are_bad_rules(raw: object) -> None:
    with pytest.raises(BadRules):
        parse.rules_text(raw)


def test_a_marker_is_read_as_it_was_written() -> None:
    line = marker("acme-review", 123, 12, "live")

    assert marked(line) == ("acme-review", 123, 12, "live")
    assert marked(f"{line}\r\n### Preview: live") == marked(line)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Preview: live",
        "\n<!-- reviewapps 1 acme 123 #12 live -->",
        "> <!-- reviewapps 1 acme 123 #12 live -->",
        "<!-- reviewapps 1 acme 123 #12 live --> and more",
        "<!-- reviewapps 2 acme 123 #12 live -->",
        "<!-- reviewapps 1 acme 123 12 live -->",
        "<!-- reviewapps 1 acme shop #12 live -->",
    ],
)
def test_what_is_no_marker_of_ours_is_none(text: str) -> None:
    assert marked(text) is None


def test_a_payload_that_is_nested_too_deeply_is_none_of_ours() -> None:
    raw = {"id": 1, "sha": "a" * 40, "created_at": "2026-03-02T12:00:00Z", "payload": "[" * 100_000}
    assert parse_told.deployed(raw).payload == {}
