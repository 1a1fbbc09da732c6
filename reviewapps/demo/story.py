"""The nine steps: what people do, what they see, and what must be so afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reviewapps.demo.ledger import Cost, Meter
from reviewapps.demo.narrator import Narrator
from reviewapps.demo.onlooker import Onlooker, Visitors, headings, linked, page, shown, until
from reviewapps.demo.operator import PASSWORD
from reviewapps.demo.people import Person
from reviewapps.errors import ReviewAppsError
from reviewapps.naming import slug
from reviewapps.playground import Playground
from reviewapps.sandbox.world import BOT, STRANGER

SAMPLE = Path(__file__).parent.parent / "sandbox" / "samples" / "shop"

BROKEN_HOOK = "#!/bin/sh\necho 'Error: the stylesheet ends in the middle of a rule' >&2\nexit 14\n"
SLOW_HOOK = "#!/bin/sh\necho 'pressing flowers'\nsleep 2\n"


def _is_open(url: str) -> bool:
    seen = page(url, password=PASSWORD)
    return seen.status < 500 and not seen.unrouted


class Wrong(ReviewAppsError):
    """Something was not as it should be."""


def require(holds: object, what: str) -> None:
    """Raise Wrong unless it holds."""
    if not holds:
        raise Wrong(what)


class Story:
    """Tells the story in a playground whose worker runs. ``source`` is the user's own repository, if any:
    then commits are known by their id and not by what their page says."""

    def __init__(self, playground: Playground, narrator: Narrator, source: Path | None) -> None:
        self.playground, self.world, self.say = playground, playground.world, narrator
        self.own = source is not None
        self.source = source or SAMPLE
        self.repository = self.world.repository
        self.octocat, self.hubot = self._person("octocat"), self._person("hubot")
        self.onlooker = Onlooker(self.octocat, self.repository, BOT)
        self.costs: dict[str, Cost] = {}
        self.urls: dict[int, str] = {}

    def tell(self) -> None:
        """All nine steps; the first that is not as it should be raises."""
        self._begin()
        self._open()
        self._push()
        self._cannot_be_built()
        self._from_a_fork()
        self._tag()
        self._killed()
        self._staging()
        self._merge()
        self._approve()
        self._quiet()

    # --- the steps ---

    def _begin(self) -> None:
        self.octocat.begin(self.source)
        self.hubot.clone()

    def _open(self) -> None:
        with self._step(1, 'octocat opens #1 "Blue header"', "open -> page answers"):
            commit = self.octocat.write("blue", "Blue header", self._headline("blue header"))
            number = self.octocat.open("blue", "Blue header")
            self._live(number, commit)
            self._page_says(number, "blue header")

    def _push(self) -> None:
        with self._step(2, 'octocat pushes "Green header"', "push -> new page"):
            with Visitors(self.urls[1], PASSWORD) as visitors:
                commit = self.octocat.write("blue", "Green header", self._headline("green header"))
                self._live(1, commit)
                self._page_says(1, "green header", again=True)
            self.say.detail(f"{visitors.asked} requests meanwhile, {len(visitors.failed)} failed")
            require(not visitors.failed, f"requests failed during the switch: {visitors.failed[:5]}")

    def _cannot_be_built(self) -> None:
        with self._step(3, "hubot opens #2, which cannot be built"):
            self.hubot.write("broken", "Half a stylesheet", self._broken())
            number = self.hubot.open("broken", "Half a stylesheet")
            self._comment(number, "Preview: build failed")

    def _from_a_fork(self) -> None:
        with self._step(4, "a stranger opens #3 from a fork"):
            before = len(self.world.cloudfoundry.observed.calls)
            fork = self._person(STRANGER).fork()
            fork.write("gift", "A gift", self._headline("a gift"))
            number = fork.open("gift", "A gift", base=self.repository)
            self._comment(number, "fork")
            calls = self.world.cloudfoundry.observed.calls[before:]
            made = [c for c in calls if c.method != "GET" and c.path.startswith("/v3")]
            require(not made, f"something was made in Cloud Foundry for a fork: {made[:3]}")
            self.say.detail("Nothing was fetched, built or run")

    def _tag(self) -> None:
        with self._step(5, "hubot pushes the tag dev-1", "tag -> dev answers"):
            self.hubot.tag("dev-1", commit := self.octocat.head())
            self._arrives("dev", commit)

    def _killed(self) -> None:
        with self._step(6, "the worker is killed while #4 builds, and started again"):
            commit = self.hubot.write("slow", "Pressed flowers", self._slow())
            builds = self._builds()
            number = self.hubot.open("slow", "Pressed flowers")
            until("a build of #4", lambda: self._builds() > builds)
            self.playground.kill_workers()
            self.playground.start_worker()
            self._live(number, commit)
            require(len(self.onlooker.comments(number)) == 1, "there is more than one comment")
            require(self._builds() == builds + 1, "the same was built twice")
            self.say.detail("one build, one comment, nothing left over")

    def _staging(self) -> None:
        first = self.octocat.head_of("main")
        self.octocat.branch("staging", first)
        with self._step(7, "octocat merges the same commits into staging, as #5", "merge -> staging"):
            self._arrives("staging", first, quietly=True)
            number = self.octocat.open("blue", "Green header, for staging", into="staging")
            self.octocat.merge(number)
            self._arrives("staging", self.octocat.head_of("staging"))

    def _merge(self) -> None:
        with self._step(8, "octocat merges #1 into main, and nobody approved it", "merge -> gone"):
            url = self.urls[1]
            self.octocat.merge(1)
            self._comment(
                1,
                "Preview: removed",
                "build is kept for **production**",
                "**production** waits for: 1 approval",
            )
            self.say.detail("production waits for: 1 approval")
            seen = page(url)
            require(seen.status == 404 and seen.unrouted, f"{url} still answers {seen.status}")
            routes = [one for one in self._left_of("pr-1") if one.startswith("route")]
            require(not routes, f"left over: {', '.join(routes)}")
            until("deployments of #1 that are inactive", lambda: self._successes() == 1)  # #4 is still up
            self.say.detail("address 404; stopped, its build is kept for production")

    def _approve(self) -> None:
        with self._step(9, "hubot approves #1", "approval -> production"):
            self.hubot.approve(1)
            self._arrives("production", self.octocat.head_of("main"))
            told = "On **production** since"
            until("a comment on #1", lambda: self.onlooker.comment(1, "Preview: removed", told))
            until("an end of all that #1 had", lambda: not self._left_of("pr-1"))
            self.say.detail("#1 says so; its app, route, package are gone")

    def _quiet(self) -> None:
        """Ten seconds in which nobody does anything."""
        self.say.line("\nNow ten seconds in which nobody does anything.")
        self.say.waiting("ten quiet seconds")
        time.sleep(2)
        meter = Meter(self.world)
        time.sleep(10)
        self.costs["ten quiet seconds"] = meter.cost()

    # --- what people see ---

    def _live(self, number: int, commit: str) -> None:
        comment = until(
            f"a comment on #{number} that says {commit[:7]} is live",
            lambda: self._ended(number, commit[:7]),
        )
        require("live at" in headings(comment), f"#{number} is told:\n\n{shown(comment)}")
        self.urls[number] = linked(comment)
        self.say.detail(f"comment: {headings(comment)}")

    def _ended(self, number: int, commit: str) -> str | None:
        """The comment, once it tells how it went with this commit."""
        comment = self.onlooker.comment(number, commit)
        on_the_way = comment is None or any(word in headings(comment) for word in ("building", "queued"))
        return None if on_the_way or f"`{commit}`" not in str(comment) else comment

    def _comment(self, number: int, *words: str) -> None:
        comment = until(f"a comment on #{number}: {words[0]}", lambda: self.onlooker.comment(number, *words))
        self.say.detail(f"comment: {headings(comment)}")

    def _page_says(self, number: int, words: str, *, again: bool = False) -> None:
        url = self.urls[number]
        seen = page(url, password=PASSWORD)
        require(not seen.unrouted, f"{url} does not answer, though the comment says so")
        if not again:
            stranger = page(url)
            require(stranger.status == 401, f"{url} shows itself to strangers: {stranger.status}")
            self.say.detail("GET / asks for the team's password")
        if self.own:
            self.say.detail(f"GET / answers {seen.status}")
            return
        require(seen.headline == words, f"{url} says {seen.headline!r} and not {words!r}")
        self.say.detail(f'the same address says "{words}"' if again else f'GET / says "{words}"')

    def _successes(self) -> int:
        return self.onlooker.deployment_states("review").count("success")

    def _arrives(self, environment: str, commit: str, *, quietly: bool = False) -> None:
        """Wait until a shared environment shows this commit, with the build that the first pull request had."""
        url, builds = self._url_of(environment), self._builds()
        state, about = until(f"{commit[:7]} on {environment}", lambda: self._deployed(environment, commit))
        require(
            state == "success",
            f"{environment} was refused: {about}; are its services named in .reviewapps.yml?",
        )
        until(f"the app of {environment} answers", lambda: _is_open(url))
        if quietly:
            return
        says = page(url, password=PASSWORD).headline
        require(self.own or says == "green header", f"the app of {environment} says {says!r}")
        self.say.detail(f"{url} answers" if self.own else f'{url} says "{says}"')
        same = re.search(r"same build as [\w-]+", about)
        require(same and self._builds() == builds, f"{environment} was built again: {about}")
        self.say.detail(same[0] if same else "")

    def _deployed(self, environment: str, commit: str) -> tuple[str, str] | None:
        """How the deployment of this commit ended, and what was said of it, once it did."""
        newest = self.onlooker.deployment(environment, commit)
        return newest if newest is not None and newest[0] in ("success", "failure", "error") else None

    def _url_of(self, environment: str) -> str:
        told, name = self.world.described(), slug(self.repository.partition("/")[2])
        return f"http://{name}-{environment}.{told['app_domain']}:{told['app_port']}"

    # --- what stands behind it ---

    def _builds(self) -> int:
        return sum(
            1 for call in self.world.cloudfoundry.observed.asked("POST", "^/v3/builds$") if call.status < 300
        )

    def _left_of(self, environment: str) -> list[str]:
        """What Cloud Foundry still has that bears this environment's label."""
        return self.world.labelled(environment)

    def _person(self, login: str) -> Person:
        folder = self.playground.home / "people" / login
        return Person(self.world.github.url, self.repository, login, self.world.tokens[login], folder)

    def _headline(self, words: str) -> Mapping[str, str | None]:
        return {"headline.txt" if not self.own else "reviewapps-demo.txt": words + "\n"}

    def _slow(self) -> Mapping[str, str | None]:
        return self._headline("pressed flowers") if self.own else {"bin/pre_compile": SLOW_HOOK}

    def _broken(self) -> Mapping[str, str | None]:
        if not self.own:
            return {"bin/pre_compile": BROKEN_HOOK}
        manifest = "applications:\n- name: broken\n  memory: 64M\n  buildpacks: [nodejs_buildpack]\n"
        return {"manifest.yml": manifest, "package.json": "{ half a package\n"}

    @contextmanager
    def _step(self, number: int, title: str, row: str | None = None) -> Iterator[None]:
        meter = Meter(self.world)
        self.say.step(number, title)
        yield
        cost = meter.cost()
        self.say.done(cost.seconds)
        if row is not None:
            self.costs[row] = cost
