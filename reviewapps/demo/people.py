"""Somebody with a laptop: a clone, a keyboard, and an account on the sandbox's GitHub."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from reviewapps.errors import ReviewAppsError


class GitFailed(ReviewAppsError):
    """A git command ended with an error."""


class Person:
    """Works in ``folder``, a clone of ``repository``; speaks git and GitHub's API as ``login``."""

    def __init__(self, github_url: str, repository: str, login: str, token: str, folder: Path) -> None:
        self.login = login
        self.folder = folder
        self._url = github_url
        self._repository = repository
        self._token = token
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.trust_env = False

    # --- git ---

    def begin(self, source: Path) -> str:
        """Make the repository's first commit from a folder, or from another repository, and push it."""
        if (source / ".git").exists() or (source / "HEAD").exists():
            self._git("clone", "--quiet", "--no-hardlinks", str(source), str(self.folder), at=source)
            self._git("remote", "rename", "origin", "source")
            self._git("checkout", "--quiet", "-B", "main")
        else:
            self.start(source)
        self._git("remote", "add", "origin", f"{self._url}/{self._repository}.git")
        self._git("push", "--quiet", "origin", "main")
        return self.head()

    def start(self, source: Path) -> None:
        """Make a repository's first commit from a folder, here alone."""
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self._git("init", "--quiet", "--initial-branch=main")
        self._commit("Open the shop")

    def clone(self) -> None:
        """Clone the repository."""
        url = f"{self._url}/{self._repository}.git"
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._git("clone", "--quiet", url, str(self.folder), at=self.folder.parent)

    def write(self, branch: str, message: str, files: Mapping[str, str | None], *, base: str = "main") -> str:
        """Commit these files (None deletes one) on a branch, made from ``base`` if it is new, and push it."""
        self._git("fetch", "--quiet", "origin")
        known = self._git("branch", "--list", branch).strip()
        self._git("checkout", "--quiet", *([branch] if known else ["-B", branch, f"origin/{base}"]))
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o644)
        self._commit(message)
        self._git("push", "--quiet", "--force", "origin", branch)
        return self.head()

    def tag(self, name: str, commit: str, *, message: str | None = None) -> None:
        """Push a tag, annotated where there is a message; moves one that stands."""
        self._git("fetch", "--quiet", "origin", commit)
        annotation = ["--annotate", "--message", message] if message is not None else []
        self._git("tag", "--force", *annotation, name, commit)
        self._git("push", "--quiet", "--force", "origin", f"refs/tags/{name}")

    def untag(self, name: str) -> None:
        self._git("push", "--quiet", "origin", f":refs/tags/{name}")

    def head(self) -> str:
        return self._git("rev-parse", "HEAD").strip()

    def _commit(self, message: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)

    def _git(self, *words: str, at: Path | None = None) -> str:
        basic = base64.b64encode(f"{self.login}:{self._token}".encode()).decode()
        config = {
            f"http.{self._url}/.extraHeader": f"Authorization: Basic {basic}",
            "user.name": self.login,
            "user.email": f"{self.login}@users.noreply.example.org",
            "commit.gpgSign": "false",
            "tag.gpgSign": "false",
            "core.hooksPath": os.devnull,
        }
        numbered = {f"GIT_CONFIG_KEY_{i}": key for i, key in enumerate(config)}
        numbered |= {f"GIT_CONFIG_VALUE_{i}": value for i, value in enumerate(config.values())}
        clean = {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": str(len(config)),
        }
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *words],
            cwd=at or self.folder,
            env={**ours, **clean, **numbered},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise GitFailed(f"git {words[0]} failed for {self.login}: {done.stderr.strip()[-400:]}")
        return done.stdout

    # --- GitHub ---

    def fork(self) -> Person:
        """The same person, at work in a fork of their own."""
        made = self.api("POST", f"/repos/{self._repository}/forks", {})
        mine = Person(self._url, made["full_name"], self.login, self._token, self.folder)
        mine.clone()
        return mine

    def open(self, branch: str, title: str, *, base: str | None = None, into: str = "main") -> int:
        """Open a pull request for a branch ``into`` another one (of ``base``, another repository); its number."""
        owner = self._repository.partition("/")[0]
        wanted = {"title": title, "head": f"{owner}:{branch}", "base": into}
        return int(self.api("POST", f"/repos/{base or self._repository}/pulls", wanted)["number"])

    def branch(self, name: str, commit: str) -> None:
        """A new branch at a commit that is there already."""
        wanted = {"ref": f"refs/heads/{name}", "sha": commit}
        self.api("POST", f"/repos/{self._repository}/git/refs", wanted)

    def head_of(self, branch: str) -> str:
        """The newest commit of a branch."""
        return str(self.api("GET", f"/repos/{self._repository}/branches/{branch}")["commit"]["sha"])

    def approve(self, number: int) -> None:
        """Say that the pull request may be merged, as it is now."""
        self.api("POST", f"/repos/{self._repository}/pulls/{number}/reviews", {"event": "APPROVE"})

    def merge(self, number: int, method: str = "merge") -> None:
        self.api("PUT", f"/repos/{self._repository}/pulls/{number}/merge", {"merge_method": method})

    def close(self, number: int) -> None:
        self.api("PATCH", f"/repos/{self._repository}/pulls/{number}", {"state": "closed"})

    def reopen(self, number: int) -> None:
        self.api("PATCH", f"/repos/{self._repository}/pulls/{number}", {"state": "open"})

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """What GitHub's API answers; ReviewAppsError with its message where it refuses."""
        answer = self._session.request(method, self._url + path, json=body, timeout=30)
        if answer.status_code >= 300:
            raise ReviewAppsError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None
