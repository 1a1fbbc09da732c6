"""A GitHub in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import github
import pytest
import requests

from reviewapps.sandbox.github import GitHub
from reviewapps.sandbox.github.state import App, Registration
from tests.contract.github_webhooks import WebhookContract
from tests.sandbox.github.receiver import Receiver

Result = TypeVar("Result")

WRITTEN = ("contents", "pull_requests", "issues", "deployments", "statuses", "checks")
ALL = {**dict.fromkeys(WRITTEN, "write"), "members": "read"}
EVENTS = [
    *("push", "create", "delete", "pull_request", "issue_comment", "deployment", "deployment_status"),
    *("status", "check_run", "repository", "fork", "pull_request_review", "merge_group"),
]
BRANCHES = ("main", "feature")


@dataclass
class Hub:
    """The running server, and the ways in which tests talk to it."""

    server: GitHub
    folder: Path
    webhooks: WebhookContract = field(default_factory=WebhookContract)

    @property
    def url(self) -> str:
        return self.server.url

    def client(self, token: str = "octocat-token") -> github.Github:
        """The real client."""
        return github.Github(
            base_url=self.url,
            auth=github.Auth.Token(token),
            seconds_between_requests=0,
            seconds_between_writes=0,
            retry=None,
            per_page=100,
        )

    def request(
        self, method: str, path: str, token: str | None = "octocat-token", **options: Any
    ) -> requests.Response:
        """A raw request."""
        headers = {"Authorization": f"token {token}"} if token else {}
        headers |= options.pop("headers", {})
        options.setdefault("allow_redirects", False)
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def remote(self, repository: str, token: str = "octocat-token") -> str:
        """Where git finds a repository."""
        return f"{self.url.replace('://', f'://x-access-token:{token}@')}/{repository}.git"

    def register(self, *, hook_url: str = "", **permissions: str) -> App:
        """An App of octocat's, let into `octocat/shop` alone; without permissions, one that may do most."""
        wanted = Registration(
            name="Review Apps", permissions=permissions or ALL, events=EVENTS, hook_url=hook_url
        )
        return self.server.add_app("octocat", wanted, installed_on=["shop"])

    def integration(self, app: App) -> github.GithubIntegration:
        """The real client, as an App."""
        auth = github.Auth.AppAuth(app.id, app.keys.private)
        return github.GithubIntegration(
            auth=auth, base_url=self.url, seconds_between_requests=0, seconds_between_writes=0
        )

    def token(self, app: App, **narrowed: Any) -> str:
        """A token of the App's only installation."""
        installation = self.integration(app).get_installations()[0]
        path = f"/app/installations/{installation.id}/access_tokens"
        signed = {"Authorization": f"Bearer {github.Auth.AppAuth(app.id, app.keys.private).token}"}
        made = self.request("POST", path, token=None, headers=signed, json=narrowed)
        assert made.status_code == 201, made.text
        return str(made.json()["token"])

    def clone(self, repository: str, token: str = "octocat-token") -> Checkout:
        """A working copy."""
        folder = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        git(self.folder, "clone", "--quiet", self.remote(repository, token), str(folder))
        return Checkout(folder)


@dataclass
class Checkout:
    """A working copy of a repository, used as developers do."""

    folder: Path

    def git(self, *arguments: str, stdin: str = "") -> str:
        """What git prints."""
        return git(self.folder, *arguments, stdin=stdin)

    def push_topics(self, names: list[str]) -> None:
        """Push branches of these names, each with a commit of its own on main."""
        signed = "committer Dev <dev@example.org> 1600000000 +0000"
        topic = "commit refs/heads/{0}\n" + signed + "\ndata <<END\n{0}\nEND\nfrom refs/heads/main\n\n"
        self.git("fast-import", "--quiet", stdin="".join(topic.format(name) for name in names))
        self.git("push", "--quiet", "origin", *names)

    def commit(self, branch: str, files: dict[str, str], message: str = "change") -> str:
        """The sha of a new commit on ``branch``, which is made where there is none, and pushed."""
        self.change(branch, files, message)
        self.git("push", "--quiet", "--force", "origin", branch)
        return self.git("rev-parse", "HEAD")

    def change(self, branch: str, files: dict[str, str], message: str) -> None:
        """Commit these files on ``branch``."""
        current = self.git("branch", "--show-current")
        if current != branch:
            known = self.git("branch", "--list", branch)
            self.git("checkout", "--quiet", *([] if known else ["-b"]), branch)
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    """What git prints; its complaint as an error where it fails."""
    identity = {"NAME": "Dev", "EMAIL": "dev@example.org"}
    clean = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}
    signed = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in identity.items()
    }
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | clean | signed
    command = ["git", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{command}: {done.stderr}")
    return done.stdout.strip()


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What ``work`` returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """The loop that the servers run in."""
    running = Loop()
    yield running
    running.close()


@pytest.fixture
def hub(loop: Loop, tmp_path: Path) -> Iterator[Hub]:
    """octocat's public repository `octocat/shop`, empty, and three people: octocat, hubot, stranger.

    hubot may write.
    """
    webhooks = WebhookContract()
    server = GitHub(tmp_path / "hub")
    server.announced = webhooks.check
    for login in ("octocat", "hubot", "stranger"):
        server.add_user(login, token=f"{login}-token")
    server.add_repository("octocat", "shop", writers=["hubot"])
    loop.run(server.start())
    folder = tmp_path / "clones"
    folder.mkdir()
    yield Hub(server, folder, webhooks)
    loop.run(server.stop())
    assert "\n".join(webhooks.errors) == ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who listens."""
    with Receiver() as listening:
        yield listening


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One commit on main and, of it, a branch `feature` with one more: made once, as it takes a while."""
    checkout = Checkout(tmp_path_factory.mktemp("template"))
    checkout.git("init", "--quiet", "--template=", "--initial-branch=main")
    checkout.change("main", {"README.md": "shop\n", "app/main.py": "print('one')\n"}, "Begin")
    checkout.change("feature", {"app/main.py": "print('two')\n"}, "Change the greeting")
    for branch in BRANCHES:
        checkout.git("update-ref", f"refs/remotes/origin/{branch}", branch)
    return checkout.folder


@pytest.fixture
def shop(hub: Hub, loop: Loop, template: Path) -> Checkout:
    """A working copy of `octocat/shop`, whose branches main and `feature` are there as if they had been pushed:
    hundreds of tests begin with it, and a push takes longer than many of them."""
    checkout = Checkout(hub.folder / "shop")
    shutil.copytree(template, checkout.folder)
    with (checkout.folder / ".git/config").open("a") as file:
        fetched = "+refs/heads/*:refs/remotes/origin/*"
        file.write(f'[remote "origin"]\n\turl = {hub.remote("octocat/shop")}\n\tfetch = {fetched}\n')
    repository = hub.server.world.named("octocat", "shop")
    assert repository is not None
    for part in ("objects", *(f"refs/heads/{branch}" for branch in BRANCHES)):
        source, target = template / ".git" / part, repository.git.path / part
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(
            source, target
        )
    loop.run(hub.server.refs_changed(repository, "octocat"))
    return checkout


def begun(hub: Hub, template: Path) -> Checkout:
    """The same by a push, for a hub that is no fixture."""
    checkout = Checkout(hub.folder / "shop")
    shutil.copytree(template, checkout.folder)
    checkout.git("remote", "add", "origin", hub.remote("octocat/shop"))
    checkout.git("push", "--quiet", "origin", *BRANCHES)
    return checkout
