"""Bare repositories on disk: real objects and refs, read and written by git itself."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from reviewapps.sandbox.github.recent import Recent

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
ABSENT = "0" * 40
END = "--end-of-options"
"""What stands between the options of git and the words of others."""

_SHA = re.compile("[0-9a-f]{40}")
_SHORT_SHA = re.compile("[0-9a-f]{4,40}")
_NO_NAME = re.compile(r"[\0-\x20\x7f~^:?*\[\\\ud800-\udfff]|\.\.|@\{|//|/\.|\.lock(/|$)|[/.]$")
SETTINGS = {
    "core.repositoryformatversion": "0",
    "core.bare": "true",
    "http.receivepack": "true",
    "receive.autogc": "false",
    "gc.auto": "0",
    "uploadpack.allowAnySHA1InWant": "true",
    "core.quotePath": "false",
    "core.fsync": "none",
}


class GitError(Exception):
    """What git said when it refused."""


def is_sha(word: str) -> bool:
    """Whether this is the whole name of an object."""
    return _SHA.fullmatch(word) is not None and word != ABSENT


def is_ref_name(name: str) -> bool:
    """Whether git lets a ref have this full name, which each ref has in one spelling alone."""
    return name.startswith("refs/") and _NO_NAME.search(name) is None


@dataclass(frozen=True)
class Ref:
    """A ref: what it points at, and the commit found behind an annotated tag."""

    name: str
    sha: str
    type: str
    commit: str


@dataclass(frozen=True)
class Signature:
    """Who signed a commit, and when; as git's own environment variables it signs a new one."""

    name: str
    email: str
    date: str

    def environment(self, role: str) -> dict[str, str]:
        """The variables that make git sign as this person; ``role`` is AUTHOR or COMMITTER."""
        return {
            f"GIT_{role}_NAME": self.name,
            f"GIT_{role}_EMAIL": self.email,
            f"GIT_{role}_DATE": self.date,
        }


def _settings() -> Iterator[str]:
    for key, value in SETTINGS.items():
        section, name = key.split(".")
        yield from (f"[{section}]", f"\t{name} = {value}")


