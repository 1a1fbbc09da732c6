"""Branches, tags, and the refs of the git database."""

from __future__ import annotations

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.git import ABSENT, GitError, Ref, is_sha
from reviewapps.sandbox.github.presenters import commits as present
from reviewapps.sandbox.github.presenters.refs import branch, branch_summary, git_ref, short, tag
from reviewapps.sandbox.github.presenters.urls import node_id
from reviewapps.sandbox.github.protection import requirements
from reviewapps.sandbox.github.pull_requests import create_ref
from reviewapps.sandbox.github.refusals import Refused, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON, Repository

routes = Routes()


@routes.on("GET", "/repos/{owner}/{repo}/branches")
async def branches(call: Call) -> Answer:
    """The branches, by name; of `?protected=` alone."""
    refs, wanted = list((await call.repository.git.refs("refs/heads/")).values()), call.query("protected")
    if wanted:
        protected = [bool(requirements(call.repository, short(ref))) for ref in refs]
        refs = [ref for ref, held in zip(refs, protected, strict=True) if held == (wanted == "true")]
    return call.listing(refs, lambda ref: _summary(call, ref))


def _summary(call: Call, ref: Ref) -> JSON:
    protected = bool(requirements(call.repository, short(ref)))
    return branch_summary(ref, call.repository, call.urls, protected=protected)


@routes.on("GET", "/repos/{owner}/{repo}/branches/{branch}")
async def one_branch(call: Call) -> Answer:
    """A branch, with the commit at its head."""
    name, repository = call.word("branch"), call.repository
    found = await repository.git.named(f"refs/heads/{name}")
    if found is None:
        raise Refused(404, "Branch not found")
    commit = await history.commit(repository.git, found.sha)
    presented = present.commit(commit, repository, call.urls, call.world)
    return Answer(
        branch(name, presented, repository, call.urls, protected=bool(requirements(repository, name)))
    )


@routes.on("GET", "/repos/{owner}/{repo}/tags")
async def tags(call: Call) -> Answer:
    """The tags, each with the commit behind it, latest name first."""
    refs = list((await call.repository.git.refs("refs/tags/")).values())
    return call.listing(refs[::-1], lambda ref: tag(ref, call.repository, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/git/ref/{ref}")
async def one_ref(call: Call) -> Answer:
    """The ref of exactly this name, without `refs/`."""
    name = f"refs/{call.word('ref')}"
    found = await call.repository.git.named(name)
    if found is None:
        raise not_found()
    return Answer(git_ref(found, call.repository, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}")
async def matching_refs(call: Call) -> Answer:
    """The refs whose names begin so."""
    refs = list((await call.repository.git.refs(f"refs/{call.word('ref')}")).values())
    return call.listing(refs, lambda ref: git_ref(ref, call.repository, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/git/refs")
async def create(call: Call) -> Answer:
    """A new branch or tag."""
    user, wanted, repository = call.require_write(), await call.wanted(), call.repository
    name, sha = text(wanted, "Reference", "ref"), _sha(wanted)
    await call.engine.gate.require_pushable(repository, user, name, ABSENT, sha)
    await create_ref(repository, name, sha)
    await call.engine.pull_requests.refs_changed(repository, user)
    return Answer(git_ref(await _present(repository, name), repository, call.urls), 201)


@routes.on("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}")
async def update(call: Call) -> Answer:
    """A branch or tag moved to another commit; only forward, unless forced."""
    user, wanted, repository = call.require_write(), await call.wanted(force=bool), call.repository
    name, sha = f"refs/{call.word('ref')}", _sha(wanted)
    found = await repository.git.named(name)
    if found is None or name.startswith("refs/pull/"):
        raise Refused(422, "Reference does not exist")
    try:
        if not wanted.get("force", False) and not await repository.git.is_ancestor(found.sha, sha):
            raise Refused(422, "Update is not a fast forward")
        await call.engine.gate.require_pushable(repository, user, name, found.sha, sha)
        await repository.git.update_ref(name, sha)
    except GitError:
        raise Refused(422, "Object does not exist") from None
    await call.engine.pull_requests.refs_changed(repository, user)
    return Answer(git_ref(await _present(repository, name), repository, call.urls))


@routes.on("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}")
async def delete(call: Call) -> Answer:
    """A branch or tag removed; the pull requests of a branch close."""
    user, repository = call.require_write(), call.repository
    name = f"refs/{call.word('ref')}"
    found = await repository.git.named(name)
    if found is None or name.startswith("refs/pull/"):
        raise Refused(422, "Reference does not exist")
    await call.engine.gate.require_pushable(repository, user, name, found.sha, ABSENT)
    await repository.git.delete_ref(name)
    await call.engine.pull_requests.refs_changed(repository, user)
    return Answer(status=204)


def _sha(wanted: JSON) -> str:
    sha = text(wanted, "Reference", "sha")
    if not is_sha(sha):
        raise Refused(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    return sha


async def _present(repository: Repository, name: str) -> Ref:
    found = await repository.git.named(name)
    if found is None:
        raise not_found()  # somebody else was faster
    return found


@routes.on("GET", "/repos/{owner}/{repo}/git/tags/{tag_sha}")
async def annotated_tag(call: Call) -> Answer:
    """The object of an annotated tag: who made it, what it says, what it points at."""
    sha, repository = call.word("tag_sha"), call.repository
    fields = "%(objecttype)%00%(objectname)%00%(object)%00%(type)%00%(tag)%00%(taggername)"
    fields += "%00%(taggeremail:trim)%00%(taggerdate:format-local:%Y-%m-%dT%H:%M:%SZ)%00%(contents)"
    rows = (await repository.git.text("for-each-ref", f"--format={fields}%01", "refs/tags")).split("\1\n")
    tags = {row.split("\0")[1]: row.rstrip("\1").split("\0") for row in rows if row.startswith("tag\0")}
    if sha not in tags:
        raise not_found()
    _, _, target, kind, name, tagger, email, date, message = tags[sha]
    target_url = call.urls.repository(repository, f"git/{kind}s", target)
    return Answer(
        {
            "node_id": node_id("TA", sha),
            "tag": name,
            "sha": sha,
            "url": call.urls.repository(repository, "git/tags", sha),
            "message": message.rstrip("\n"),
            "tagger": {"name": tagger, "email": email, "date": date},
            "object": {"type": kind, "sha": target, "url": target_url},
            "verification": present.UNSIGNED,
        }
    )
