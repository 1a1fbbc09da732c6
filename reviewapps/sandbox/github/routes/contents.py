"""Files and directories at a commit."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.git import GitError
from reviewapps.sandbox.github.refusals import not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON

routes = Routes()


@dataclass(frozen=True)
class Entry:
    """A line of `git ls-tree --long`."""

    mode: str
    type: str
    sha: str
    size: int
    path: str

    @property
    def kind(self) -> str:
        """What GitHub calls it."""
        if self.mode == "120000":
            return "symlink"
        return {"tree": "dir", "commit": "submodule"}.get(self.type, "file")


@routes.on("GET", "/repos/{owner}/{repo}/contents/{path}")
async def contents(call: Call) -> Answer:
    """A file in base64 (or as it is, if raw is accepted), or what a directory holds."""
    path = call.word("path").strip("/")
    ref = call.query("ref", call.repository.default_branch)
    sha = await call.repository.git.commit_named(ref)
    if sha is None:
        raise not_found()
    if path:
        found = await _entries(call, sha, path)
        if found and found[0].type != "tree":
            return await _file(call, found[0], ref)
    inside = await _entries(call, sha, f"{path}/" if path else "")
    if not inside:
        raise not_found()
    return Answer([_described(call, entry, ref) for entry in inside])


async def _entries(call: Call, sha: str, path: str) -> list[Entry]:
    only = ["--", path] if path else []
    try:
        printed = await call.repository.git.text("ls-tree", "--long", "-z", sha, *only)
    except GitError:
        return []  # a path that leads out of the repository
    return [_entry(line) for line in printed.split("\0") if line]


def _entry(line: str) -> Entry:
    described, _, path = line.partition("\t")
    mode, kind, sha, size = described.split()
    return Entry(mode, kind, sha, int(size) if size.isdigit() else 0, path)


async def _file(call: Call, entry: Entry, ref: str) -> Answer:
    if entry.kind == "submodule":
        return Answer(_described(call, entry, ref))
    content = await call.repository.git.output("cat-file", "blob", entry.sha)
    if "raw" in call.request.headers.get("Accept", ""):
        return Answer(content, headers={"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    described = _described(call, entry, ref)
    if entry.kind == "symlink":
        return Answer(described | {"target": content.decode(errors="replace")})
    return Answer(described | {"content": base64.encodebytes(content).decode(), "encoding": "base64"})


def _described(call: Call, entry: Entry, ref: str) -> JSON:
    urls, repository = call.urls, call.repository
    url = urls.repository(repository, "contents", entry.path) + f"?ref={ref}"
    git_url = urls.repository(repository, f"git/{entry.type}s", entry.sha)
    html_url = urls.page(repository, "tree" if entry.kind == "dir" else "blob", ref, entry.path)
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size,
        "type": entry.kind,
        "url": url,
        "html_url": html_url,
        "git_url": git_url,
        "download_url": urls.page(repository, "raw", ref, entry.path) if entry.kind == "file" else None,
        "_links": {"self": url, "git": git_url, "html": html_url},
    }
