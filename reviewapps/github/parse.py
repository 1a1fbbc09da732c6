"""From GitHub's JSON to our nouns. No file but those named ``parse…`` knows the names of its fields.

It takes looser input than GitHub's schema promises, because GitHub sends such: the repository of a deleted
fork and the account of a deleted user are null, a payload may be a string. What cannot be understood at all
raises KeyError, TypeError or ValueError, which ``understood`` turns into an answer that was lost.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from reviewapps.errors import BadRules, Unavailable
from reviewapps.model import PullRequest, Tag

T = TypeVar("T")
GHOST = "ghost"
LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""What GitHub calls an account that was deleted."""


@dataclass(frozen=True)
class RepositoryFacts:
    """A repository as GitHub describes it; which commit it is at is asked for elsewhere."""

    id: int
    name: str
    default_branch: str
    private: bool
    clone_url: str


@dataclass(frozen=True)
class Permissions:
    """What our account may do in a repository, and whether anybody may write there."""

    push: bool
    archived: bool


@dataclass(frozen=True)
class Standing:
    """How much of the hourly limit is left, and when it starts anew."""

    limit: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True)
class Remark:
    """A comment, whoever wrote it."""

    id: int
    author: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


@dataclass(frozen=True)
class Peeled:
    """What a tag object points at, and when it was made."""

    object: str
    annotated: bool
    tagged_at: datetime | None


def understood(parse: Callable[[Any], T], body: Any, what: str) -> T:
    """``parse(body)``; Unavailable where the answer to ``what`` is not what it should be."""
    try:
        return parse(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as odd:
        raise Unavailable(f"GitHub: the answer to {what} is not understood: {odd!r}") from odd


def each(parse: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """A parser of a list of what ``parse`` parses. Anything but a list is not understood."""

    def items(body: Any) -> tuple[T, ...]:
        if not isinstance(body, list):
            raise TypeError(f"a list was expected, not {type(body).__name__}")
        return tuple(parse(item) for item in body)

    return items


def repository(raw: Any) -> RepositoryFacts:
    return RepositoryFacts(
        raw["id"], raw["full_name"], raw["default_branch"], bool(raw.get("private")), raw["clone_url"]
    )


def permissions(raw: Any) -> Permissions:
    """A repository does not tell an App's installation what it may do: then nothing is ruled out."""
    return Permissions((raw.get("permissions") or {}).get("push", True), bool(raw.get("archived")))


def standing(raw: Any) -> Standing:
    core = raw["resources"]["core"]
    return Standing(core["limit"], core["remaining"], datetime.fromtimestamp(core["reset"], UTC))


def pull_request(raw: Any) -> PullRequest:
    """A pull request. Where it comes from nowhere any more, it comes from a fork."""
    head, base = raw["head"], raw["base"]
    author = login(raw)
    return PullRequest(
        number=raw["number"],
        commit=head["sha"],
        branch=head["ref"],
        base=base["ref"],
        open=raw["state"] == "open",
        draft=bool(raw.get("draft")),
        fork=not head.get("repo") or head["repo"]["id"] != base["repo"]["id"],
        bot=(raw.get("user") or {}).get("type") == "Bot" or author.endswith("[bot]"),
        author=author,
        labels=frozenset(_label(label) for label in raw.get("labels") or ()),
        created_at=time_of(raw["created_at"]),
        updated_at=time_of(raw["updated_at"]),
        closed_at=_optional_time(raw.get("closed_at")),
        merged_at=_optional_time(raw.get("merged_at")),
        merged_as=raw.get("merge_commit_sha") if raw.get("merged_at") else None,
    )


def login(raw: Any) -> str:
    """The account that a thing is of."""
    return (raw.get("user") or {}).get("login") or GHOST


def own_login(raw: Any) -> str:
    """The account that the token is of."""
    name = raw["login"]
    if not isinstance(name, str):
        raise TypeError("login")
    return name


def viewer(raw: Any) -> str:
    """The account that the token is of, as GraphQL answers."""
    return own_login(raw["data"]["viewer"])


def sha(raw: Any) -> str:
    """The name of a commit."""
    return str(raw["sha"])


def stands_on(raw: Any) -> bool:
    """Whether the head of a comparison is its base, or stands on it."""
    return raw["status"] in ("ahead", "identical")


def merge_base(raw: Any) -> str:
    """The commit that both sides of a comparison stand on."""
    return str(raw["merge_base_commit"]["sha"])


def blobs(raw: Any) -> dict[str, str | None]:
    """What git calls a file's contents, by the commit that has it, as GraphQL answers."""
    found = {name.removeprefix("of_"): one for name, one in raw.items() if name.startswith("of_")}
    return {commit: None if one is None else str(one["oid"]) for commit, one in found.items()}


def branch_heads(name: str, raw: Any) -> tuple[tuple[str, str], ...]:
    """The branch of this very name, of all that begin so, with the commit at its tip."""
    return tuple((name, one["object"]["sha"]) for one in raw if one["ref"] == f"refs/heads/{name}")


def head(raw: Any) -> str:
    """The commit at the tip of a branch."""
    return str(raw["commit"]["sha"])


def tag(raw: Any) -> Tag:
    """A ref under ``refs/tags/``."""
    return Tag(raw["ref"].removeprefix("refs/tags/"), raw["object"]["sha"], raw["object"]["type"] == "tag")


def peeled(raw: Any) -> Peeled:
    """A tag object."""
    tagged_at = _optional_time((raw.get("tagger") or {}).get("date"))
    return Peeled(raw["object"]["sha"], raw["object"]["type"] == "tag", tagged_at)


def committed_at(raw: Any) -> datetime:
    """When a commit was put where it is, which a rebase changes and its author's date does not tell."""
    return time_of(raw["committer"]["date"])


def remark(raw: Any) -> Remark:
    return Remark(raw["id"], login(raw), raw.get("body") or "")


def heading(raw: Any) -> Remark:
    """A comment cut down to its first line."""
    whole = remark(raw)
    return Remark(whole.id, whole.author, whole.first_line)


def identity(raw: Any) -> int:
    """The id of what was just made."""
    return int(raw["id"])


def rules_text(raw: Any) -> str:
    """The text of ``.reviewapps.yml``; BadRules where it is no text."""
    return text_of(raw, ".reviewapps.yml")


def text_of(raw: Any, path: str) -> str:
    """The text of a file; BadRules where it is no text."""
    if isinstance(raw, list) or raw.get("type") != "file" or raw.get("encoding") != "base64":
        raise BadRules(f"`{path}` is not a file of less than 1 MB")
    try:
        return base64.b64decode(raw["content"]).decode()
    except UnicodeDecodeError as broken:
        raise BadRules(f"`{path}` is not UTF-8") from broken


def _label(raw: Any) -> str:
    return raw if isinstance(raw, str) else str(raw["name"])


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _optional_time(text: str | None) -> datetime | None:
    return time_of(text) if text else None
