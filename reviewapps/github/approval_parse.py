"""From GitHub's JSON to the evidence of approvals: the field names that ``parse`` does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reviewapps.approval import Check, Commit, Move, Pull, Review
from reviewapps.approval.evidence import Decision, Opinion
from reviewapps.github.parse import GHOST, time_of

OPINIONS: Final[Mapping[str, Opinion]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes requested",
    "DISMISSED": "dismissed",
}
DECISIONS: Final[Mapping[str, Decision]] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes requested",
    "REVIEW_REQUIRED": "review required",
}
STATES: Final = {
    "SUCCESS": "green",
    "SKIPPED": "skipped",
    "NEUTRAL": "neutral",
    "CANCELLED": "cancelled",
    "STALE": "stale",
    "PENDING": "running",
    "EXPECTED": "running",
}
"""What else a check may end as is red."""
OF_BOTS: Final = "[bot]"
MOST_AUTHORS: Final = 20
MOST_LISTED: Final = 250
"""GitHub lists no more commits of a pull request, and does not say that there are more."""
MOST_CHANGES: Final = 100
"""Of a pull request's base, which are asked for."""
MERGES: Final = ("pr_merge", "merge_queue_merge")
FORWARD: Final = ("push", *MERGES)
"""What else may become of a branch loses something, or nobody knows what it is."""


@dataclass(frozen=True)
class Comparison:
    """One page of what lies between two commits. ``straight``: the first is part of the second."""

    straight: bool
    total: int
    commits: tuple[Commit, ...]


@dataclass(frozen=True)
class Moved:
    """A branch's move, and who made it: the account's id, and its name at that time; None for one that is gone."""

    move: Move
    actor: tuple[int, str] | None


@dataclass(frozen=True)
class Page:
    """Some of many: where the rest begins, None where this is all."""

    after: str | None


@dataclass(frozen=True)
class Associated(Page):
    """The merged pull requests that a commit belongs to: number, base branch, and what it was merged as."""

    merged: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class Checks(Page):
    """What is said of a commit."""

    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Asked:
    """A pull request as far as one answer tells: more ``reviews`` and ``commits`` may follow.

    It comes from ``branch`` of the repository ``source``, None where that is gone. ``shas`` are its commits,
    ``parents`` theirs. ``reviewers`` are by the ids of their accounts, as these are called now.
    """

    pull: Pull
    branch: str
    source: int | None
    shas: frozenset[str]
    parents: frozenset[str]
    reviewers: Mapping[int, str]
    total: int
    reviews: str | None
    commits: str | None

    @property
    def roots(self) -> frozenset[str]:
        """What its commits were made upon: the base has those, and all behind them."""
        return self.parents - self.shas

    @property
    def listed(self) -> bool:
        """Whether all of its commits are known."""
        return self.total <= len(self.shas) < MOST_LISTED


def comparison(raw: Any) -> Comparison:
    straight = raw["status"] in ("ahead", "identical")
    return Comparison(straight, raw["total_commits"], tuple(map(commit, raw["commits"])))


def commit(raw: Any) -> Commit:
    return Commit(raw["sha"], tuple(parent["sha"] for parent in raw["parents"]))


def moved(raw: Any) -> Moved:
    actor = (int(raw["actor"]["id"]), _who(raw["actor"])) if raw.get("actor") else None
    kind, at = raw["activity_type"], time_of(raw["timestamp"])
    return Moved(Move(raw["before"], raw["after"], kind in MERGES, at, kind in FORWARD), actor)


def member(raw: Any) -> str:
    return str(raw["login"]).lower()


def associated(raw: Any) -> dict[str, Associated]:
    """By commit."""
    return {
        key.removeprefix("of_"): _associated(one["associatedPullRequests"])
        for key, one in raw.items()
        if key.startswith("of_")
    }


def _associated(raw: Any) -> Associated:
    merged = tuple(
        (one["number"], one["baseRefName"], (one["mergeCommit"] or {}).get("oid", ""))
        for one in raw["nodes"]
        if one["merged"]
    )
    return Associated(_after(raw), merged)


