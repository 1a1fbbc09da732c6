"""A bare mirror of one repository, filled commit by commit, and git as the only thing that reads it."""

from __future__ import annotations

import base64
import fcntl
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from reviewapps.errors import BadSource, Busy, NotAuthorised, NotThere, OperatorMustAct, Unavailable
from reviewapps.github.credentials import Credentials
from reviewapps.github.process import Failed, bounded, environment, run
from reviewapps.model import Secret

FETCH_SECONDS: Final = 200.0
"""The longest that a fetch may take. It changes nothing outside, so it may outlast a lease."""

MOST_FETCHED: Final = 1024**3
"""Bytes of one fetch, packed; half of what is free on the disk where that is less."""

MOST_KEPT: Final = 1024**3
"""Bytes of a mirror that is larger than that, it is begun anew before the next fetch."""

MOST_COMMITS: Final = 200
"""So many fetched commits keep a ref of their own; the rest is left to git to clear away."""

_OBJECT: Final = re.compile(r"[0-9a-f]{40,64}")
_LOCKED: Final = re.compile(r"\.lock': File exists|could not lock .*: File exists")
_ABSENT: Final = "not our ref"
_REJECTED: Final = re.compile(r"Authentication failed|could not read Username|error: 40[134]|not found")


class Locked(Unavailable):
    """A lock file of git's is in the way."""


@dataclass(frozen=True)
class GitObject:
    """Something that git keeps: a blob, a tree, a commit."""

    id: str
    type: str
    size: int


