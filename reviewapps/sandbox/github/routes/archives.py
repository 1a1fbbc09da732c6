"""Source archives: a link that leads to them, which for a private repository lasts five minutes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import quote

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.git import GitError
from reviewapps.sandbox.github.refusals import not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import whole

routes = Routes()
LASTS = timedelta(minutes=5)
FORMATS = {"legacy.zip": ("zip", "application/zip"), "legacy.tar.gz": ("tar.gz", "application/x-gzip")}


@routes.on("GET", "/repos/{owner}/{repo}/zipball/{ref}")
async def zipball(call: Call) -> Answer:
    """Where the zip of a commit is; of the default branch without `ref`."""
    return _link(call, "legacy.zip")


@routes.on("GET", "/repos/{owner}/{repo}/tarball/{ref}")
async def tarball(call: Call) -> Answer:
    """Where the compressed tar of a commit is."""
    return _link(call, "legacy.tar.gz")


def _link(call: Call, form: str) -> Answer:
    repository = call.repository
    ref = call.word("ref").strip("/") or repository.default_branch
    path = f"/_codeload/{repository.full_name}/{form}/{ref}"
    location = call.urls.origin + quote(path)
    if repository.private:
        until = int((call.world.clock.now + LASTS).timestamp())
        location += f"?until={until}&token={_token(call, path, until)}"
    return Answer(None, 302, {"Location": location})


def _token(call: Call, path: str, until: int) -> str:
    return hmac.new(call.world.secret, f"{path} {until}".encode(), hashlib.sha256).hexdigest()


@routes.on("GET", "/_codeload/{codeowner}/{name_of_repo}/{form}/{ref}")
async def archive(call: Call) -> Answer:
    """What `git archive` makes of the commit, in a folder named for repository and commit."""
    repository = call.world.named(call.word("codeowner"), call.word("name_of_repo"))
    if repository is None or call.word("form") not in FORMATS:
        raise not_found()
    if repository.private and not _is_open(call):
        raise not_found()
    sha = await repository.git.commit_named(call.word("ref"))
    if sha is None:
        raise not_found()
    form, content_type = FORMATS[call.word("form")]
    folder = f"{repository.owner.login}-{repository.name}-{sha[:7]}"
    try:
        content = await repository.git.output("archive", f"--format={form}", f"--prefix={folder}/", sha)
    except GitError:
        raise not_found() from None
    named = f"attachment; filename={folder}.{form}"
    return Answer(content, headers={"Content-Type": content_type, "Content-Disposition": named})


def _is_open(call: Call) -> bool:
    until = whole(call.query("until"))
    if until is None or until < call.world.clock.now.timestamp():
        return False
    return hmac.compare_digest(_token(call, call.request.path, until).encode(), call.query("token").encode())
