"""Fields of commits, and of what is said of them."""

from __future__ import annotations

import re
from typing import Any

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.access import INACCESSIBLE
from reviewapps.sandbox.github.checks import latest_check_runs, latest_statuses, outcomes
from reviewapps.sandbox.github.git import GitError, Signature
from reviewapps.sandbox.github.graphql.asking import Asking, Refusal, connection, field
from reviewapps.sandbox.github.graphql.values import BlobAt, CommitAt, Rollup
from reviewapps.sandbox.github.presenters.urls import node_id
from reviewapps.sandbox.github.protection import requirements
from reviewapps.sandbox.github.state import JSON, CheckRun, CommitStatus, PullRequest, Repository

_CO_AUTHOR = re.compile(r"^co-authored-by: *(.*?) *<([^<>]+)> *$", re.IGNORECASE | re.MULTILINE)
LARGEST_TEXT = 512 * 1024
"""Bytes of a file that are shown as its text."""

ROLLUP = {"failing": "FAILURE", "pending": "PENDING", "in progress": "PENDING", "expected": "EXPECTED"}

field("Commit", "id")(lambda one, ask, _: node_id("C", f"{one.repository.id}:{one.oid}"))
field("Commit", "abbreviatedOid")(lambda one, ask, _: one.oid[:7])


@field("Commit", "url", "commitUrl")
def _url(one: CommitAt, ask: Asking, _: JSON) -> str:
    return ask.urls.page(one.repository, "commit", one.oid)


@field("Commit", "resourcePath")
def _path(one: CommitAt, ask: Asking, _: JSON) -> str:
    return f"/{one.repository.full_name}/commit/{one.oid}"


async def file_at(repository: Repository, revision: str, path: str) -> BlobAt | None:
    """The file at this path of a commit; None where there is none, or a folder."""
    sha, git = await repository.git.commit_named(revision or "HEAD"), repository.git
    if sha is None or not path:
        return None
    try:
        printed = await git.text("ls-tree", "-z", sha, "--", path)
    except GitError:
        return None  # a path that leads out of the repository
    described, _, name = printed.partition("\0")[0].partition("\t")
    if name != path or described.split()[1] != "blob":
        return None
    oid = described.split()[2]
    return BlobAt(repository, sha, oid, await git.output("cat-file", "blob", oid))


field("Blob", "id")(lambda one, ask, _: node_id("B", f"{one.repository.id}:{one.oid}"))
field("Blob", "abbreviatedOid")(lambda one, ask, _: one.oid[:7])
field("Blob", "commitUrl")(lambda one, ask, _: ask.urls.page(one.repository, "commit", one.commit))
field("Blob", "byteSize")(lambda one, ask, _: len(one.content))
field("Blob", "isBinary")(lambda one, ask, _: b"\0" in one.content)
field("Blob", "isTruncated")(lambda one, ask, _: len(one.content) > LARGEST_TEXT)


@field("Blob", "text")
def _text(one: BlobAt, ask: Asking, _: JSON) -> str | None:
    return None if b"\0" in one.content else one.content[:LARGEST_TEXT].decode(errors="replace")


@field("Commit", "message", "messageHeadline", "messageBody", "authoredDate", "committedDate")
async def _of_git(one: CommitAt, ask: Asking, arguments: JSON) -> str:
    commit = await history.commit(one.repository.git, one.oid)
    headline, _, body = commit.message.partition("\n")
    return {
        "message": commit.message,
        "messageHeadline": headline,
        "messageBody": body.strip(),
        "authoredDate": commit.author.date,
        "committedDate": commit.committer.date,
    }[arguments["field"]]


@field("Commit", "author", "committer")
async def _signed(one: CommitAt, ask: Asking, arguments: JSON) -> Signature:
    found = await history.commit(one.repository.git, one.oid)
    return found.author if arguments["field"] == "author" else found.committer


@field("Commit", "parents")
async def _parents(one: CommitAt, ask: Asking, arguments: JSON) -> JSON:
    found = await history.commit(one.repository.git, one.oid)
    return connection([CommitAt(one.repository, sha) for sha in found.parents], arguments)


