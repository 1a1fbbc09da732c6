"""One repository: look at it whole, settle one of its environments."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog

from reviewapps.audit import about
from reviewapps.desired import Absent, Desired, Fork, Run, Verdict
from reviewapps.errors import AuthorMustAct, OperatorMustAct, ReviewAppsError, UnsafePlan
from reviewapps.model import Environment, LogLine, PastDeploy, Repository, Space, doubled
from reviewapps.naming import address
from reviewapps.outcome import Arrival
from reviewapps.overview import Decision, Detail, Overview, Row, decision, detail, follows, overview, row
from reviewapps.plan import attention, drifted, fingerprint, unfinished
from reviewapps.ports import Lease
from reviewapps.reconcile import going_on
from reviewapps.reconcile.adopting import Adoption, adopted, adoption
from reviewapps.reconcile.arriving import arrivals, come, kept_for, news, note
from reviewapps.reconcile.by_hand import Standing, brought_up, destroyed, emptied, redeployed
from reviewapps.reconcile.governing import Governing
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.proposing import bringing, note_told, proposed
from reviewapps.reconcile.rehearsal import Rehearsed, all_rehearsed, rehearsed
from reviewapps.reconcile.room import publish
from reviewapps.reconcile.seen import keep_memory, keep_overview, keep_row, last_overview
from reviewapps.reconcile.settling import settled
from reviewapps.reconcile.speaking import speak_of_drift, unheard
from reviewapps.reconcile.ticking import report
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import (
    Judged,
    fresh_view,
    judged,
    judged_alone,
    judged_in_turn,
    rules_of,
    teardown_of,
    verdicts,
    view_digest,
)
from reviewapps.reconcile.watch import is_still_under_way, wait_no_more
from reviewapps.report import Voice, drift
from reviewapps.report.untrusted import Mask

log = structlog.get_logger()

SETTLED_FOR = 24 * 3600.0
"""For how long "nothing to do here, and told so" is believed while nothing changes, seconds."""

Wake = Callable[[Environment, bool], None]
"""Make an environment due now; whether that is a teardown, which goes first."""


class Reconciler:
    """Keeps the environments of one repository as they should be."""

    def __init__(self, means: Means) -> None:
        self.name = means.name
        self._means = means

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of environments that it is granted."""
        return frozenset(self._means.grant.targets)

    @property
    def repository(self) -> Repository:
        """The repository as the last look saw it."""
        github = self._means.github
        return (github.last_look() or github.look()).repository

    def look(self, wake: Wake, *, afresh: bool = False) -> None:
        """One tick: ``wake`` every environment that is not known to be as it should.

        Cloud Foundry is only asked when GitHub changed, or once in a quiet interval, or ``afresh``. Raises,
        when all else is done, UnsafePlan where deletions were held back, and OperatorMustAct where something of
        ours cannot be read, or GitHub refuses to tell something, so that an environment is left alone.
        """
        means = self._means
        wanted = means.github.look()
        view = view_digest(wanted)
        if not afresh and means.remembered("seen") == view:
            return
        space = going_on.look(means)
        desired = verdicts(means, wanted, space)
        repository = wanted.repository.id
        if not desired.asks.room:
            publish(means, repository, desired.line)
        known = desired.verdicts.keys() | space.environments(repository)
        marks = {e: str(mark) for e in known if (mark := means.remembered("settled", e.name)) is not None}
        wanting = attention(desired, space, repository, marks)
        whole = means.remembered("whole") is None
        astray = self._astray(desired, space, whole)
        for environment in astray:
            going_on.forget(means, environment)
        wanting |= dict.fromkeys(astray - wanting.keys(), False)
        for environment, removal in wanting.items():
            wake(environment, removal)
        untold = news(means, wanted, space, desired) | bringing(means, wanted)
        for environment in untold - wanting.keys():
            wake(environment, False)
        report(means, wanted, desired, space, wanting)
        if whole:
            for environment in self._left_behind(space):
                wake(environment, True)
            for environment in unheard(means, space, desired):
                wake(environment, False)
            comments = means.github.comments()
            left = unfinished(desired, space, comments)
            for environment in left | doubled(comments):
                wake(environment, environment in left)
            keep_memory(means)
            means.remember(True, means.pace.whole, "whole")
        keep_overview(means, wanted, desired, space)
        if not desired.asks:
            means.remember(view, means.pace.quiet, "seen")
        if desired.unsafe is not None:
            raise UnsafePlan(f"{self.name}: {desired.unsafe}")
        for whose, why in space.unreadable.items():
            if whose is None or whose.repository == repository:
                raise OperatorMustAct(f"{why}; it is left alone until somebody mends or deletes it")
        if desired.refused:
            raise OperatorMustAct(f"{self.name}: {' · '.join(desired.refused)}")

    def _astray(self, desired: Desired, space: Space, whole: bool) -> frozenset[Environment]:
        """The environments that should run behind the gate and do not, or the other way round: somebody took the
        gate away. The listing of apps and routes does not show it. What would be open is asked for in each look;
        all the rest, such as whether the gate is up, in a whole one."""
        if not whole:
            unbound = self._means.cloudfoundry.unbound(space)
            open_ = frozenset(route.environment for route in space.routes if route.guid in unbound)
            return frozenset(e for e in open_ if _is_closed(desired.verdicts.get(e)))
        gated = self._means.cloudfoundry.guarded(space)
        ran = {e: verdict for e, verdict in desired.verdicts.items() if isinstance(verdict, Run)}
        return frozenset(
            route.environment
            for route in space.routes
            if route.environment in ran
            and (ran[route.environment].entrance != "public") != (route.guid in gated)
        )

    def _left_behind(self, space: Space) -> frozenset[Environment]:
        """The environments that have services and nothing else: their app was deleted by somebody else."""
        mine, there = self.repository.id, {app.environment for app in space.apps}
        serviced = self._means.cloudfoundry.serviced()
        return frozenset(e for e in serviced - there if e.repository == mine and not e.shared)

    def overview(self) -> Overview:
        """All that there is, as it is at this moment."""
        means = self._means
        wanted, space = means.github.look(), means.cloudfoundry.look()
        desired, memory = verdicts(means, wanted, space), means.cloudfoundry.memory()
        return overview(wanted, desired, space, means.grant, means.now(), memory)

    def looked_at(self) -> datetime | None:
        """When a worker looked last; None where the memory does not know."""
        seen = last_overview(self._means.memory, self.name)
        return None if seen is None else seen.looked_at

    def decision(self, environment: Environment) -> Decision:
        """Why the environment should be as it should."""
        means, number = self._means, environment.number
        wanted, space = fresh_view(means, environment), means.cloudfoundry.look()
        also = frozenset[int]() if number is None else frozenset({number})
        desired, known = judged(means, wanted, space, also)
        rules = rules_of(wanted)
        return decision(environment, wanted, rules, means.grant, space, known, means.now(), desired)

    def detail(self, environment: Environment) -> Detail:
        """All that is known of the environment. Raises AuthorMustAct where there is no such pull request, and
        nothing that could have been its."""
        means, number = self._means, environment.number
        seen = judged_alone(means, environment)
        known = any(pr.number == number for pr in seen.wanted.pull_requests)
        if number is not None and not known and seen.space.actual(environment).empty:
            raise AuthorMustAct(f"{address(environment, means.name)}: GitHub has no pull request #{number}")
        voice = Voice(means.instance, seen.wanted.repository, means.web_url)
        return detail(
            address(environment, seen.wanted.repository.name),
            row(environment, seen.verdict, seen.space, means.grant, means.cloudfoundry.memory()),
            follows(seen.verdict),
            seen.space.actual(environment),
            voice.pull_url(number) if number is not None and known else None,
        )

    def desired(self) -> Desired:
        """What should become of each environment that is wanted, or there."""
        means = self._means
        return verdicts(means, means.github.look(), means.cloudfoundry.look())

    def verdict(self, environment: Environment) -> Verdict:
        """What should become of the environment, its own pull request read anew."""
        return judged_alone(self._means, environment).verdict

    def stale_deployments(self) -> tuple[Environment, ...]:
        """Previews that GitHub shows as deployed, among those of the latest deployments, and that are gone."""
        space, repository = self._means.cloudfoundry.look(), self.repository.id
        there = space.environments(repository) | space.unreadable.keys()
        shown = self._means.github.deployed()
        return tuple(e for e in sorted(shown - there) if not e.shared and self.is_gone(e))

    def is_gone(self, environment: Environment) -> bool:
        """Whether nothing of the environment is there, and nothing should be."""
        seen = judged_alone(self._means, environment)
        empty = seen.space.actual(environment).empty and environment not in seen.space.unreadable
        return empty and isinstance(seen.verdict, Absent | Fork)

    def retire(self, environment: Environment, lease: Lease) -> None:
        """Let GitHub show the environment as inactive."""
        lease.check()
        self._means.github.retire(environment)

    def adoption(self, environment: Environment, name: str) -> Adoption:
        """What taking over the app of this name for a shared environment would mean. Raises why it cannot be."""
        return adoption(self._means, environment, name)

    def adopt(self, adoption: Adoption, lease: Lease) -> None:
        """Take it over."""
        adopted(self._means, adoption, lease)

    def rehearse(self, environment: Environment) -> Rehearsed:
        """What would be done about the environment next."""
        seen = judged_alone(self._means, environment)
        return rehearsed(self._means, environment, seen.wanted, seen.space, seen.verdict)

    def rehearse_all(self) -> tuple[Rehearsed, ...]:
        """What one complete look would have done, of each environment."""
        means = self._means
        wanted, space = means.github.look(), means.cloudfoundry.look()
        return tuple(all_rehearsed(means, wanted, space, verdicts(means, wanted, space)))

    def log(self, environment: Environment, since: int = 0) -> tuple[LogLine, ...]:
        """What staging and the app wrote since that time (nanoseconds since 1970), no secret of ours in it."""
        means = self._means
        actual = means.cloudfoundry.look().actual(environment)
        if actual.app is None:
            raise AuthorMustAct(f"{address(environment, self.name)}: there is no app that could have a log")
        mask, apps = (
            Mask.over(means.secrets),
            [one for one in (actual.app, actual.builder) if one is not None],
        )
        lines = [line for one in apps for line in means.cloudfoundry.tail(one, since)]
        return tuple(replace(one, text=mask.text(one.text)) for one in sorted(lines, key=lambda one: one.at))

    def settle(self, environment: Environment, lease: Lease) -> float | None:
        """Do for the environment what can be done now. Seconds until the next look; None: nothing waits."""
        means = self._means
        again = is_still_under_way(means, environment)
        if again is not None:
            going_on.pass_on(means, environment, lease)
            return again
        seen = judged_in_turn(means, environment, lease)
        with about(self.name, environment, getattr(seen.verdict, "commit", None)):
            return self._settle(environment, lease, seen)

    def _settle(self, environment: Environment, lease: Lease, seen: Judged) -> float | None:
        means = self._means
        there = seen.space.holdings(environment, means.grant.beside(environment.kind))
        turn = Turn(means, environment, lease, seen.wanted, seen.actual, there)
        what = drifted(seen.verdict, turn.actual)
        if what is not None:
            self._repair(seen, environment, what)
        turn.proposed = proposed(turn, seen)
        number, arrived, kept = environment.number, tuple[Arrival, ...](), None
        if number is not None and isinstance(seen.verdict, Absent):
            arrived = arrivals(means, seen.wanted, seen.space, seen.desired, number)
            kept = kept_for(means, seen.wanted, seen.space, seen.desired, number)
        wait = settled(turn, seen.verdict, teardown_of(seen.wanted, environment), arrived, kept=kept)
        if wait is None and number is not None:
            note(means, seen.wanted, seen.space, seen.desired, number, come(arrived))
            note_told(means, seen.wanted, environment)
        wait = turn.listen if wait is None else wait
        keep_row(means, seen.verdict, turn.actual)
        if wait is None and seen.undecided:
            return means.pace.poll
        if wait is None:
            means.remember(fingerprint(seen.verdict, turn.actual), SETTLED_FOR, "settled", environment.name)
        return wait

    def row(self, environment: Environment) -> Row | None:
        """Where the environment stands at this moment; None where there is nothing, and should not be."""
        means = self._means
        seen = judged_alone(means, environment)
        return row(environment, seen.verdict, seen.space, means.grant)

    def redeploy(self, environment: Environment, lease: Lease) -> str:
        """Begin a new attempt at the commit that the environment runs or failed to run, using nothing that was
        built before; the commit."""
        return redeployed(self._means, environment, lease)

    def reset(self, environment: Environment, lease: Lease) -> str:
        """Begin a new attempt at that commit with empty databases; the commit."""
        return emptied(self._means, environment, lease)

    def governing(self, environment: Environment, lease: Lease) -> Governing:
        """What may be said by hand of an environment that is shared."""
        return Governing(self._means, environment, lease)

    def history(self, environment: Environment) -> tuple[PastDeploy, ...]:
        """The latest deploys of the environment, newest first, as GitHub remembers them; and which runs now."""
        runs = None
        with suppress(ReviewAppsError):  # what was told stands on GitHub alone
            app = self._means.cloudfoundry.look().actual(environment).app
            runs = app.commit if app is not None and app.started else None
        past = self._means.github.history(environment)
        mine = [one for one in past if one.commit == runs]
        now = next((one for one in mine if one.state == "success"), mine[0] if mine else None)
        return tuple(replace(one, runs=one is now) for one in past)

    def commit(self, ref: str) -> str | None:
        """The commit that a branch, tag or (part of a) commit's name means; None where it means none."""
        return self._means.github.commit(ref)

    def deploy(self, environment: Environment, lease: Lease) -> Standing:
        """Let be tried anew what was refused, taken away by hand or expired; where it stands then."""
        return brought_up(self._means, environment, lease)

    def destroy(self, environment: Environment, lease: Lease) -> str:
        """Write down that somebody took this preview away; the commit. The next turn takes it away."""
        return destroyed(self._means, environment, lease)

    def wait_no_more(self, environment: Environment) -> None:
        """Let the next turn look closer at the environment, whatever is waited for there."""
        wait_no_more(self._means, environment)

    def _repair(self, seen: Judged, environment: Environment, what: str) -> None:
        """Say that something is mended that nobody should have had to mend."""
        means = self._means
        log.warning("repaired", environment=environment.key, reason=what)
        if isinstance(seen.verdict, Run):
            voice = Voice(means.instance, seen.wanted.repository, means.web_url)
            speak_of_drift(means, environment, drift(voice, environment, what))
        if means.journal is not None:
            means.journal.repaired[environment] = what


def _is_closed(verdict: Verdict | None) -> bool:
    """Whether a gate should stand before what runs."""
    return isinstance(verdict, Run) and verdict.entrance != "public"