class Mirror:
    """The commits of one repository that were asked for, without their history.

    A token goes to git by its environment alone: never in an address, an argument or a file.
    """

    def __init__(self, path: Path, clone_url: str, credentials: Credentials, *, timeout: float) -> None:
        self.path = path
        self._clone_url = clone_url
        self._credentials = credentials
        self._token = Secret("")
        self._timeout = timeout

    @contextmanager
    def holding(self, commit: str) -> Iterator[None]:
        """Have ``commit`` here and keep it, from the repository itself also where it is a fork's: pull requests
        are kept there. Busy while another worker fetches; a commit that is not there may be on its way. BadSource
        where it is more than is fetched.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".readers").open("w") as readers:
            fcntl.flock(readers, fcntl.LOCK_SH)
            if not self._has(commit):
                fcntl.flock(readers, fcntl.LOCK_UN)
                with self.fetching():
                    self._bring(commit)
                fcntl.flock(readers, fcntl.LOCK_SH)
                if not self._has(commit):
                    raise Busy(f"{self._clone_url}: {commit[:7]} was fetched and is gone again", after=1)
            yield

    def _bring(self, commit: str) -> None:
        """Fetch it. A git that was killed leaves its locks and half of what it fetched behind, and nobody else
        would ever take them away. A token may have ended that was good a moment ago."""
        self._begin_anew_if_large()
        self._clear_halves()
        try:
            self._fetch(commit)
        except Locked:
            self._unlock()
            self._fetch(commit)
        except NotAuthorised:
            if not self._credentials.renewed(self._token):
                raise
            self._fetch(commit)
        finally:
            self._clear_halves()
        self._forget_oldest(commit)
        with suppress(Unavailable):
            self._run(("gc", "--auto", "--quiet"), environment({"gc.autoDetach": "false"}), FETCH_SECONDS)

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Whoever holds this is the only one on this machine that fetches; Busy while somebody else does."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(self._masked(f"{self._clone_url}: another worker fetches"), after=1) from None
            yield

    def found(self, name: str, *, follow: bool = False) -> GitObject | None:
        """The object of that name, such as ``<commit>:<path>``; None where there is none.

        Where ``follow``, a symbolic link inside the tree leads to what it points at.
        """
        if "\n" in name or not self._made:
            return None
        links = ["--follow-symlinks"] if follow else []
        printed = self.output("cat-file", "--batch-check", *links, stdin=f"{name}\n".encode())
        words = printed.decode(errors="replace").partition("\n")[0].rsplit(" ", 2)
        if len(words) != 3 or not words[2].isdecimal() or not _OBJECT.fullmatch(words[0]):
            return None  # of what it does not have, git repeats the name, which is an author's text
        return GitObject(words[0], words[1], int(words[2]))

    def output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a git command prints that talks to nobody."""
        return self._run(arguments, environment(), self._timeout, stdin)

    @contextmanager
    def printing(self, *arguments: str) -> Iterator[IO[bytes]]:
        """What a git command prints that talks to nobody, while it prints it: it may be more than fits into
        memory. Whoever stops reading ends the command; Unavailable where it ends badly by itself."""
        command = ["git", "--git-dir", str(self.path), *arguments]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            try:
                yield process.stdout
                if process.stdout.read(1) == b"" and process.wait():
                    raise Unavailable(f"git {arguments[0]} ended with exit status {process.returncode}")
            finally:
                process.kill()

    @contextmanager
    def reader(self) -> Iterator[subprocess.Popen[bytes]]:
        """``git cat-file --batch``: it answers each name on its stdin with the object on its stdout."""
        command = ["git", "--git-dir", str(self.path), "cat-file", "--batch"]
        with subprocess.Popen(
            command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def _has(self, commit: str) -> bool:
        found = self.found(commit)
        return found is not None and found.type == "commit"

    @property
    def _made(self) -> bool:
        """Whether it is there as a whole: the folder of the objects is the last that git makes."""
        return (self.path / "objects").exists()

    def _create(self) -> None:
        if not self._made:
            self._run(("init", "--quiet", "--bare", "--template=", str(self.path)), environment(), 30)

    def _forget_oldest(self, fetched: str) -> None:
        """Delete refs beyond the most. Their objects stay for git's two weeks, so whoever reads one now can;
        one that is wanted after that is fetched again."""
        listed = ("for-each-ref", "--sort=-creatordate", "--format=%(refname)", "refs/commits/")
        refs = [ref for ref in self.output(*listed).decode().split() if not ref.endswith(fetched)]
        deletions = "".join(f"delete {ref}\n" for ref in refs[MOST_COMMITS - 1 :])
        if deletions:
            self.output("update-ref", "--stdin", stdin=deletions.encode())

    def _begin_anew_if_large(self) -> None:
        """What is here can be fetched again; a disk that is full stops every repository."""
        kept = sum(pack.stat().st_size for pack in self.path.glob("objects/pack/*.pack"))
        if kept <= min(MOST_KEPT, shutil.disk_usage(self.path.parent).free):
            return
        with self.path.with_suffix(".readers").open("w") as readers, suppress(BlockingIOError):
            fcntl.flock(readers, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(self.path)

    def _unlock(self) -> None:
        for lock in self.path.rglob("*.lock"):
            lock.unlink(missing_ok=True)

    def _fetch(self, commit: str) -> None:
        """Fetch under a ref of its own, so that the next fetch brings only what differs from it; into one pack,
        whose size the operating system bounds, since git cannot."""
        self._create()
        most = min(MOST_FETCHED, shutil.disk_usage(self.path).free // 2)
        self._token = self._credentials.token()
        stalled = max(1, int(self._timeout))
        settings = {
            "http.extraHeader": f"Authorization: Basic {self._password}",
            "http.lowSpeedLimit": "1",
            "http.lowSpeedTime": str(stalled),
            "fetch.unpackLimit": "1",
            "gc.auto": "0",
        }
        ref = f"+{commit}:refs/commits/{commit}"
        options = ("--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head", "--no-recurse-submodules")
        try:
            self._run(
                ("fetch", *options, self._clone_url, ref), environment(settings), FETCH_SECONDS, most=most
            )
        except Unavailable:
            if not any(half.stat().st_size >= bounded(most) for half in self._halves()):
                raise
            if most < MOST_FETCHED:
                reason = f"the disk of {self.path.parent} has no room to fetch {commit[:7]}"
                raise OperatorMustAct(reason) from None
            reason = f"the commit is more than the {MOST_FETCHED // 1024**2:,} MB, packed, that are fetched"
            raise BadSource(reason) from None

    def _halves(self) -> list[Path]:
        """What a git that was ended had fetched by then."""
        return list(self.path.glob("objects/pack/tmp_*"))

    def _clear_halves(self) -> None:
        for half in self._halves():
            half.unlink(missing_ok=True)

    @property
    def _password(self) -> str:
        return base64.b64encode(f"x-access-token:{self._token}".encode()).decode()

    def _run(
        self,
        arguments: tuple[str, ...],
        variables: Mapping[str, str],
        seconds: float,
        stdin: bytes = b"",
        most: int | None = None,
    ) -> bytes:
        try:
            return run(("--git-dir", str(self.path), *arguments), variables, seconds, stdin, most)
        except Failed as failed:
            raise self._failure(arguments[0], failed.complained) from None

    def _failure(self, command: str, complained: str) -> Exception:
        last = (complained.strip().splitlines() or ["failed"])[-1]
        reason = self._masked(f"git {command} {self._clone_url}: {last}")
        if _LOCKED.search(complained):
            return Locked(reason)
        if _ABSENT in complained:
            return NotThere(reason)
        return NotAuthorised(reason) if _REJECTED.search(complained) else Unavailable(reason)

    def _masked(self, text: str) -> str:
        shown = text.replace(self._password, "•••")
        return shown.replace(self._token, "•••") if self._token else shown
