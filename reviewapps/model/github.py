"""GitHub's side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reviewapps.model.environments import Environment


@dataclass(frozen=True)
class Repository:
    """``name`` is ``owner/name`` as it is now; ``head`` the commit at the tip of the default branch."""

    id: int
    name: str
    default_branch: str
    private: bool
    head: str


@dataclass(frozen=True)
class PullRequest:
    """``merged_as`` is the commit that its base branch was at when it had been merged.

    ``updated_at`` moves with any change, a comment of ours included; it only ever says "not older"."""

    number: int
    commit: str
    branch: str
    base: str
    open: bool
    draft: bool
    fork: bool
    bot: bool
    author: str
    labels: frozenset[str]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_as: str | None = None


@dataclass(frozen=True, order=True)
class Tag:
    """A tag's name and the object that it points at: a commit, or a tag object where ``annotated``."""

    name: str
    object: str
    annotated: bool


@dataclass(frozen=True)
class Tagging:
    """What a tag means. Only annotated tags know when they were made."""

    commit: str
    tagged_at: datetime | None
    committed_at: datetime


@dataclass(frozen=True)
class Wanted:
    """GitHub's side of one repository, looked at as a whole.

    ``pull_requests`` holds every open one and those closed lately. ``rules_text`` is ``.reviewapps.yml`` at
    ``repository.head``; None where there is none, or where it is no text: ``rules_broken`` says why.
    ``branches`` are the heads of those that environments follow, besides the default one.
    """

    repository: Repository
    pull_requests: tuple[PullRequest, ...]
    tags: tuple[Tag, ...]
    rules_text: str | None
    rules_broken: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PastDeploy:
    """One deployment to an environment, as GitHub remembers it: how it ended, or how it is (``state``), when it
    began and when that was said. ``about`` is what was said of it; it ``runs`` there now, or not."""

    commit: str
    state: str
    began_at: datetime
    at: datetime
    about: str = ""
    url: str = ""
    runs: bool = False


@dataclass(frozen=True)
class Comment:
    """A sticky comment of ours, as the marker in its first line tells. ``state`` is its outcome's name."""

    id: int
    environment: Environment
    state: str


def doubled(comments: Iterable[Comment]) -> frozenset[Environment]:
    """The environments of which more than one comment tells: GitHub made one whose answer was given up."""
    told = Counter(comment.environment for comment in comments)
    return frozenset(environment for environment, times in told.items() if times > 1)
