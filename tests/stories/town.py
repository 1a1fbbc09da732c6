"""A sandbox with people in it: what they do, and what they see of what the orchestrators do."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from reviewapps import settings
from reviewapps.demo.onlooker import Onlooker, Page, TooLate, headings, linked, page
from reviewapps.demo.people import Person
from reviewapps.playground import Playground
from reviewapps.sandbox.cloudfoundry.state import App, Route
from reviewapps.sandbox.faults import Fault
from reviewapps.sandbox.github.state import Repository
from reviewapps.sandbox.observed import Call
from reviewapps.sandbox.world import BOT, STRANGER
from tests.stories.beginning import begin
from tests.stories.granting import by_file
from tests.stories.operator import Operator
from tests.stories.orchestrator import Orchestrator
from tests.stories.samples import Files, headline

T = TypeVar("T")

QUICK = {"LOOK_EVERY": "1", "POLL_EVERY": "0.1", "QUIET_EVERY": "0.5"}
"""Even brisker than the playground, so that a story takes a second or two. No brisker: who looks more often than
things happen only takes the processor from those who are waited for."""

BEATS = (0.05, 0.25)
"""Seconds between two beats, as long as nothing is seen: the longer it takes, the less often is looked."""


class Town:
    """``acme/shop`` with a first commit on main; octocat and hubot write to it, a stranger may not."""

    def __init__(self, playground: Playground, log: Path, first: Path) -> None:
        self.playground, self.world = playground, playground.world
        self.home, self.log = playground.home, log
        self.github, self.cf = self.world.github.observed, self.world.cloudfoundry.observed
        self.repository = self.world.repository
        self.octocat, self.stranger = self.person("octocat"), self.person(STRANGER)
        self.operator = Operator(self.world)
        self.onlooker = Onlooker(self.octocat, self.repository, BOT)
        self.orchestrators: list[Orchestrator] = []
        begin(self.world, self._shop, self.octocat, first)
        self.world.github.world.clock.forward(1)  # whoever approves anything does so later

    @cached_property
    def hubot(self) -> Person:
        """Somebody else who writes, once there is need for one."""
        person = self.person("hubot")
        person.clone()
        return person

    def person(self, login: str) -> Person:
        folder = self.home / "people" / login
        return Person(self.world.github.url, self.repository, login, self.world.tokens[login], folder)

    # --- orchestrators ---

    def employ(self, **told: str) -> Orchestrator:
        """One more orchestrator, with these settings on top of the quick ones."""
        environment = self.playground.environment(**{**QUICK, **told})
        self.orchestrators.append(Orchestrator(settings.settings(environment)))
        return self.orchestrators[-1]

    def employ_by_file(self, text: str, **told: str) -> Orchestrator:
        """One more orchestrator, whose operator wrote a ``reviewapps.toml``; its secrets are this town's."""
        self.orchestrators.append(Orchestrator(settings.settings(self.environment_by_file(text, **told))))
        return self.orchestrators[-1]

    def environment_by_file(self, text: str, **told: str) -> dict[str, str]:
        """The process environment of an installation whose operator wrote this ``reviewapps.toml``."""
        file = self.home / f"operator-{crc32(text.encode()):x}.toml"
        file.write_text(text)
        return by_file(file, self.world, self.playground.environment(**{**QUICK, **told}))

    def until(self, what: str, seen: Callable[[], T | None], seconds: float = 60.0) -> T:
        """What is seen at last, while the orchestrators work; TooLate, which names what was missed."""
        began, waited = time.monotonic(), 0.0
        while True:
            self.beat(looks=not waited)
            if found := seen():
                return found
            if (waited := time.monotonic() - began) > seconds:
                raise TooLate(f"{what}: not within {seconds:g} s")
            time.sleep(min(max(BEATS[0], waited / 8), BEATS[1]))

    def beat(self, *, looks: bool = False) -> None:
        """Let all work for a moment; ``looks``: whatever the clock says, as if GitHub had told of something."""
        for orchestrator in self.orchestrators:
            orchestrator.beat(looks=looks)

    def until_idle(self, seconds: float = 60.0) -> None:
        """Return when a new look finds nothing to do, and nothing waits for its turn."""

        def idle() -> bool:
            for orchestrator in self.orchestrators:
                orchestrator.look()
            return all(orchestrator.is_idle for orchestrator in self.orchestrators)

        self.until("nothing left to do", idle, seconds)

    def look_once(self) -> list[Call]:
        """What is asked in one look by somebody who forgot everything, and in the turns that it calls for."""
        before = len(self.calls())
        for orchestrator in self.orchestrators:
            orchestrator.forget()
            orchestrator.look()
            orchestrator.take_turns()
        return self.calls()[before:]

    def look_afresh(self, times: int = 1) -> None:
        """Let everybody forget all they know, look at everything again, and settle what they find."""
        for _ in range(times):
            for orchestrator in self.orchestrators:
                orchestrator.forget()
            self.until_idle()

    # --- what people do ---

    def open(self, branch: str, files: Files | None = None, *, by: Person | None = None) -> int:
        """A pull request with one commit, whose page says the branch's name unless told otherwise."""
        person = by or self.octocat
        person.write(branch, f"Work on {branch}", headline(branch) if files is None else files)
        return person.open(branch, f"Work on {branch}")

    def push(self, branch: str, files: Files, *, by: Person | None = None) -> str:
        """The commit that was pushed."""
        return (by or self.octocat).write(branch, f"More work on {branch}", files)

    def on_main(self, files: Files) -> str:
        """The commit on the default branch that changes these files."""
        return self.push("main", files)

    def branch(self, name: str, commit: str) -> None:
        """A new branch at a commit that is there already."""
        path = f"/repos/{self.repository}/git/refs"
        self.octocat.api("POST", path, {"ref": f"refs/heads/{name}", "sha": commit})

    def force(self, branch: str, commit: str) -> None:
        """A branch moved to a commit, wherever it was."""
        path = f"/repos/{self.repository}/git/refs/heads/{branch}"
        self.octocat.api("PATCH", path, {"sha": commit, "force": True})

    def label(self, number: int, name: str) -> None:
        path = f"/repos/{self.repository}/issues/{number}/labels"
        self.octocat.api("POST", path, {"labels": [name]})

    def unlabel(self, number: int, name: str) -> None:
        self.octocat.api("DELETE", f"/repos/{self.repository}/issues/{number}/labels/{name}")

    def delete_comments(self, number: int) -> None:
        """Every comment on a pull request, whoever wrote it."""
        path = f"/repos/{self.repository}/issues"
        for comment in self.octocat.api("GET", f"{path}/{number}/comments"):
            self.octocat.api("DELETE", f"{path}/comments/{comment['id']}")

    def rewrite(self, number: int, **facts: Any) -> None:
        """Times of a pull request, set from outside of GitHub's API."""
        facts = {"repository": self.repository, "number": number, **facts}
        self.octocat.api("POST", "/_sandbox/pulls", facts)

    def make_private(self) -> None:
        """Only people of the project see the repository from now on."""
        self._shop.private = True

    def rename(self, name: str) -> None:
        """Another name for the repository; the old one leads to it."""
        self.world.github.world.rename(self._shop, name)

    def hook(self, url: str, secret: str) -> None:
        """Everything that happens in the repository is told there, signed, as an administrator set it up."""
        self._shop.roles["octocat"] = "admin"
        config = {"url": url, "content_type": "json", "secret": secret}
        wanted = {"config": config, "events": ["push", "pull_request", "create", "delete"]}
        self.octocat.api("POST", f"/repos/{self.repository}/hooks", wanted)

    def hire_bot(self, login: str) -> Person:
        """A bot that may write to the repository."""
        token = f"ghp_{login}"
        self.world.github.add_user(login, token=token, type="Bot")
        self._shop.roles[login] = "write"
        return Person(self.world.github.url, self.repository, login, token, self.home / "people" / login)

    def lose(self, *numbers: int) -> None:
        """Let GitHub know nothing of these pull requests any more."""
        for number in numbers:
            del self._shop.pull_requests[number]

    def fail(self, method: str, path: str, **how: Any) -> None:
        """Let calls to either side go wrong."""
        for observed in (self.github, self.cf):
            observed.plan(Fault(method=method, path=path, **how))

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.github.faults.clear()
        self.cf.faults.clear()

    # --- what people see ---

    def until_live(self, number: int, commit: str | None = None, seconds: float = 60.0) -> str:
        """The URL in the comment that says the commit (the newest of octocat's clone) is live."""
        short = f"`{(commit or self.head(number))[:7]}`"
        said = self.until_comment(number, "Preview: live at", short, seconds=seconds)
        return linked(said)

    def until_comment(self, number: int, *words: str, seconds: float = 60.0) -> str:
        """The comment, once all these words stand in it."""
        what = f"a comment on #{number} with {' and '.join(words)}"
        try:
            return self.until(what, lambda: self.onlooker.comment(number, *words), seconds)
        except Exception as missed:  # whatever it is: what was said instead helps
            missed.add_note(f"the comments: {self.onlooker.comments(number)}")
            raise

    def heading(self, number: int) -> str:
        """The state that the one comment tells; it fails where there are several."""
        (comment,) = self.onlooker.comments(number)
        return headings(comment)

    def head(self, number: int) -> str:
        """The newest commit of a pull request."""
        path = f"/repos/{self.repository}/pulls/{number}"
        return str(self.octocat.api("GET", path)["head"]["sha"])

    def head_of(self, branch: str) -> str:
        """The newest commit of a branch."""
        path = f"/repos/{self.repository}/branches/{branch}"
        return str(self.octocat.api("GET", path)["commit"]["sha"])

    def page(self, name: str) -> Page:
        """What the app of this host shows."""
        return page(self.url(name))

    def url(self, name: str) -> str:
        foundry = self.world.cloudfoundry
        return f"http://{name}.{foundry.app_domain}:{foundry.app_port}"

    def deployments(self, environment: str = "review") -> list[Any]:
        """GitHub's deployments to an environment, newest first."""
        path = f"/repos/{self.repository}/deployments?per_page=100&environment={environment}"
        return list(self.octocat.api("GET", path))

    def status(self, deployment: Any) -> Any:
        """The newest status of a deployment."""
        path = f"/repos/{self.repository}/deployments/{deployment['id']}/statuses?per_page=1"
        return self.octocat.api("GET", path)[0]

    # --- what stands behind it ---

    @property
    def _shop(self) -> Repository:
        """The repository, as the sandbox keeps it."""
        owner, _, name = self.repository.partition("/")
        found = self.world.github.world.named(owner, name)
        assert found is not None
        return found

    @property
    def apps(self) -> list[str]:
        """The names of all apps, whoever made them."""
        return sorted(app.name for app in self.world.cloudfoundry.world.all(App))

    @property
    def runners(self) -> list[str]:
        """The names of those apps that are for running: all but the builders."""
        apps = self.world.cloudfoundry.world.all(App)
        return sorted(app.name for app in apps if app.labels.get("reviewapps-app") != "build")

    @property
    def hosts(self) -> list[str]:
        """The hosts of all routes, whoever made them."""
        return sorted(route.host for route in self.world.cloudfoundry.world.all(Route))

    @property
    def builds(self) -> int:
        """How often something was staged."""
        return sum(1 for call in self.cf.asked("POST", "^/v3/builds$") if call.status < 300)

    def calls(self, method: str = "", path: str = "") -> list[Call]:
        """What our own account has asked of either side so far, in the order of time."""
        github = [call for call in self.github.asked(method, path) if call.who == BOT]
        return sorted([*github, *self.cf.asked(method, path)], key=lambda call: call.at)


def writes(calls: Iterable[Call]) -> list[str]:
    """Those that change something, as ``METHOD /path``. Asking for a token changes nothing, nor does what we ask
    of GraphQL."""
    return [
        f"{call.method} {call.path}"
        for call in calls
        if call.method != "GET" and not re.search("/oauth/token|git-upload-pack|^/graphql$", call.path)
    ]
