"""One turn at one environment: the right to touch it, what is there by now, and what people are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from reviewapps import steps
from reviewapps.desired import Run
from reviewapps.errors import LeaseLost, Outdated
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Blueprint,
    Environment,
    Holdings,
    LogSource,
    Refusal,
    Wanted,
)
from reviewapps.naming import fence, names, record_name
from reviewapps.outcome import Mark, Outcome, Telling
from reviewapps.overview import in_words
from reviewapps.plan import Note, Terms, as_noted, may_go_before, together
from reviewapps.ports import Lease
from reviewapps.reconcile.going_on import is_built_by_others, keep, note_source
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.parting import Heard, note_removal, speak_of_removal
from reviewapps.reconcile.speaking import speak
from reviewapps.report import Voice, telling

CREATES = (
    steps.CreateApp
    | steps.CreateRoute
    | steps.CreateBuilder
    | steps.CreateService
    | steps.MakeDatabase
    | steps.Upload
    | steps.CreateBuild
    | steps.CopyDroplet
    | steps.Bind
    | steps.Start
    | steps.Roll
)
"""Before one of these the pull request is read again: nothing is made for one that was closed meanwhile."""

LOG_LINES = 30

WHERE_TO_READ: dict[str, LogSource] = {"build": "STG", "crash": "APP", "release": "TASK", "setup": "TASK"}


class Turn:
    """Nothing is carried out here without the lease. ``wanted`` is what its verdict was reached on: rules that are
    read anew may be others, and would be deployed under the label of these. ``listen`` is when it should be known
    that Slack took what was told last, seconds; None where there is nothing to wait for."""

    def __init__(
        self,
        means: Means,
        environment: Environment,
        lease: Lease,
        wanted: Wanted,
        actual: Actual,
        there: Holdings | None = None,
    ) -> None:
        self.means, self.environment = means, environment
        self.wanted, self.repository, self.actual = wanted, wanted.repository, actual
        self._lease, self._there = lease, there or Holdings()
        self._read_at = means.now()
        self._attempts = 0
        self._held: tuple[Note, Actual] | None = None
        self.listen: float | None = None
        self.proposed: tuple[str, ...] = ()

    def terms(self, run: Run | None = None, plan: Blueprint | None = None) -> Terms:
        """What a plan may use at this moment. An attempt that it begins is named for the lease's fence, which
        grows from holder to holder. The rules may name the app and a
        deadline. What others are about to build is known of what is to be built by the ``plan``."""
        means, now = self.means, self.means.now()
        self._attempts += 1
        return Terms(
            names=(run.app,) if run is not None and run.app else self._names,
            domain=means.cloudfoundry.domain(self.environment),
            attempt=f"{self._lease.fence:x}.{self._attempts}",
            now=now,
            deadline=(run.deadline if run is not None else None) or means.pace.deadline,
            pause=means.pace.pause,
            request=timedelta(seconds=means.pace.request),
            sources=means.grant.sources.get(self.environment.kind, ()),
            builds=self.environment.kind not in means.grant.copies_only,
            signs=means.grant.signs,
            there=self._there if plan is None else self._there_with(plan.build_key),
        )

    def _there_with(self, build_key: str) -> Holdings:
        if is_built_by_others(self.means, self.environment, build_key):
            self._there = self._there.with_key(build_key)
        return self._there

    @property
    def _names(self) -> tuple[str, ...]:
        return names(self.means.instance, self.repository, self.environment)

    def record(self, commit: str, at: datetime) -> steps.CreateApp:
        """What makes the app that remembers that somebody took the preview away, at this commit."""
        name = record_name(self.means.instance, self.repository, self.environment)
        before = next((app.attempt for app in self.actual.apps if app.destroyed_at(commit)), None)
        attempt = before or Attempt(f"{self._lease.fence:x}.0", commit, "", at)
        refusal = Refusal("destroyed", "removed by hand", at)
        return steps.CreateApp((name,), replace(attempt, refusal=refusal))

    def note(self, note: Note) -> None:
        """Write this down with the next step that does more than look; ``actual`` says it from now on."""
        held, before = self._held or (None, self.actual)
        self._held = together(held, note), before
        self.actual = as_noted(self.actual, note)

    def write_down(self) -> None:
        """Write down what is held, if anything is."""
        if self._held is None:
            return
        (note, before), self._held = self._held, None
        looked = self.actual
        if before.app is None:
            raise ValueError(f"{self.environment.key} has no app to write onto")
        self.actual = looked.with_app(before.app)
        self.carry_out(note)

    def carry_out(self, step: steps.Step) -> None:
        """Do the step, if we still may and it is still wanted; ``actual`` is what is there afterwards."""
        if not may_go_before(step):
            self.write_down()
        self._lease.check()
        if isinstance(step, steps.Begin) or (isinstance(step, steps.Remember) and step.attempt is not None):
            self._check_newest()
        if isinstance(step, CREATES) or (isinstance(step, steps.RunTask) and step.kind != "teardown"):
            self._check_still_wanted()
        if isinstance(step, steps.Upload):
            note_source(self.means, self.environment, step.blueprint.build_key)
            archive = self.means.github.archive(step.blueprint.commit, step.blueprint.path)
            step = replace(step, archive=archive)
        if isinstance(step, steps.Refuse) and self.actual.app is not None:
            step = self._with_log(step, self.actual.app)
        if isinstance(step, steps.DeleteApp):  # noted before: the answer to it may be lost
            going = (one for one in self.actual.apps if one.guid == step.guid and not one.is_builder)
            note_removal(self.means, next(going, None), self.environment)
        if self.means.journal is not None and not isinstance(step, steps.Look | steps.Reach):
            self.means.journal.done.setdefault(self.environment, []).append(in_words(step))
        with self.means.cloudfoundry.held(self._lease.check):
            self.actual = self.means.cloudfoundry.carry_out(step, self.actual)
        self._count(step)

    def keep(self, *, afterwards: bool = True) -> None:
        """Let the next turn go on from what is known now: not ``afterwards``, when this comes to its end, but for
        what stands."""
        actual = self.actual
        ended = Actual(actual.environment, actual.apps, actual.routes)
        keep(self.means, self.environment, self._lease, actual if afterwards else ended)

    def look_again(self) -> None:
        """See what is there now, whatever was carried out."""
        self.actual = self.means.cloudfoundry.look().actual(self.environment)

    def tell(self, outcome: Outcome, *, comment: bool = True, unheard: bool = False) -> None:
        """Say it where people look; Slack hears only of what it was not told. The comment remembers what is still
        ``unheard`` there."""
        self._lease.check()
        means, words = self.means, self._words(outcome, unheard)
        means.github.tell(words if comment else replace(words, comment=None))
        self.listen = speak(self, words.slack, words.commit)

    def tell_slack_first(self, outcome: Outcome) -> Heard:
        """Let Slack hear of what nobody but GitHub remembers, before that says it."""
        self._lease.check()
        return speak_of_removal(self, self._words(outcome).slack)

    def mark(self, mark: Mark) -> None:
        """Say it among a commit's checks."""
        self._lease.check()
        self.means.github.mark(self.environment, mark, self.means.page)

    def _words(self, outcome: Outcome, unheard: bool = False) -> Telling:
        means = self.means
        voice = Voice(means.instance, self.repository, means.web_url, means.page)
        return telling(
            voice,
            self.environment,
            outcome,
            secrets=means.secrets,
            proposed=self.proposed,
            unheard=unheard,
        )

    def _check_newest(self) -> None:
        """Raise if a later holder of the lease began an attempt already: then ours is not ours any more."""
        attempt = self.actual.app.attempt if self.actual.app is not None else None
        if attempt is not None and fence(attempt.id) > self._lease.fence:
            raise LeaseLost(f"{self.environment.name}: a later attempt is under way")

    def _check_still_wanted(self) -> None:
        """Raise if the pull request was closed, or moved on, since this turn began."""
        means, number, now = self.means, self.environment.number, self.means.now()
        if number is None or (now - self._read_at).total_seconds() < means.pace.fresh:
            return
        pr = means.github.pull_request(number)
        self._read_at = now
        attempt = self.actual.app.attempt if self.actual.app is not None else None
        if pr is None or not pr.open or (attempt is not None and attempt.commit != pr.commit):
            raise Outdated(f"{self.environment.name}: the pull request changed meanwhile", 0.0)

    def _count(self, step: steps.Step) -> None:
        """Count what whoever watches wants to know: what came of deploys, and what was taken away."""
        counters, app = self.means.counters, self.actual.app
        attempt = app.attempt if app is not None else None
        match step:
            case steps.MarkLive():
                counters.count("deploys", result="live", stage="")
                if attempt is not None:
                    took = (self.means.now() - attempt.began).total_seconds()
                    counters.observe("time_to_url", max(0.0, took))
            case steps.Refuse(refusal):
                counters.count("deploys", result="refused", stage=refusal.fault)
            case steps.DeleteApp():
                counters.count("removals")

    def _with_log(self, step: steps.Refuse, app: App) -> steps.Refuse:
        """With what the build or the app wrote last; of public repositories nobody is shown a log."""
        source = WHERE_TO_READ.get(step.refusal.fault)
        if source is None or not self.repository.private:
            return step
        builder = self.actual.builder if source == "STG" else None
        lines = self.means.cloudfoundry.log(builder, source, LOG_LINES) if builder is not None else ()
        lines = lines or self.means.cloudfoundry.log(app, source, LOG_LINES)
        return steps.Refuse(replace(step.refusal, log=lines))
