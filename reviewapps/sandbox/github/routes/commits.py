"""Commits, and how two of them compare."""

from __future__ import annotations

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.git import END, GitError, is_sha
from reviewapps.sandbox.github.patches import patched
from reviewapps.sandbox.github.presenters import commits as present
from reviewapps.sandbox.github.presenters.pulls import pull_request_simple
from reviewapps.sandbox.github.refusals import Refused, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON

routes = Routes()


@routes.on("GET", "/repos/{owner}/{repo}/commits")
async def commits(call: Call) -> Answer:
    """The history of `?sha=` (a branch, tag or sha), newest first; of `?path=`, `?since=`, `?until=` alone."""
    git = call.repository.git
    if not await git.refs():
        raise Refused(409, "Git Repository is empty.")
    start = await git.commit_named(call.query("sha", call.repository.default_branch))
    if start is None:
        raise not_found()
    between = [f"--{name}={call.query(name)}" for name in ("since", "until", "author") if call.query(name)]
    only = [call.query("path")] if call.query("path") else []
    try:
        every = (await git.text("rev-list", "--fixed-strings", *between, END, start, "--", *only)).split()
    except GitError:
        every = []  # a path that leads out of the repository
    shas, headers = call.page(every)
    return Answer(await _presented(call, list(shas)), headers=headers)


@routes.on("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls")
async def pulls_of_commit(call: Call) -> Answer:
    """The pull requests that hold the commit, or that were merged as it."""
    sha = await call.commit_named(call.word("commit_sha"))
    found = await call.engine.pull_requests.with_commit(call.repository, sha)
    return call.listing(found, lambda pull: pull_request_simple(pull, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/commits/{ref}")
async def one_commit(call: Call) -> Answer:
    """A commit by sha, branch or tag, with what it changed."""
    repository, git = call.repository, call.repository.git
    commit = await history.commit(git, await call.commit_named(call.word("ref")))
    files = await patched(git, commit.parents[0] if commit.parents else None, commit.sha)
    entries = [present.diff_entry(file, repository, commit.sha, call.urls) for file in files]
    presented = present.commit(commit, repository, call.urls, call.world)
    return Answer(presented | {"stats": present.stats(files), "files": entries})


@routes.on("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}")
async def git_commit(call: Call) -> Answer:
    """A commit as the git database has it, by its sha alone."""
    sha = call.word("commit_sha")
    if not is_sha(sha):
        raise not_found()
    try:
        commit = await history.commit(call.repository.git, sha)
    except (GitError, IndexError):
        raise not_found() from None
    return Answer(present.git_commit(commit, call.repository, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/compare/{basehead}")
async def compare(call: Call) -> Answer:
    """What `head` has that `base` has not, of `base...head`: its last 250 commits, or a page of all."""
    repository, git = call.repository, call.repository.git
    names = call.word("basehead").split("...")
    shas = [await git.commit_named(name) for name in names]
    if len(shas) != 2 or shas[0] is None or shas[1] is None:
        raise not_found()
    base, head = shas[0], shas[1]
    common = await git.merge_base(base, head)
    if common is None:
        raise Refused(404, "No common ancestor between the two.")
    ahead = await history.shas_between(git, base, head)
    shown, headers = call.page(ahead) if call.query("page") or call.query("per_page") else (ahead[-250:], {})
    behind = len(await history.shas_between(git, head, base))
    url = call.urls.repository(repository, "compare", call.word("basehead"))
    page = call.urls.page(repository, "compare", call.word("basehead"))
    base_commit, merge_base = await _presented(call, [base]), await _presented(call, [common])
    first = call.query("page", "1") == "1"
    files = await patched(git, common, head) if first else []
    return Answer(
        {
            "url": url,
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": base_commit[0],
            "merge_base_commit": merge_base[0],
            "status": _standing(len(ahead), behind),
            "ahead_by": len(ahead),
            "behind_by": behind,
            "total_commits": len(ahead),
            "commits": await _presented(call, list(shown)),
            "files": [present.diff_entry(file, repository, head, call.urls) for file in files],
        },
        headers=headers,
    )


def _standing(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


async def _presented(call: Call, shas: list[str]) -> list[JSON]:
    found = await history.commits(call.repository.git, shas)
    return [present.commit(one, call.repository, call.urls, call.world) for one in found]