@field("Commit", "authors")
async def _authors(one: CommitAt, ask: Asking, arguments: JSON) -> JSON:
    """Who wrote it: its author first, then those whom its message names."""
    found = await history.commit(one.repository.git, one.oid)
    named = [Signature(name, email, found.author.date) for name, email in _CO_AUTHOR.findall(found.message)]
    return connection({actor.email: actor for actor in (found.author, *named)}.values(), arguments)


field("GitActor", "user")(lambda actor, ask, _: ask.world.author(actor.email))
field("GitActor", "avatarUrl")(lambda actor, ask, _: f"{ask.urls.origin}/avatars/{actor.email}")


@field("Commit", "associatedPullRequests")
async def _associated(one: CommitAt, ask: Asking, arguments: JSON) -> JSON:
    return connection(await ask.engine.pull_requests.with_commit(one.repository, one.oid), arguments)


def rollup(one: CommitAt, ask: Asking) -> Rollup | None:
    """What is said of the commit; None where nothing is."""
    if not ask.may_read(one.repository, "checks"):
        raise Refusal("FORBIDDEN", INACCESSIBLE)
    return Rollup(one) if outcomes(one.repository, one.oid) else None


field("Commit", "statusCheckRollup")(lambda one, ask, _: rollup(one, ask))


field("StatusCheckRollup", "id")(
    lambda one, ask, _: node_id("SCR", f"{one.commit.repository.id}:{one.commit.oid}")
)


@field("StatusCheckRollup", "state")
def _state(one: Rollup, ask: Asking, _: JSON) -> str:
    found = set(outcomes(one.commit.repository, one.commit.oid).values())
    return next((word for outcome, word in ROLLUP.items() if outcome in found), "SUCCESS")


@field("StatusCheckRollup", "contexts")
def _contexts(one: Rollup, ask: Asking, arguments: JSON) -> JSON:
    repository, sha = one.commit.repository, one.commit.oid
    runs = [Said(repository, run) for run in latest_check_runs(repository, sha)]
    return connection(
        [*runs, *(Said(repository, one) for one in latest_statuses(repository, sha))], arguments
    )


class Said:
    """A status or a check run, and where."""

    def __init__(self, repository: Repository, one: CheckRun | CommitStatus) -> None:
        self.repository = repository
        self.one = one

    def __getattr__(self, name: str) -> Any:
        return getattr(self.one, name)


@field("StatusContext", "isRequired")
@field("CheckRun", "isRequired")
def _is_required(said: Said, ask: Asking, arguments: JSON) -> bool:
    name = said.one.name if isinstance(said.one, CheckRun) else said.one.context
    pull = _pull_asked_about(said, ask, arguments)
    rules = (asked.statuses for asked in requirements(pull.repository, pull.base_ref))
    return any(rule is not None and name in rule.contexts for rule in rules)


def _pull_asked_about(said: Said, ask: Asking, arguments: JSON) -> PullRequest:
    number, identity = arguments.get("pullRequestNumber"), arguments.get("pullRequestId")
    for pull in said.repository.pull_requests.values():
        if pull.number == number or node_id("PR", pull.id) == identity:
            return pull
    raise Refusal("UNPROCESSABLE", "You must provide a pull request ID or pull request number.")


field("StatusContext", "id")(lambda said, ask, _: node_id("SC", said.id))
field("StatusContext", "state")(lambda said, ask, _: said.state.upper())
field("StatusContext", "commit")(lambda said, ask, _: CommitAt(said.repository, said.sha))
field("CheckRun", "id")(lambda said, ask, _: node_id("CR", said.id))
field("CheckRun", "databaseId")(lambda said, ask, _: said.id)
field("CheckRun", "status")(lambda said, ask, _: said.status.upper())
field("CheckRun", "conclusion")(lambda said, ask, _: said.conclusion.upper() if said.conclusion else None)


@field("CheckRun", "title", "summary", "text")
def _output(said: Said, ask: Asking, arguments: JSON) -> str | None:
    found: str | None = said.output.get(arguments["field"])
    return found


@field("CheckRun", "url", "permalink")
def _run_url(said: Said, ask: Asking, _: JSON) -> str:
    return ask.urls.page(said.repository, "runs", said.id)


@field("CheckRun", "resourcePath")
def _run_path(said: Said, ask: Asking, _: JSON) -> str:
    return f"/{said.repository.full_name}/runs/{said.id}"
