"""Look, plan, carry out, report: the only file where order lives.

``Reconciler.look`` is one tick of one repository: it only finds out which environments want attention.
``Reconciler.settle`` brings one environment as near to where it should be as can be done now, tells people, and
says when to look again. Neither believes anything that an earlier run remembered, beyond what stands on GitHub
and in Cloud Foundry's labels; ``Memory`` only saves requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from reviewapps import steps
from reviewapps.desired import (
    Absent,
    Asks,
    Desired,
    Fork,
    Grants,
    Known,
    Leave,
    NoRoom,
    Refused,
    Run,
    Verdict,
    desired,
)
from reviewapps.errors import (
    AuthorMustAct,
    BadManifest,
    BadRules,
    Busy,
    NameTaken,
    TryLater,
    UnsafePlan,
)
from reviewapps.manifest import blueprint
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Blueprint,
    Environment,
    Refusal,
    Repository,
    Space,
    Wanted,
)
from reviewapps.naming import address, names, value_digest
from reviewapps.outcome import Building, Failed, Forbidden, Live, Outcome, Removed, Serving, Waiting
from reviewapps.plan import (
    Terms,
    attention,
    fingerprint,
    in_doubt,
    next_removal,
    next_step,
    unfinished,
)
from reviewapps.ports import CloudFoundry, GitHub, Lease, Memory
from reviewapps.report import Voice, telling
from reviewapps.rules import Rules, rules
from reviewapps.rules.fill import Facts
from reviewapps.steps import Done, UnderWay, Wait

CREATES = (
    steps.CreateApp
    | steps.CreateRoute
    | steps.Upload
    | steps.CreateBuild
    | steps.CopyDroplet
    | steps.Start
    | steps.Roll
)
"""Before one of these the pull request is read again: nothing is made for one that was closed meanwhile."""

STEPS_IN_A_TURN = 60
"""Far more than any environment needs. A turn that comes so far goes round in circles, and ends."""

WATCHED_FOR: Mapping[UnderWay, int] = {"package": 6, "build": 12, "deployment": 3}
"""How many polls long nobody looks closer at what is under way: a new instance that crashes shows only then."""

SETTLED_FOR = 24 * 3600.0
"""For how long "nothing to do here, and told so" is believed while nothing changes, seconds."""


@dataclass(frozen=True)
class Pace:
    """How often to look, seconds: while something waits (``poll``), while nothing does (``quiet``), and at
    everything (``whole``).

    ``request`` is the longest that one request may last. ``fresh`` is for how long a pull request that was
    read is believed before something is created for it. ``patience`` is for how long a preview that serves is
    left alone in its comment while the next commit is on its way; ``deadline`` how long that may take;
    ``pause`` is the first wait before another try, doubled with each.
    """

    poll: float = 5.0
    quiet: float = 60.0
    whole: float = 600.0
    request: float = 60.0
    fresh: float = 2.0
    patience: timedelta = timedelta(seconds=60)
    deadline: timedelta = timedelta(minutes=15)
    pause: timedelta = timedelta(seconds=10)


class Reconciler:
    """Keeps the environments of one repository as they should be."""

    def __init__(
        self,
        name: str,
        github: GitHub,
        cloudfoundry: CloudFoundry,
        memory: Memory,
        *,
        instance: str,
        grants: Grants,
        pace: Pace,
        web_url: str,
        now: Callable[[], datetime],
        announce: Callable[[str], None],
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self._github, self._cf, self._memory = github, cloudfoundry, memory
        self._instance, self._grants, self._pace = instance, grants, pace
        self._web_url, self._secrets = web_url, secrets
        self._now, self._announce = now, announce

    @property
    def repository(self) -> Repository:
        """The repository as the last look saw it."""
        return (self._github.last_look() or self._github.look()).repository

    # --- look: who wants attention ---

    def look(self, wake: Callable[[Environment, bool], None]) -> None:
        """One tick: ``wake`` every environment that is not known to be as it should, with whether that is a
        teardown. Cloud Foundry is only asked when GitHub changed, or once in a quiet interval."""
        wanted = self._github.look()
        view = _view(wanted)
        if self._memory.read(self._key("seen")) == view:
            return
        space = self._cf.look()
        verdicts = self._desired(wanted, space)
        repository = wanted.repository.id
        settled = {e: self._settled(e) for e in verdicts.verdicts.keys() | space.environments(repository)}
        told = {e: mark for e, mark in settled.items() if mark is not None}
        for environment, removal in attention(verdicts, space, repository, told).items():
            wake(environment, removal)
        if self._memory.read(self._key("whole")) is None:
            for environment in unfinished(verdicts, space, self._github.comments()):
                wake(environment, True)
            self._memory.write(self._key("whole"), True, self._pace.whole)
        self._memory.write(self._key("seen"), view, self._pace.quiet)
        if verdicts.unsafe is not None:
            raise UnsafePlan(f"{self.name}: {verdicts.unsafe}")

    # --- settle: one environment ---

    def settle(self, environment: Environment, lease: Lease) -> float | None:
        """Do for the environment what can be done now. Seconds until the next look; None: nothing waits."""
        if self._still_under_way(environment):
            return self._pace.poll
        wanted, space = self._fresh(environment), self._cf.look()
        also = frozenset({environment.number} - {None}) if environment.number else frozenset[int]()
        verdict = self._desired(wanted, space, also).of(environment)
        turn = _Turn(self, environment, lease, wanted.repository, space.actual(environment))
        wait = turn.take(verdict)
        if wait is None:
            mark = fingerprint(verdict, turn.actual)
            self._memory.write(self._key("settled", environment.name), mark, SETTLED_FOR)
        return wait

    def _watch(self, environment: Environment, kind: UnderWay) -> None:
        """From now on one listing for all tells whether this environment has to be looked at again."""
        waiting = {"kind": kind, "wish": self._wish(environment)}
        self._memory.write(
            self._key("waiting", environment.name), waiting, WATCHED_FOR[kind] * self._pace.poll
        )

    def _still_under_way(self, environment: Environment) -> bool:
        """Whether the platform still works on what this environment waits for, and GitHub wants the same.

        All who wait share one listing per kind and interval.
        """
        waiting = self._memory.read(self._key("waiting", environment.name))
        if waiting is None or waiting["wish"] != self._wish(environment):
            return False
        key = self._key("under way", waiting["kind"])
        listed = self._memory.read(key)
        if listed is None:
            listed = [e.key for e in self._cf.under_way(waiting["kind"])]
            self._memory.write(key, listed, self._pace.poll)
        return environment.key in listed

    def _wish(self, environment: Environment) -> str | None:
        """A digest of what GitHub last said that concerns this environment."""
        wanted = self._github.last_look()
        if wanted is None:
            return None
        mine = tuple(pr for pr in wanted.pull_requests if pr.number == environment.number)
        tags = wanted.tags if environment.shared else ()
        return _view(replace(wanted, pull_requests=mine, tags=tags))

    def redeploy(self, environment: Environment, lease: Lease) -> str:
        """Begin a new attempt at the commit that the environment runs or failed to run, using nothing that was
        built before; the commit."""
        actual = self._cf.look().actual(environment)
        app = actual.app
        commit, config = _tried(app) if app is not None else (None, None)
        if app is None or commit is None or config is None:
            raise AuthorMustAct(f"{address(environment, self.name)}: there is nothing to deploy again")
        if in_doubt(actual):
            raise Busy(f"{address(environment, self.name)}: {commit[:7]} is being deployed just now")
        lease.check()
        attempt = Attempt(_attempt_id(self._now()), commit, config, self._now(), fresh=True)
        self._cf.carry_out(steps.Begin(attempt), actual)
        return commit

    def _fresh(self, environment: Environment) -> Wanted:
        """GitHub's view, with this environment's pull request as it is at this moment."""
        number = environment.number
        wanted = self._github.last_look() if number is not None else None
        if wanted is None:
            wanted = self._github.look()
        if number is None:
            return wanted
        others = tuple(pr for pr in wanted.pull_requests if pr.number != number)
        now = self._github.pull_request(number)
        return replace(wanted, pull_requests=others if now is None else (*others, now))

    def _desired(self, wanted: Wanted, space: Space, also: frozenset[int] = frozenset()) -> Desired:
        known = Known()
        asked = _rules(wanted)
        while True:
            found = desired(wanted, asked, self._grants, space, known, self._now(), also)
            if not found.asks:
                return found
            known = self._answered(known, found.asks)

    def _answered(self, known: Known, asks: Asks) -> Known:
        return Known(
            {**known.committed, **{c: self._github.committed_at(c) for c in asks.commits}},
            {**known.taggings, **{t: self._github.tagging(t) for t in asks.tags}},
            {**known.pull_requests, **{n: self._github.pull_request(n) for n in asks.pull_requests}},
        )

    def _settled(self, environment: Environment) -> str | None:
        mark = self._memory.read(self._key("settled", environment.name))
        return mark if isinstance(mark, str) else None

    def _key(self, *parts: str) -> str:
        return ":".join((self.name, *parts))


class _Turn:
    """One settle of one environment: the lease that allows it, and what is there by now."""

    def __init__(
        self,
        by: Reconciler,
        environment: Environment,
        lease: Lease,
        repository: Repository,
        actual: Actual,
    ) -> None:
        self.by, self.environment, self.lease = by, environment, lease
        self.repository, self.actual = repository, actual
        self._read_at = by._now()
        self._changed = False

    def take(self, verdict: Verdict) -> float | None:
        """Carry the verdict out as far as that goes now."""
        match verdict:
            case Run():
                return self._run(verdict)
            case Absent(why="missing") if self._first_seen_missing():
                return self.by._pace.quiet
            case Absent():
                return self._remove(_removed(verdict))
            case Fork():
                return self._remove(Forbidden(verdict.commit))
            case NoRoom(commit, place, of, limit, holders):
                self._tell(Waiting(commit, place, of, limit, holders))
            case Refused(commit, refusal):
                self._tell(Failed(commit, refusal))
            case Leave():
                pass
        return None

    # --- to run ---

    def _run(self, run: Run) -> float | None:
        plan: Blueprint | None = None
        for _ in range(STEPS_IN_A_TURN):
            step = next_step(run, self.actual, plan, self._terms())
            match step:
                case Done():
                    self._tell(self._outcome(run))
                    return None
                case Wait(_, kind):
                    self._say_building(run)
                    if kind is not None:
                        self.by._watch(self.environment, kind)
                    return self.by._pace.poll
                case steps.ReadSource(commit, host):
                    plan = self._blueprint(run, commit, host)
                case _:
                    try:
                        self._carry_out(step)
                    except NameTaken as taken:
                        self._tell(Failed(run.commit, self._refusal("name", str(taken))))
                        raise  # the operator's to mend, and tried again until it is
                    except AuthorMustAct as wrong:
                        self._refuse(wrong)
        raise RuntimeError(f"{self.environment.key}: {STEPS_IN_A_TURN} steps, and still {step}")

    def _blueprint(self, run: Run, commit: str, host: str) -> Blueprint | None:
        """What to deploy of the commit; None where it is refused, which the app then remembers."""
        wanted = self.by._github.last_look() or self.by._github.look()
        asked = _rules(wanted)
        if isinstance(asked, BadRules):
            raise TryLater("the rules broke while this was being deployed", self.by._pace.poll)
        number = self.environment.number
        pr = next((p for p in wanted.pull_requests if p.number == number), None)
        facts = Facts(
            repo=self.repository.name.partition("/")[2],
            number=number,
            branch=pr.branch if pr is not None else run.source or "",
            commit=commit,
            host=host,
            url=self.by._grants.address.format(host=host),
        )
        github = self.by._github
        try:
            return blueprint(
                asked,
                self.environment,
                facts,
                host=host,
                memory_limit_mb=self.by._grants.memory_mb,
                file=partial(github.file, commit),
                tree=partial(github.tree, commit),
            )
        except AuthorMustAct as wrong:
            self._refuse(wrong)
            return None

    def _refuse(self, wrong: AuthorMustAct) -> None:
        decision = wrong.decision if isinstance(wrong, BadManifest) else ""
        self._carry_out(steps.Refuse(self._refusal("manifest", str(wrong), decision)))

    def _refusal(self, fault: str, message: str, decision: str = "") -> Refusal:
        return Refusal(fault, message, self.by._now(), decision=decision)  # type: ignore[arg-type]

    def _terms(self) -> Terms:
        by, now = self.by, self.by._now()
        return Terms(
            names=names(by._instance, self.repository, self.environment),
            domain=by._cf.domain,
            attempt=_attempt_id(now),
            now=now,
            deadline=by._pace.deadline,
            pause=by._pace.pause,
        )

    # --- to remove ---

    def _remove(self, outcome: Removed | Forbidden) -> float | None:
        """Addresses, then apps; then look again, and only then say so.

        Where a request of an attempt may have been in flight, what it brings back is found by a second look
        that comes later than the longest request may last.
        """
        was_empty, doubtful = self.actual.empty, in_doubt(self.actual)
        last: object = None
        while (step := next_removal(self.actual)) != Done():
            assert isinstance(step, steps.DeleteRoute | steps.DeleteApp)  # noqa: S101 - Done is the only other
            if step == last:
                return self.by._pace.poll
            self._carry_out(step)
            last = step
        if not was_empty:
            self.actual = self.by._cf.look().actual(self.environment)
            if not self.actual.empty:
                return self.by._pace.poll
            if doubtful:
                return self.by._pace.request
        self._tell(outcome)
        return None

    def _first_seen_missing(self) -> bool:
        """Whether this is the first of the two looks that it takes to believe that a pull request is gone."""
        key = self.by._key("missing", self.environment.name)
        known = self.by._memory.read(key) is not None
        self.by._memory.write(key, True, self.by._pace.whole)
        return not known

    # --- to carry out ---

    def _carry_out(self, step: steps.Step) -> None:
        self.lease.check()
        if isinstance(step, CREATES):
            self._still_wanted()
        if isinstance(step, steps.Refuse) and self.repository.private and self.actual.app is not None:
            step = self._with_log(step, self.actual.app)
        if isinstance(step, steps.Upload):
            step = replace(step, archive=self.by._github.archive(step.blueprint.commit, step.blueprint.path))
        self._changed |= isinstance(step, steps.MarkLive | steps.Refuse | steps.DeleteApp)
        self.actual = self.by._cf.carry_out(step, self.actual)

    def _still_wanted(self) -> None:
        """Raise if the pull request was closed, or moved on, since this turn began."""
        number, now = self.environment.number, self.by._now()
        if number is None or (now - self._read_at).total_seconds() < self.by._pace.fresh:
            return
        pr = self.by._github.pull_request(number)
        self._read_at = now
        attempt = self.actual.app.attempt if self.actual.app is not None else None
        if pr is None or not pr.open or (attempt is not None and attempt.commit != pr.commit):
            raise TryLater(f"{self.environment.name}: the pull request changed meanwhile", 0.0)

    def _with_log(self, step: steps.Refuse, app: App) -> steps.Refuse:
        source = {"build": "STG", "crash": "APP"}.get(step.refusal.fault)
        if source is None:
            return step
        lines = self.by._cf.log(app, source, 30)  # type: ignore[arg-type]
        return steps.Refuse(replace(step.refusal, log=lines))

    # --- to report ---

    def _outcome(self, run: Run) -> Live | Failed:
        app = self.actual.app
        assert app is not None  # noqa: S101 - Done is only said of an app
        refusal = app.refusal_of(run.commit, run.config)
        if refusal is not None:
            return Failed(run.commit, refusal, self._serving(app))
        attempt = app.attempt
        mine = attempt is not None and attempt.is_for(run.commit, run.config) and app.live_since is not None
        return Live(
            run.commit,
            self._url(),
            app.live_since or app.created_at,
            took=app.live_since - attempt.began if mine and attempt and app.live_since else None,
            ends=run.ends,
            source=run.source,
            same_build_as=attempt.copied_from if attempt is not None and mine else None,
            stop_start=attempt.stop_start if attempt is not None and mine else False,
            not_taken=attempt.not_taken if attempt is not None and mine else (),
        )

    def _say_building(self, run: Run) -> None:
        """Say that it is on its way; on the pull request only where nothing is live, or it takes long."""
        app = self.actual.app
        attempt: Attempt | None = app.attempt if app is not None else None
        if app is None or attempt is None:
            return
        still = self._serving(app)
        outcome = Building(run.commit, attempt.began, still)
        soon = still is not None and self.by._now() - attempt.began < self.by._pace.patience
        self._tell(outcome, comment=not soon)

    def _serving(self, app: App) -> Serving | None:
        serves = app.started and app.commit is not None and self.actual.route is not None
        return Serving(app.commit, self._url()) if serves and app.commit is not None else None

    def _url(self) -> str:
        route = self.actual.route
        return self.by._grants.address.format(host=route.address if route is not None else "")

    def _tell(self, outcome: Outcome, *, comment: bool = True) -> None:
        voice = Voice(self.by._instance, self.repository, self.by._web_url)
        words = telling(voice, self.environment, outcome, secrets=self.by._secrets)
        self.by._github.tell(words if comment else replace(words, comment=None))
        if self._changed and words.slack is not None:
            self.by._announce(words.slack)


def _tried(app: App) -> tuple[str | None, str | None]:
    """Commit and config of the newest attempt, else what the app serves."""
    attempt = app.attempt
    return (attempt.commit, attempt.config) if attempt is not None else (app.commit, app.config)


def _attempt_id(now: datetime) -> str:
    return f"{int(now.timestamp() * 1000):x}"


def _rules(wanted: Wanted) -> Rules | BadRules:
    try:
        return rules(wanted.rules_text)
    except BadRules as broken:
        return broken


def _removed(verdict: Absent) -> Removed:
    """In what words a preview goes that should not be there."""
    match verdict.why:
        case "merged" | "closed" | "expired" | "unlabelled" as why:
            return Removed(why, verdict.at)
        case "old":
            return Removed("expired", verdict.at)
        case "bot":
            return Removed("unlabelled", verdict.at)
        case "missing":
            return Removed("closed", verdict.at)


def _view(wanted: Wanted) -> str:
    """A digest of all that a plan reads of GitHub. (``updated_at`` moves with our own comments.)"""
    pulls = frozenset(replace(pr, updated_at=pr.created_at) for pr in wanted.pull_requests)
    return value_digest((wanted.repository, pulls, frozenset(wanted.tags), wanted.rules_text))
