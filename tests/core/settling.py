"""A repository on an imagined GitHub, and the loop that brings its environments on an imagined Cloud Foundry
to where they should be: look, judge, plan, carry out, as ``reconcile`` does, without telling anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from reviewapps import steps
from reviewapps.desired import (
    Absent,
    Desired,
    Destroyed,
    Fork,
    Known,
    Line,
    Room,
    Run,
    Verdict,
    Waiter,
    desired,
)
from reviewapps.errors import BadRules, NameTaken, Unavailable
from reviewapps.grants import Grant
from reviewapps.model import (
    ADOPTED,
    Actual,
    App,
    Attempt,
    Blueprint,
    Command,
    Environment,
    Health,
    Holdings,
    PullRequest,
    Refusal,
    Repository,
    Service,
    Tag,
    Tagging,
    Wanted,
)
from reviewapps.naming import names, record_name
from reviewapps.plan import (
    Note,
    Terms,
    as_noted,
    attention,
    fingerprint,
    gone_on,
    lasting,
    may_go_before,
    next_farewell,
    next_removal,
    next_rest,
    next_step,
    restored,
    together,
    with_what_is_left,
)
from reviewapps.rules import Rules
from reviewapps.steps import Done, Wait
from tests.core.imagined import DOMAIN, CloudFoundry

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHOP = Repository(7, "acme/shop", "main", False, "f" * 40)
DEADLINE = timedelta(minutes=5)

SIZE = 256
"""MB of an app, and of a build."""

STEPS_IN_A_TURN = 60
ROUNDS = 400
"""Looks until everything has to be settled: far more than three builds, their pauses and a deadline take."""

LOOKING = steps.Look | steps.ReadSource | steps.Reach


def sha(number: int) -> str:
    return f"{number:040x}"


def pull_request(number: int, commit: str | None = None, **more: object) -> PullRequest:
    """An open pull request from this repository, made yesterday."""
    plain = PullRequest(
        number=number,
        commit=commit or sha(number),
        branch=f"branch-{number}",
        base="main",
        open=True,
        draft=False,
        fork=False,
        bot=False,
        author="ada",
        labels=frozenset(),
        created_at=NOW - DAY,
        updated_at=NOW - DAY,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


@dataclass
class GitHub:
    """One ``repository``. ``trees`` are the trees of commits that do not have one of their own, ``needs`` the MB
    of those that do not take what is usual."""

    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    unlisted: set[int] = field(default_factory=set)
    tags: set[Tag] = field(default_factory=set)
    committed: dict[str, datetime] = field(default_factory=dict)
    taggings: dict[Tag, Tagging | None] = field(default_factory=dict)
    trees: dict[str, str] = field(default_factory=dict)
    rules: Rules | BadRules = field(default_factory=Rules)
    needs: dict[str, int] = field(default_factory=dict)
    repository: Repository = SHOP

    def look(self) -> Wanted:
        listed = tuple(pr for pr in self.pull_requests.values() if pr.number not in self.unlisted)
        return Wanted(self.repository, listed, tuple(self.tags), None)

    def tree(self, commit: str) -> str:
        return self.trees.get(commit, f"tree-of-{commit}")


def farewell(
    verdict: Absent | Fork | Destroyed,
    actual: Actual,
    teardown: Command | None,
    terms: Terms,
    repository: Repository = SHOP,
) -> steps.Next:
    """The next step of a removal, as ``reconcile`` would have it."""
    if isinstance(verdict, Absent) and verdict.kept_for:
        return next_rest(actual, teardown, terms)
    if not isinstance(verdict, Destroyed):
        return next_removal(actual, teardown, terms)
    before = next(app.attempt for app in actual.apps if app.destroyed_at(verdict.commit))
    assert before is not None
    name = record_name("acme", repository, actual.environment)
    return next_farewell(actual, steps.CreateApp((name,), before), teardown, terms)


def destroy(world: Settling, number: int) -> None:
    """What ``reviewapps destroy`` writes down: on the app, or on a record where there is none."""
    environment, pr = Environment(SHOP.id, f"pr-{number}"), world.github.pull_requests[number]
    actual = world.cf.look().actual(environment)
    refusal = Refusal("destroyed", "removed by hand", world.cf.now)
    if actual.app is None:
        mark = Attempt("0.0", pr.commit, "", world.cf.now, refusal=refusal)
        step: steps.Step = steps.CreateApp((record_name("acme", SHOP, environment),), mark)
    else:
        attempt = actual.app.attempt or Attempt("0.0", pr.commit, "", world.cf.now)
        step = steps.Begin(replace(attempt, commit=pr.commit, refusal=refusal))
    world.cf.carry_out(step, actual)


class Killed(Exception):
    """The worker is gone, and with it all that it knew."""


class Settling:
    """``kills`` are the changes after which the worker is killed, counted from 0; ``allowance`` is the memory for
    all of ours, MB."""

    def __init__(
        self, github: GitHub, cf: CloudFoundry, grant: Grant | None = None, allowance: int | None = None
    ) -> None:
        self.github, self.cf, self.grant = github, cf, grant or Grant()
        self.services: tuple[Service, ...] = ()
        self.without_services: set[str] = set()
        self.commands: dict[str, Command] = {}
        self.kills: frozenset[int] = frozenset()
        self.taken: list[steps.Step] = []
        self.told: dict[Environment, str] = {}
        self.kept: dict[Environment, Actual] = {}
        self.allowance = allowance
        self.line: tuple[Waiter, ...] = ()
        self.lines: tuple[Line, ...] = ()

    def keep_data(self) -> None:
        """Let there be databases of their own, and commands for all that there are commands for."""
        self.services = (Service("shop-db", "database"),)
        self.commands = {kind: Command(kind) for kind in ("release", "setup", "teardown")}

    def judged(self) -> Desired:
        """The final verdicts, after GitHub was asked all that they ask for."""
        known = Known()
        while True:
            found = desired(
                self.github.look(), self.github.rules, self.grant, self.cf.look(), known, self.cf.now
            )
            if not found.asks:
                return found
            known = self._answered(known, found)

    def attention(self) -> dict[Environment, bool]:
        return self._attention(self.judged())

    def _attention(self, found: Desired) -> dict[Environment, bool]:
        return attention(found, self.cf.look(), self.github.repository.id, self.told)

    def until_settled(self) -> int:
        """Settle all that wants attention until nothing does; the rounds that it took."""
        for rounds in range(ROUNDS):
            found = self.judged()
            wanting = self._attention(found)
            if not wanting:
                return rounds
            for nth, environment in enumerate(wanting):
                self.turn(environment, found if nth == 0 else None)  # the next one finds another world
            self.cf.pass_time()
        raise AssertionError(f"not settled after {ROUNDS} looks: {self.attention()}, last {self.taken[-12:]}")

    def turn(self, environment: Environment, found: Desired | None = None) -> None:
        """One settle of one environment, as far as it goes now; a killed or unanswered one just ends. ``found`` is
        what was judged of this very world, where it was."""
        verdict = (found or self.judged()).of(environment)
        kept = self.kept.pop(environment, None)
        try:
            actual = self._settle(environment, verdict, kept)
        except (Killed, Unavailable):
            return
        if actual is not None:
            self.told[environment] = fingerprint(verdict, actual)

    def replanned(self) -> dict[Environment, steps.Next]:
        """What a plan that knows nothing would do next, once all looks are answered, for each environment."""
        verdicts = self.judged().verdicts
        return {e: self._next_from_scratch(e, verdict) for e, verdict in verdicts.items()}

    def next_of(
        self,
        environment: Environment,
        run: Run,
        actual: Actual,
        plan: Blueprint | None,
        there: Holdings | None = None,
    ) -> steps.Next:
        return next_step(run, actual, plan, self._terms(environment, there))

    def _there(self, environment: Environment) -> Holdings:
        return self.cf.look().holdings(environment, self.grant.beside(environment.kind))

    def _terms(self, environment: Environment, there: Holdings | None = None) -> Terms:
        return Terms(
            names("acme", self.github.repository, environment),
            DOMAIN,
            f"{self.cf.requests:x}.1",
            self.cf.now,
            deadline=DEADLINE,
            sources=self.grant.sources.get(environment.kind, ()),
            builds=environment.kind not in self.grant.copies_only,
            signs=self.grant.signs,
            there=there or self._there(environment),
        )

    def _next_from_scratch(self, environment: Environment, verdict: Verdict) -> steps.Next:
        actual = self.cf.look().actual(environment)
        if isinstance(verdict, Absent | Fork | Destroyed):
            actual = replace(actual, services=tuple(self.cf.services.get(environment, ())))
            return farewell(verdict, actual, None, self._terms(environment), self.github.repository)
        if not isinstance(verdict, Run):
            return Done()
        step = self.next_of(environment, verdict, actual, None)
        while isinstance(step, steps.Look):
            actual = self.cf.carry_out(step, actual)
            step = self.next_of(environment, verdict, actual, None)
        return step

    def _settle(self, environment: Environment, verdict: Verdict, kept: Actual | None) -> Actual | None:
        """What is there in the end; None where something is waited for, of which what lasts is ``kept``."""
        actual = self.cf.look().actual(environment)
        if isinstance(verdict, Absent | Fork | Destroyed):
            teardown = self.commands.get("teardown")
            while not isinstance(step := self._farewell(verdict, actual, teardown), Done):
                assert not environment.shared
                if isinstance(step, Wait):
                    return None
                actual = self._carry_out(step, actual)
        elif isinstance(verdict, Run):
            return self._run(
                environment, verdict, (gone_on(kept, actual) if kept is not None else None) or actual
            )
        return actual

    def _farewell(
        self, verdict: Absent | Fork | Destroyed, actual: Actual, teardown: Command | None
    ) -> steps.Next:
        return farewell(verdict, actual, teardown, self._terms(actual.environment), self.github.repository)

    def _run(self, environment: Environment, run: Run, actual: Actual) -> Actual | None:
        plan: Blueprint | None = None
        held: Note | None = None
        before, there = actual, self._there(environment)
        if actual.app is None and self._is_readable(run.commit):
            terms = self._terms(environment)
            plan = self._read(steps.ReadSource(run.commit, f"{terms.names[0]}.{terms.domain}"))
        for _ in range(STEPS_IN_A_TURN):
            step = self.next_of(environment, run, actual, plan, there)
            if held is not None and not isinstance(step, Note) and not self._only_looks(step):
                assert before.app is not None
                actual, held = self._carry_out(held, actual.with_app(before.app)), None
            match step:
                case steps.Begin() | steps.Remember():
                    before = actual if held is None else before
                    held, actual = together(held, step), as_noted(actual, step)
                case Done():
                    return actual
                case Wait():
                    self.kept[environment] = lasting(actual)
                    return None
                case steps.ReadSource(commit) if self._is_readable(commit):
                    plan = self._read(step)
                case steps.ReadSource():
                    refusal = Refusal("manifest", "it cannot be read", self.cf.now)
                    actual = self._refuse(refusal, actual, plan)
                case steps.Refuse(refusal):
                    actual = self._refuse(refusal, actual, plan)
                case _:
                    try:
                        actual = self._carry_out(step, actual)
                    except NameTaken:
                        return actual
        raise AssertionError(f"{environment.key} goes round in circles: {self.taken[-6:]}")

    def _only_looks(self, step: steps.Next) -> bool:
        reads = isinstance(step, steps.ReadSource) and self._is_readable(step.commit)
        return reads or may_go_before(step)

    def _read(self, step: steps.ReadSource) -> Blueprint:
        plain = blueprint(step.commit, step.host, self.github.tree(step.commit))
        release, setup = self.commands.get("release"), self.commands.get("setup")
        rules_at = step.rules_at or self.github.repository.head
        plain = replace(plain, memory_mb=self.github.needs.get(step.commit, SIZE))
        services = () if step.commit in self.without_services else self.services
        return replace(plain, services=services, release=release, setup=setup, rules_at=rules_at)

    def _refuse(self, refusal: Refusal, actual: Actual, plan: Blueprint | None) -> Actual:
        while (step := restored(refusal, actual, plan)) is not None:
            if isinstance(step, steps.ReadSource):
                plan = self._read(step)
            else:
                actual = self._carry_out(step, actual)
        return self._carry_out(steps.Refuse(with_what_is_left(refusal, actual)), actual)

    def _is_readable(self, commit: str) -> bool:
        return self.cf.fates.get(self.github.tree(commit)) != "unread"

    def _carry_out(self, step: steps.Next, actual: Actual) -> Actual:
        assert not isinstance(step, steps.ReadSource | Wait | Done)
        assert not isinstance(step, steps.DeleteApp | steps.DeleteRoute) or not actual.environment.shared
        if isinstance(step, LOOKING):
            return self.cf.carry_out(step, actual)
        self.taken.append(step)
        after = self.cf.carry_out(step, actual)
        if len(self.taken) - 1 in self.kills:
            raise Killed
        return after

    def _answered(self, known: Known, found: Desired) -> Known:
        needs = {pr.commit: self.github.needs.get(pr.commit, SIZE) for pr in found.asks.needs}
        committed = {c: self.github.committed.get(c, NOW - DAY) for c in found.asks.commits}
        taggings = {t: self.github.taggings[t] for t in found.asks.tags}
        asked = {n: self.github.pull_requests.get(n) for n in found.asks.pull_requests}
        visits = {e: self._visited(e) for e in found.asks.visits}
        rules_at = dict.fromkeys(found.asks.rules_at, self.github.rules)
        room = self.room() if found.asks.room else None
        return known.with_answers(Known(committed, taggings, asked, visits, rules_at, needs=needs, room=room))

    def _visited(self, environment: Environment) -> datetime | None:
        mine = (r for r in self.cf.routes.values() if r.environment == environment)
        return next((self.cf.visited[r.address] for r in mine if r.address in self.cf.visited), None)

    def room(self) -> Room:
        """What there is for previews; what runs is sized as its commit wishes."""
        sizes = {guid: self.github.needs.get(one.commit or "", SIZE) for guid, one in self.cf.running.items()}
        kinds = frozenset({"review", "dev"})
        return Room(self.allowance, self.allowance or 0, sizes, kinds, SIZE, self.line, self.lines)


def blueprint(commit: str, host: str, tree: str) -> Blueprint:
    env = {"REVIEWAPPS_URL": f"https://{host}"}
    return Blueprint(commit, host, "app", "", tree, tree, None, None, None, Health(), (), None, env)


def is_as_it_should_be(settling: Settling) -> Mapping[Environment, str]:
    """For each environment that is not, in words, what is wrong with it."""
    wrong: dict[Environment, str] = {}
    for environment, verdict in settling.judged().verdicts.items():
        complaint = _complaint(settling, environment, verdict)
        if complaint:
            wrong[environment] = complaint
    return wrong


def _complaint(settling: Settling, environment: Environment, verdict: Verdict) -> str:
    cf = settling.cf
    actual = cf.look().actual(environment)
    if isinstance(verdict, Absent) and verdict.kept_for:
        resting = not actual.routes and all(not app.started for app in actual.apps)
        return "" if resting else "more is left than its build"
    if isinstance(verdict, Absent | Fork):
        undeleted = cf.services.get(environment) or f"db-of-{environment.key}" in cf.databases
        return "" if actual.empty and not undeleted else "something is left"
    if isinstance(verdict, Destroyed):
        records = [a for a in actual.apps if a.is_record and a.destroyed_at(verdict.commit)]
        left = len(actual.apps) + len(actual.routes) - 1
        return "" if len(records) == 1 and not left else "more is there than a record"
    if not isinstance(verdict, Run):
        return ""
    if actual.app is None or len([app for app in actual.apps if not app.is_builder]) != 1:
        return f"{len(actual.apps)} apps"
    app, process = actual.app, cf.running.get(actual.app.guid)
    if app.guid in cf.rolling:
        return "a deployment is still active"
    if app.refusal_of(verdict.commit, verdict.config) is None:
        if (app.commit, app.config) != (verdict.commit, verdict.config):
            return "the labels do not say that it runs"
        if cf.serving(environment) != process:
            return "the address leads elsewhere"
    if app.commit is None:
        return "" if process is None else "something runs that nobody was told of"
    if process is None or cf.made_of[process.droplet] != settling.github.tree(app.commit):
        return f"labelled {app.commit}, but {process} runs"
    if process.droplet != app.droplet:
        return "the current droplet is not the one that runs"
    if complaint := _complaint_of_data(settling, environment, app.commit):
        return complaint
    return "" if is_configured_for_itself(settling, app) else "it would start with the variables of another"


def _complaint_of_data(settling: Settling, environment: Environment, commit: str) -> str:
    """What is wrong with the database of a preview whose ``commit`` serves."""
    if commit in settling.without_services or environment.shared:
        return ""
    if all(service.kind != "database" for service in settling.services):
        return ""
    ran = settling.cf.ran_on.get(f"db-of-{environment.key}")
    if ran is None:
        return "it has no database"
    kinds = [kind for kind, _ in ran]
    if "teardown" in kinds:
        return "it stands on data that was torn down"
    if "setup" in settling.commands and kinds.count("setup") != 1:
        return f"its data was set up {kinds.count('setup')} times"
    if "release" in settling.commands and ("release", commit) not in ran:
        return "its release did not run on its data"
    return ""


def is_configured_for_itself(settling: Settling, app: App) -> bool:
    """Whether what serves would also start again with its own variables; of what was adopted nobody knows."""
    found = settling.cf.configured.get(app.guid)
    if found is None or app.commit == ADOPTED:
        return True
    return found.commit == app.commit and app.rules_at in (None, found.rules_at)
