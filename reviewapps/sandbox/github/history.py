"""Commits and differences, as git prints them, turned into values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reviewapps.sandbox.github.git import EMPTY_TREE, END, Bare, Signature, is_sha

_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%B")  # none can have a NUL
_DATES = "--date=format-local:%Y-%m-%dT%H:%M:%SZ"
_STATUSES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


@dataclass(frozen=True)
class Commit:
    """One commit; times in UTC, whole seconds."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class FileChange:
    """One file of a difference, under its new name."""

    filename: str
    previous_filename: str
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None = None  # its hunks, where they were asked for and can be shown


@dataclass(frozen=True)
class Size:
    """How much a pull request changes."""

    commits: int
    additions: int
    deletions: int
    changed_files: int


async def size_between(git: Bare, base: str, head: str) -> Size:
    """How much ``head`` has that ``base`` has not, as pull requests count it."""
    changed = await changes(git, await git.merge_base(base, head), head)
    return Size(
        commits=len(await shas_between(git, base, head)),
        additions=sum(file.additions for file in changed),
        deletions=sum(file.deletions for file in changed),
        changed_files=len(changed),
    )


async def commits(git: Bare, shas: list[str]) -> list[Commit]:
    """These commits, in this order."""
    read = {sha: found for sha in shas if (found := git.known.get(sha)) is not None}
    unread = [sha for sha in shas if sha not in read]
    if unread:
        log = ("log", "-z", "--no-walk=unsorted", f"--format={'%x00'.join(_FIELDS)}", _DATES)
        words = (await git.text(*log, END, *unread, "--")).split("\0")
        found = [_commit(words[at : at + len(_FIELDS)]) for at in range(0, len(words) - 1, len(_FIELDS))]
        for one in found:
            git.known[one.sha] = read[one.sha] = one
        if not all(sha in read for sha in shas):  # asked for by another name
            return found
    return [read[sha] for sha in shas]


def _commit(fields: list[str]) -> Commit:
    sha, tree, parents, an, ae, ad, cn, ce, cd, message = fields
    signatures = Signature(an, ae, ad), Signature(cn, ce, cd)
    return Commit(sha, tree, tuple(parents.split()), *signatures, message.rstrip("\n"))


async def commit(git: Bare, sha: str) -> Commit:
    """This commit."""
    return (await commits(git, [sha]))[0]


async def shas_between(git: Bare, base: str, head: str) -> list[str]:
    """The commits of ``head`` that ``base`` lacks (both shas), oldest first, as a pull request lists them."""
    between = f"{base}..{head}"
    if between not in git.known:
        printed = await git.text("rev-list", "--reverse", "--topo-order", END, between, "--")
        git.known[between] = printed.split()
    shas: list[str] = git.known[between]
    return shas


async def changes(git: Bare, before: str | None, after: str) -> list[FileChange]:
    """The files that differ between two commits; all of them where there is no commit before."""
    options = ("--raw", "--numstat", "-z", "-r", "-M", "--abbrev=40")
    printed = await git.output("diff-tree", *options, END, before or EMPTY_TREE, after)
    return _changes(iter(printed.decode(errors="replace").split("\0")))


def _changes(words: Iterator[str]) -> list[FileChange]:
    found: dict[str, FileChange] = {}
    for word in words:
        if word.startswith(":"):
            status, old, new = _raw_entry(word, words)
            found[new] = FileChange(new, old, _STATUSES[status[0]], word.split()[3], 0, 0)
        elif word:
            added, deleted, name = word.split("\t", 2)
            if not name:  # a rename: both names follow
                next(words)
                name = next(words)
            one = found[name]
            plus, minus = (int(count) if count.isdigit() else 0 for count in (added, deleted))
            found[name] = replace(one, additions=plus, deletions=minus)
    return list(found.values())


def _raw_entry(word: str, words: Iterator[str]) -> tuple[str, str, str]:
    status = word.split()[4]
    old = next(words)
    return status, old, next(words) if status[0] in "RC" else old


@dataclass
class Files:
    """The names of the files that one commit added, removed and modified."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)


async def files_of(git: Bare, shas: list[str]) -> dict[str, Files]:
    """What each of these commits did to files, of merges against the first parent."""
    if not shas:
        return {}
    log = ("log", "--no-walk=unsorted", "--format=%H", "--name-status", "--no-renames", "-z")
    printed = await git.text(*log, "--diff-merges=first-parent", END, *shas, "--")
    found: dict[str, Files] = {}
    words = iter(printed.split("\0"))
    for word in words:
        status = word.lstrip("\n")
        if is_sha(status):
            files = found.setdefault(status, Files())
        elif status:
            by_status = {"A": files.added, "D": files.removed}
            by_status.get(status, files.modified).append(next(words))
    return found
