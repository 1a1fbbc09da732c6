"""What a push tells: the commits that came, each with its files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.git import Bare, Signature
from reviewapps.sandbox.github.history import Commit
from reviewapps.sandbox.github.presenters import repositories
from reviewapps.sandbox.github.presenters.urls import Urls
from reviewapps.sandbox.github.state import JSON, Repository, User
from reviewapps.sandbox.github.world import World

if TYPE_CHECKING:
    from reviewapps.sandbox.github.webhooks.pushes import RefChange

MOST_COMMITS = 2048


async def push(change: RefChange, repository: Repository, pusher: User, urls: Urls, world: World) -> JSON:
    """The members of a `push` payload that are its own."""
    git = repository.git
    head = None if change.deleted else await git.commit_named(change.after)
    came = await _came(git, change)
    found = {one.sha: one for one in await history.commits(git, [*came, *([head] if head else [])])}
    distinct = await _distinct(git, change)
    files = await history.files_of(git, list(found))
    told = {
        sha: _commit(one, files[sha], sha in distinct, repository, urls, world) for sha, one in found.items()
    }
    compared = f"{change.before[:12]}...{change.after[:12]}"
    return {
        "ref": change.ref,
        "before": change.before,
        "after": change.after,
        "created": change.created,
        "deleted": change.deleted,
        "forced": await _forced(git, change),
        "base_ref": await _base_ref(git, change, head, repository.default_branch),
        "compare": urls.page(repository, "compare", compared),
        "commits": [told[sha] for sha in came],
        "head_commit": told[head] if head else None,
        "pusher": {"name": pusher.login, "email": pusher.email},
        "repository": _repository(repository, urls),
    }


async def _came(git: Bare, change: RefChange) -> list[str]:
    """The commits that the branch has now and had not before, oldest first; a tag brings none."""
    if change.deleted or change.kind == "tag":
        return []
    if change.created:
        shas = await _new_to(git, change)
    else:
        shas = await history.shas_between(git, change.before, change.after)
    return shas[-MOST_COMMITS:]


async def _distinct(git: Bare, change: RefChange) -> set[str]:
    """Those of them that no other branch has."""
    return set() if change.deleted or change.kind == "tag" else set(await _new_to(git, change))


async def _new_to(git: Bare, change: RefChange) -> list[str]:
    other = ("--not", f"--exclude={change.ref}", "--glob=refs/heads")
    before = [] if change.created else [f"^{change.before}"]
    return (await git.text("rev-list", "--reverse", "--topo-order", change.after, *before, *other)).split()


async def _forced(git: Bare, change: RefChange) -> bool:
    if change.created or change.deleted:
        return False
    return not await git.is_ancestor(change.before, change.after)


async def _base_ref(git: Bare, change: RefChange, head: str | None, default: str) -> str | None:
    """A branch where a new one (or a tag) begins, if there is one at that very commit."""
    if head is None or not change.created:
        return None
    refs = await git.refs("refs/heads/")
    at_head = [name for name, ref in refs.items() if ref.commit == head and name != change.ref]
    main = f"refs/heads/{default}"
    return main if main in at_head else next(iter(at_head), None)


def _commit(
    one: Commit, files: history.Files, distinct: bool, repository: Repository, urls: Urls, world: World
) -> JSON:
    return {
        "id": one.sha,
        "tree_id": one.tree,
        "distinct": distinct,
        "message": one.message,
        "timestamp": one.committer.date,
        "url": urls.page(repository, "commit", one.sha),
        "author": _person(one.author, world),
        "committer": _person(one.committer, world),
        "added": files.added,
        "removed": files.removed,
        "modified": files.modified,
    }


def _person(signature: Signature, world: World) -> JSON:
    account = world.author(signature.email)
    named = {"username": account.login} if account else {}
    return {"name": signature.name, "email": signature.email, **named}


def _repository(repository: Repository, urls: Urls) -> JSON:
    """Here alone GitHub writes some times as numbers, and says some things twice."""
    told, owner = repositories.repository(repository, urls), repository.owner
    return told | {
        "owner": told["owner"] | {"name": owner.login, "email": owner.email},
        "created_at": _unix(repository.created_at),
        "pushed_at": _unix(repository.pushed_at),
        "url": urls.page(repository),
        "stargazers": 0,
        "master_branch": repository.default_branch,
    }


def _unix(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())
