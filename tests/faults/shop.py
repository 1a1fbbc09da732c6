"""A shop whose previews have to survive a bad day: its world, its people, and what is odd about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from redis import Redis

from reviewapps.coordination.due import QUEUES
from reviewapps.demo import onlooker
from reviewapps.demo.onlooker import Onlooker, headings, linked, page
from reviewapps.demo.people import Person
from reviewapps.model import BUILDER
from reviewapps.playground import INSTANCE
from reviewapps.sandbox.addresses import ANY, Ports
from reviewapps.sandbox.cloudfoundry.state import App, AuditEvent, Deployment, Route
from reviewapps.sandbox.github.checks import latest_statuses
from reviewapps.sandbox.github.state import Deployment as GitHubDeployment
from reviewapps.sandbox.github.state import Repository
from reviewapps.sandbox.world import BOT
from tests.faults.channel import Channel
from tests.faults.things import events, odd_things
from tests.forks import ForkedWorkers


@dataclass(frozen=True)
class Preview:
    """A pull request and what its preview should show."""

    number: int
    branch: str
    commit: str
    words: str
    pushes: int = 1

    @property
    def environment(self) -> str:
        return f"pr-{self.number}"


Memory = tuple[tuple[bytes, int, bytes], ...]
"""The keys of a Redis, for how many milliseconds they last (-1: for ever), and what they hold."""

SLACK_PATIENCE = 10.0
SAMPLE = Path(__file__).parent / "sample"


class Shop:
    """A playground with a repository that was just begun, or with all that an earlier one left in ``home``.
    Workers are for the test to start.

    ``settings`` go to every worker, without their prefix; ``lines`` are what Slack was told before. ``until`` is
    how it waits for things to happen, ``ask_for_look`` how it lets an orchestrator look at GitHub now,
    ``is_awaited`` whether somebody gave up a request that is still to be done. ``bot`` writes the comments.
    """

    def __init__(self, home: Path, ports: Ports = ANY, lines: Iterable[str] = (), /, **settings: str) -> None:
        self.channel = Channel(lines)
        told = {"SLACK_WEBHOOK": self.channel.url, **settings}
        self.playground = ForkedWorkers(home, ports=ports, settings=told)
        self.world = self.playground.world
        self.until = onlooker.until
        self.bot = BOT
        self.is_awaited: Callable[[], bool] = lambda: False
        self.ask_for_look: Callable[[], object] = lambda: None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            opening.enter_context(self.channel)
            opening.enter_context(self.playground)
            self.world.github.world.allowance.user = 1_000_000  # many a day is lived in one hour here
            self.redis = opening.enter_context(Redis.from_url(self.playground.redis.url))
            self.octocat = self._person("octocat")
            self.hubot = self._person("hubot")
            if not self.world.begun:
                self.octocat.begin(SAMPLE)
                self.world.github.world.clock.forward(1)  # whoever approves anything does so later
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.playground.kill_workers()  # quicker than to let them put things in order
        self._open.close()

    # --- what people do ---

    def open(self, words: str, into: str = "main", **files: str | None) -> Preview:
        """Open a pull request whose page says ``words``; ``files`` by name, ``__`` for a slash."""
        branch = words.replace(" ", "-")
        commit = self.octocat.write(branch, words, _content(words, files), base=into)
        return Preview(self.octocat.open(branch, words, into=into), branch, commit, words)

    def push(self, preview: Preview, words: str, **files: str | None) -> Preview:
        """Push to it; the preview as it should become."""
        commit = self.octocat.write(preview.branch, words, _content(words, files))
        return replace(preview, commit=commit, words=words, pushes=preview.pushes + 1)

    # --- what happens ---

    def until_live(self, preview: Preview, seconds: float = 40.0) -> str:
        """The URL, once the comment says that it is live at this commit."""
        what = f"a comment on #{preview.number} that says {preview.commit[:7]} is live"
        return linked(self.until(what, lambda: self._said_live(preview), seconds))

    def until_gone(self, preview: Preview, seconds: float = 40.0) -> None:
        """Return when the comment says that it is removed."""
        what = f"a comment on #{preview.number} that says it is removed"
        self.until(what, lambda: self.comment(preview.number, "Preview: removed"), seconds)

    def until_settled(self, seconds: float = 40.0) -> None:
        """Return when two more looks at GitHub have left nothing to do."""
        self.until("an end of all that is under way", lambda: not self.under_way(), seconds)
        self._until_looked(seconds)
        self._until_looked(seconds)
        self.until("an end of all that is due", lambda: not self.due(), seconds)

    def _until_looked(self, seconds: float) -> None:
        before = self.looks()
        self.until("a look", lambda: self.looks() > before, seconds)

    def until_asked(self, method: str, path: str, *, times: int = 1, seconds: float = 30.0) -> None:
        """Return when Cloud Foundry or GitHub has answered such a request."""

        def asked() -> bool:
            servers = (self.world.cloudfoundry.observed, self.world.github.observed)
            return sum(1 for server in servers for _ in server.asked(method, path)) >= times

        self.until(f"{method} {path}", asked, seconds)

    def under_way(self) -> bool:
        """Whether a request that was given up is still to be done, or a deployment has not ended."""
        return self.is_awaited() or any(one.value != "FINALIZED" for one in self._rows(Deployment))

    def looks(self) -> int:
        """How often the orchestrator looked for new pull requests."""
        return sum(1 for _ in self.world.github.observed.asked("GET", r"/repositories/\d+/branches/main"))

    def due(self) -> list[bytes]:
        """The environments that somebody is to look at."""
        return [name for queue in QUEUES for name in self._due(queue)]

    def memory(self) -> Memory:
        """All that Redis holds, but for who was at work."""
        keys: Any = self.redis.keys("*")
        told: Any = [
            (key, self.redis.pttl(key), self.redis.dump(key)) for key in keys if b":lease:" not in key
        ]
        return tuple(one for one in told if one[2] is not None)

    def remember(self, memory: Memory) -> None:
        """Let Redis hold that again."""
        for key, lasts, value in memory:
            self.redis.restore(key, max(lasts, 0), value)

    def _due(self, queue: str) -> list[bytes]:
        found: Any = self.redis.zrange(f"reviewapps:{INSTANCE}:due:{queue}", 0, -1)
        return list(found)

    def _said_live(self, preview: Preview) -> str | None:
        comment = self.comment(preview.number, preview.commit[:7])
        return comment if comment is not None and "live at" in headings(comment) else None

    @property
    def onlooker(self) -> Onlooker:
        """Who reads what the bot wrote."""
        return Onlooker(self.octocat, self.world.repository, self.bot)

    # --- what is odd about it ---

    def oddities(self, preview: Preview, *, builds: int | None = None, told: int = 1) -> list[str]:
        """All that is not as it should be of a preview that is live; so many builds were to be enough, and so
        often was Slack to hear of this commit."""
        return [
            *self._odd_comments(preview, f"live at {self.url(preview.environment)}"),
            *self.oddities_of_platform(preview, builds=preview.pushes if builds is None else builds),
            *self._odd_deployments(preview, live=True),
            *self.odd_channel(told, f"#{preview.number}>:", "live at", preview.commit[:7]),
        ]

    def oddities_of_platform(self, preview: Preview, *, builds: int) -> list[str]:
        """All that is not as it should be of what runs, whatever people were told."""
        return [
            *self._odd_page(preview),
            *odd_things(self.world, preview.environment),
            *self._odd_builds(preview, builds),
        ]

    def leftovers(self, preview: Preview, *, kept: bool = False) -> list[str]:
        """All that is not as it should be of a preview that is gone; but for its build, where that is ``kept``."""
        resting = {one.name for one in self._rows(App) if one.state == "STOPPED"} if kept else set[str]()
        seen = page(self.url(preview.environment))
        return [
            *self._odd_comments(preview, "Preview: removed"),
            *(
                f"left over: {thing}"
                for thing in self.world.labelled(preview.environment)
                if not (kept and is_of_a_build(thing, resting))
            ),
            *([] if seen.unrouted else [f"its address still answers {seen.status}"]),
            *self._odd_deployments(preview, live=False),
            *self.odd_channel(1, f"#{preview.number}>:", "removed"),
        ]

    def builds(self, name: str) -> int:
        """How many builds of the app ``name``, or for it by its builder, were ever begun."""
        return sum(events(self.world, "audit.app.build.create", app) for app in (name, f"{name}-{BUILDER}"))

    def url(self, environment: str) -> str:
        """Where an environment is to be found."""
        cloudfoundry = self.world.cloudfoundry
        return f"http://shop-{environment}.{cloudfoundry.app_domain}:{cloudfoundry.app_port}"

    def page_of(self, environment: str) -> str:
        """What the page of an environment says."""
        return page(self.url(environment)).headline

    def comments(self, number: int) -> list[str]:
        """The bot's comments on a pull request, as GitHub has them."""
        found = self._repository().comments.values()
        return [one.body for one in found if one.pull_request.number == number and one.user.login == self.bot]

    def comment(self, number: int, *words: str) -> str | None:
        """The bot's comment, if all these words stand in it."""
        return next((one for one in self.comments(number) if all(word in one for word in words)), None)

    def deployment_states(self, environment: str) -> list[str]:
        """What GitHub was last told of each of its deployments, oldest first."""
        return [d.statuses[-1].state if d.statuses else "" for d in self._deployments(environment)]

    def checks(self, environment: str) -> list[str]:
        """What the commit of its newest deployment says of it: the newest status of each context."""
        newest = self._deployments(environment)[-1:]
        return [f"{s.context} {s.state}" for d in newest for s in latest_statuses(self._repository(), d.sha)]

    def apps(self) -> list[str]:
        """The names of all apps there are."""
        return sorted(app.name for app in self._rows(App))

    def runners(self) -> list[str]:
        """The names of those that are for running: all but the builders."""
        return sorted(app.name for app in self._rows(App) if app.labels.get("reviewapps-app") != BUILDER)

    def all_builds(self) -> int:
        """How many builds were ever begun."""
        return sum(1 for event in self._rows(AuditEvent) if event.type == "audit.app.build.create")

    def hosts(self) -> list[str]:
        """The hosts of all routes there are."""
        return sorted(route.host for route in self._rows(Route))

    def _odd_comments(self, preview: Preview, words: str) -> Iterator[str]:
        comments = self.comments(preview.number)
        if len(comments) != 1:
            yield f"{len(comments)} comments on #{preview.number}"
        if not any(words in headings(comment) for comment in comments):
            yield f"no comment says {words!r}: {[headings(c) for c in comments]}"

    def _odd_page(self, preview: Preview) -> Iterator[str]:
        seen = page(self.url(preview.environment))
        if seen.headline != preview.words:
            yield f"its page says {seen.headline!r} ({seen.status}) and not {preview.words!r}"

    def _odd_builds(self, preview: Preview, most: int) -> Iterator[str]:
        builds = self.builds(self._name(preview))
        if builds > most:
            yield f"{builds} builds where {most} would do"

    def _odd_deployments(self, preview: Preview, *, live: bool) -> Iterator[str]:
        commits = [deployment.sha for deployment in self._deployments(preview.environment)]
        if len(commits) != len(set(commits)):
            yield f"GitHub has several deployments of one commit: {[c[:7] for c in commits]}"
        states = dict(zip(commits, self.deployment_states(preview.environment), strict=True))
        good = {sha: "success" if live and sha == preview.commit else "inactive" for sha in states}
        if states != good or (live and preview.commit not in states):
            yield f"GitHub's deployments are { {sha[:7]: state for sha, state in states.items()} }"

    def odd_channel(self, times: int, *words: str) -> Iterator[str]:
        """What is odd if Slack should have heard so often of all these words in one line."""
        with contextlib.suppress(onlooker.TooLate):  # nobody waits for Slack, so it may come later
            self.until("Slack's lines", lambda: len(self.channel.said(*words)) >= times, SLACK_PATIENCE)
        if len(said := self.channel.said(*words)) != times:
            yield f"Slack was told {len(said)} times of {' '.join(words)}, and not {times}"

    def _deployments(self, environment: str) -> list[GitHubDeployment]:
        return [d for d in self._repository().deployments.values() if d.task == f"deploy:{environment}"]

    def _repository(self) -> Repository:
        found = self.world.github.world.named(*self.world.repository.split("/"))
        assert found is not None
        return found

    def _rows(self, kind: type[Any]) -> list[Any]:
        return list(self.world.cloudfoundry.world.all(kind))

    def _name(self, preview: Preview) -> str:
        return f"shop-{preview.environment}"

    def _person(self, login: str) -> Person:
        folder = self.playground.home / "people" / login
        return Person(self.world.github.url, self.world.repository, login, self.world.tokens[login], folder)


def _content(words: str, files: Mapping[str, str | None]) -> dict[str, str | None]:
    return {"headline.txt": words + "\n", **{name.replace("__", "/"): text for name, text in files.items()}}


def is_of_a_build(thing: str, resting: Container[str]) -> bool:
    """Whether it is a build, or what a build is made of and kept with: an app that is stopped."""
    kind, _, name = thing.partition(" ")
    return kind in ("package", "build", "droplet") or (kind == "app" and name in resting)