def checks(raw: Any) -> Checks:
    rollup = (raw["object"] or {}).get("statusCheckRollup")
    if rollup is None:
        return Checks(None, ())
    contexts = rollup["contexts"]
    return Checks(_after(contexts), tuple(map(_check, contexts["nodes"])))


def _check(raw: Any) -> Check:
    if raw["__typename"] == "StatusContext":
        return Check(raw["context"], STATES.get(raw["state"], "red"), raw.get("targetUrl") or "")
    done = raw["status"] == "COMPLETED"
    return Check(raw["name"], STATES.get(raw["conclusion"], "red") if done else "running", raw["url"])


def pulls(raw: Any) -> tuple[Asked, ...]:
    """Those that were asked for; one that is gone is not understood."""
    return tuple(_asked(one) for key, one in raw.items() if key.startswith("pull"))


def _asked(raw: Any) -> Asked:
    commits = raw["commits"]
    pull = Pull(
        number=raw["number"],
        base=raw["baseRefName"],
        head=raw["headRefOid"],
        merged_as=(raw["mergeCommit"] or {}).get("oid", ""),
        author=_who(raw["author"]),
        url=raw["url"],
        decision=DECISIONS[raw["reviewDecision"]] if raw["reviewDecision"] else None,
        reviews=tuple(map(_review, raw["reviews"]["nodes"])),
        authors=tuple(_authors(one["commit"]) for one in commits["nodes"]),
        all_told=all(one["commit"]["authors"]["totalCount"] <= MOST_AUTHORS for one in commits["nodes"]),
        retargeted_at=_retargeted(raw),
    )
    return Asked(
        pull,
        raw["headRefName"],
        (raw["headRepository"] or {}).get("databaseId"),
        frozenset(one["commit"]["oid"] for one in commits["nodes"]),
        frozenset(parent["oid"] for one in commits["nodes"] for parent in one["commit"]["parents"]["nodes"]),
        dict(_people(raw["reviews"]["nodes"])),
        commits["totalCount"],
        _after(raw["reviews"]),
        _after(commits),
    )


def _retargeted(raw: Any) -> datetime | None:
    """When its base changed last before it was merged. Where more happened since than GitHub was asked for, the
    first of that is taken for it."""
    told = [datetime.fromisoformat(one["createdAt"]) for one in raw["timelineItems"]["nodes"]]
    merged = datetime.fromisoformat(raw["mergedAt"]) if raw["mergedAt"] else None
    before = [at for at in told if merged is None or at <= merged]
    if not before and len(told) == MOST_CHANGES:
        return told[0]
    return before[-1] if before else None


def _review(raw: Any) -> Review:
    """A bot's word does not count, nor that of an account that is gone."""
    author = raw["author"] or {}
    return Review(
        id=int(raw["fullDatabaseId"]),
        reviewer=_who(raw["author"]),
        opinion=OPINIONS[raw["state"]],
        commit=(raw["commit"] or {}).get("oid", ""),
        at=datetime.fromisoformat(raw["submittedAt"]),
        counts=author.get("__typename") == "User" and raw["authorCanPushToRepository"],
    )


def _people(reviews: Any) -> Iterator[tuple[int, str]]:
    for one in reviews:
        author = one["author"] or {}
        if author.get("databaseId") is not None:
            yield int(author["databaseId"]), _who(author)


def _authors(raw: Any) -> frozenset[str]:
    return frozenset(_who(one["user"]) for one in raw["authors"]["nodes"] if one["user"])


def _who(raw: Any) -> str:
    """An account's name; of a bot's, GraphQL leaves out what REST has at its end."""
    account = raw or {}
    name = str(account.get("login", GHOST)).lower()
    bot = "Bot" in (account.get("type"), account.get("__typename"))
    return f"{name.removesuffix(OF_BOTS)}{OF_BOTS}" if bot else name


def _after(raw: Any) -> str | None:
    info = raw["pageInfo"]
    return info["endCursor"] if info["hasNextPage"] else None