def clean_environment() -> dict[str, str]:
    """The environment of every git process: nobody's configuration, no prompts, times in UTC.

    A sha names what it always named, and a path is nothing but a path.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def configured(*settings: tuple[str, str]) -> dict[str, str]:
    """The variables that make these settings for one git process alone; a key may come twice."""
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        numbered |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return numbered


@dataclass(frozen=True)
class Bare:
    """One bare repository.

    ``known`` holds what was read of commits, by sha (None: only that it exists), and what lies between two
    of them, for that never changes; ``compared`` their patches, which may be large. ``listed`` holds by folder
    which refs git listed there last, and ``holding`` by folder and commit which of them had it, with what they
    all pointed at.
    """

    path: Path
    known: Recent[str, Any] = field(default_factory=Recent, compare=False, repr=False)
    listed: Recent[frozenset[str], list[Ref]] = field(
        default_factory=lambda: Recent(100), compare=False, repr=False
    )
    holding: Recent[tuple[str, str], tuple[dict[str, str], set[str]]] = field(
        default_factory=lambda: Recent(100), compare=False, repr=False
    )
    compared: Recent[tuple[str | None, str], Any] = field(
        default_factory=lambda: Recent(100), compare=False, repr=False
    )

    def __reduce__(self) -> tuple[type[Bare], tuple[Path]]:
        return Bare, (self.path,)

    async def output(
        self, *arguments: str, stdin: bytes = b"", environment: dict[str, str] | None = None
    ) -> bytes:
        """What git prints; :class:`GitError` where it exits with an error, or cannot be told such words."""
        try:
            words = [word.encode() for word in arguments]
            process = await asyncio.create_subprocess_exec(
                "git",
                *words,
                cwd=self.path,
                env=clean_environment() | {"GIT_DIR": str(self.path)} | (environment or {}),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except (ValueError, OSError) as impossible:  # a NUL, half a character, too many of them
            raise GitError(str(impossible)) from None
        printed, complained = await process.communicate(stdin)
        if process.returncode:
            raise GitError(complained.decode(errors="replace").strip() or f"git {arguments[0]} failed")
        return printed

    async def text(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """What git prints, as text without the last line's end."""
        return (await self.output(*arguments, environment=environment)).decode(errors="replace").rstrip("\n")

    def create(self, default_branch: str) -> None:
        """Make the repository, empty: what `git init --bare` writes, and our settings."""
        for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (self.path / folder).mkdir(parents=True)
        (self.path / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n")
        (self.path / "config").write_text("".join(f"{line}\n" for line in _settings()))

    async def create_fork(self, parent: Bare, default_branch: str) -> None:
        """Make the repository with the branches and tags of ``parent``, and share its objects."""
        self.create(default_branch)
        (self.path / "objects/info/alternates").write_text(f"{parent.path / 'objects'}\n")
        await self.fetch(parent, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")

    async def fetch(self, other: Bare, *refspecs: str) -> None:
        """Bring refs of ``other``, and the objects behind them."""
        await self.output("fetch", "--quiet", "--no-tags", str(other.path), *refspecs)

    async def refs(self, *prefixes: str) -> dict[str, Ref]:
        """All refs whose full name begins with one of ``prefixes``, in the order of their names."""
        prefixes = prefixes or ("refs/",)
        folders = frozenset(prefix.rpartition("/")[0] for prefix in prefixes)  # git matches whole words of a
        found = self.listed.get(folders)  # path, GitHub any beginning
        if found is None or {ref.name: ref.sha for ref in found} != self._targets(folders):
            found = self.listed[folders] = await self._list(folders)
        return {ref.name: ref for ref in found if ref.name.startswith(prefixes)}

    async def _list(self, folders: frozenset[str]) -> list[Ref]:
        fields = "%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)"
        printed = await self.text("for-each-ref", f"--format={fields}", *folders)
        rows = (line.split("\0") for line in printed.split("\n") if line)
        return [Ref(name, sha, kind, peeled or sha) for name, sha, kind, peeled in rows]

    def _targets(self, folders: frozenset[str]) -> dict[str, str] | None:
        """What each ref within these folders points at, from git's own files; None where that cannot be told. What
        kind of object that is, and what is behind a tag, never changes."""
        if not all(folder == "refs" or is_ref_name(folder) for folder in folders):
            return None
        within = tuple(f"{folder}/" for folder in folders)
        found = {name: sha for name, sha in self._packed().items() if name.startswith(within)}
        try:
            for path in (path for folder in folders for path in (self.path / folder).rglob("*")):
                if path.suffix != ".lock" and not path.is_dir():
                    found[str(path.relative_to(self.path))] = path.read_text().strip()
        except (OSError, ValueError):  # gone meanwhile, or no text
            return None
        return found

    async def heads_and_tags(self) -> dict[str, str]:
        """What every branch and tag points at."""
        return {name: ref.sha for name, ref in (await self.refs("refs/heads/", "refs/tags/")).items()}

    async def named(self, name: str) -> Ref | None:
        """The ref of this full name."""
        sha = self.target(name)
        if sha is None or name.startswith(("refs/heads/", "refs/pull/")):
            return Ref(name, sha, "commit", sha) if sha else None
        return (await self.refs(name)).get(name)

    def target(self, name: str) -> str | None:
        """What the ref of this full name points at, read from git's own files, for it is asked all the time."""
        if not is_ref_name(name):
            return None
        try:
            return (self.path / name).read_text().strip()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return self._packed().get(name)
        except (OSError, ValueError):
            return None  # a name that no file can have

    def _packed(self) -> dict[str, str]:
        try:
            stat = (self.path / "packed-refs").stat()
        except FileNotFoundError:
            return {}
        return _packed_refs(self.path / "packed-refs", (stat.st_mtime_ns, stat.st_size, stat.st_ino))

    def pack(self, refs: dict[str, str]) -> None:
        """Point these refs at these commits: one file for all, under the lock that git takes for it."""
        packed, lock = self.path / "packed-refs", self.path / "packed-refs.lock"
        every = sorted({**self._packed(), **refs}.items())
        with lock.open("x") as file:
            file.write("# pack-refs with: sorted \n")
            file.writelines(f"{sha} {name}\n" for name, sha in every)
        lock.rename(packed)

    async def branch_head(self, branch: str) -> str | None:
        """The commit at the head of the branch, if there is such a branch."""
        return self.target(f"refs/heads/{branch}")

    async def refs_within(self, prefix: str, commit: str) -> set[str]:
        """The names of the refs under ``prefix`` that ``commit`` has everything of."""
        printed = await self.text("for-each-ref", f"--merged={commit}", "--format=%(refname)", prefix)
        return set(printed.split("\n")) - {""}

    async def refs_containing(self, prefix: str, commit: str) -> set[str]:
        """The names of the refs under ``prefix`` that have ``commit``."""
        targets = self._targets(frozenset({prefix}))
        before, found = self.holding.get((prefix, commit), (None, set[str]()))
        if targets is None or targets != before:
            printed = await self.text("for-each-ref", f"--contains={commit}", "--format=%(refname)", prefix)
            found = set(printed.split("\n")) - {""}
            if targets is not None:
                self.holding[prefix, commit] = targets, found
        return found

    async def commit_named(self, name: str) -> str | None:
        """The sha of the commit that a branch, a tag, a full ref or a (short) sha names."""
        for ref in (f"refs/heads/{name}", f"refs/tags/{name}", name, f"refs/{name}"):
            found = await self.named(ref)
            if found is not None:
                return found.commit
        if _SHORT_SHA.fullmatch(name.lower()) is None:
            return None
        if name in self.known:
            return name
        try:
            sha = await self.text("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
        except GitError:
            return None
        self.known[sha] = self.known.get(sha)
        return sha

    async def update_ref(self, ref: str, sha: str, expected: str = "") -> None:
        """Point ``ref`` at ``sha``; with ``expected``, only from there (:data:`ABSENT`: only anew)."""
        await self.output("update-ref", END, ref, sha, *([expected] if expected else []))

    async def delete_ref(self, ref: str) -> None:
        """Remove ``ref``."""
        await self.output("update-ref", "-d", END, ref)

    async def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether everything of ``older`` (both shas) is in ``newer``."""
        name = f"{older} in {newer}"
        if name not in self.known:
            missing = await self.text("rev-list", "--max-count=1", END, older, f"^{newer}", "--")
            self.known[name] = missing == ""
        return bool(self.known[name])

    async def merge_base(self, left: str, right: str) -> str | None:
        """The commit where two histories (both shas) part, if they have one."""
        name = f"{left}...{right}"
        if name not in self.known:
            try:
                self.known[name] = await self.text("merge-base", END, left, right)
            except GitError:
                return None
        return str(self.known[name])


@lru_cache(maxsize=64)
def _packed_refs(file: Path, _changed: tuple[int, int, int]) -> dict[str, str]:
    lines = (line.split(" ", 1) for line in file.read_text().split("\n") if line and line[0] not in "#^")
    return {name: sha for sha, name in lines}
