"""One repository: look at it whole, settle one of its environments."""

from __future__ import annotations

from collections.abc import Callable

from reviewapps import steps
from reviewapps.desired import Desired, Run
from reviewapps.errors import AuthorMustAct, Busy, OperatorMustAct, UnsafePlan
from reviewapps.model import App, Attempt, Environment, Repository, Space
from reviewapps.naming import address
from reviewapps.overview import Decision, Overview, decision, overview
from reviewapps.plan import attention, began_after, fingerprint, in_doubt, unfinished
from reviewapps.ports import Lease
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.settling import settled
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import fresh_view, judged, rules_of, verdicts, view_digest
from reviewapps.reconcile.watch import is_still_under_way

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
    def repository(self) -> Repository:
        """The repository as the last look saw it."""
        github = self._means.github
        return (github.last_look() or github.look()).repository

    def look(self, wake: Wake, *, afresh: bool = False) -> None:
        """One tick: ``wake`` every environment that is not known to be as it should.

        Cloud Foundry is only asked when GitHub changed, or once in a quiet interval, or ``afresh``. Raises,
        when all else is done, UnsafePlan where deletions were held back, and OperatorMustAct where something of
        ours cannot be read, so that its environment is left alone.
        """
        means = self._means
        wanted = means.github.look()
        view = view_digest(wanted)
        if not afresh and means.remembered("seen") == view:
            return
        space = means.cloudfoundry.look()
        desired = verdicts(means, wanted, space)
        repository = wanted.repository.id
        known = desired.verdicts.keys() | space.environments(repository)
        marks = {e: str(mark) for e in known if (mark := means.remembered("settled", e.name)) is not None}
        for environment, removal in attention(desired, space, repository, marks).items():
            wake(environment, removal)
        if means.remembered("whole") is None:
            for environment in self._astray(desired, space):
                wake(environment, False)
            for environment in unfinished(desired, space, means.github.comments()):
                wake(environment, True)
            means.remember(True, means.pace.whole, "whole")
        if not desired.asks:
            means.remember(view, means.pace.quiet, "seen")
        if desired.unsafe is not None:
            raise UnsafePlan(f"{self.name}: {desired.unsafe}")
        for whose, why in space.unreadable.items():
            if whose is None or whose.repository == repository:
                raise OperatorMustAct(f"{why}; it is left alone until somebody mends or deletes it")

    def _astray(self, desired: Desired, space: Space) -> frozenset[Environment]:
        """The environments that should run behind the gate and do not, or the other way round: somebody took the
        gate away. The listing of apps and routes does not show it."""
        gated = self._means.cloudfoundry.guarded(space)
        ran = {e: verdict for e, verdict in desired.verdicts.items() if isinstance(verdict, Run)}
        return frozenset(
            route.environment
            for route in space.routes
            if route.environment in ran
            and (ran[route.environment].entrance != "public") != (route.guid in gated)
        )

    def overview(self) -> Overview:
        """All that there is, as it is at this moment."""
        means = self._means
        wanted, space = means.github.look(), means.cloudfoundry.look()
        desired, memory = verdicts(means, wanted, space), means.cloudfoundry.memory()
        return overview(wanted, desired, space, means.grant, means.now(), memory)

    def decision(self, environment: Environment) -> Decision:
        """Why the environment should be as it should."""
        means, number = self._means, environment.number
        wanted, space = fresh_view(means, environment), means.cloudfoundry.look()
        also = frozenset[int]() if number is None else frozenset({number})
        desired, known = judged(means, wanted, space, also)
        rules = rules_of(wanted)
        return decision(environment, wanted, rules, means.grant, space, known, means.now(), desired)

    def settle(self, environment: Environment, lease: Lease) -> float | None:
        """Do for the environment what can be done now. Seconds until the next look; None: nothing waits."""
        means = self._means
        if is_still_under_way(means, environment):
            return means.pace.poll
        wanted, space = fresh_view(means, environment), means.cloudfoundry.look()
        also = frozenset[int]() if environment.number is None else frozenset({environment.number})
        verdict = verdicts(means, wanted, space, also).of(environment)
        turn = Turn(means, environment, lease, wanted.repository, space.actual(environment))
        wait = settled(turn, verdict)
        if wait is None:
            means.remember(fingerprint(verdict, turn.actual), SETTLED_FOR, "settled", environment.name)
        return wait

    def redeploy(self, environment: Environment, lease: Lease) -> str:
        """Begin a new attempt at the commit that the environment runs or failed to run, using nothing that was
        built before; the commit."""
        means, asked = self._means, address(environment, self.name)
        actual = means.cloudfoundry.look().actual(environment)
        commit, config = _tried(actual.app) if actual.app is not None else (None, None)
        if actual.app is None or commit is None or config is None:
            raise AuthorMustAct(f"{asked}: there is nothing to deploy again")
        if in_doubt(actual):
            raise Busy(f"{asked}: {commit[:7]} is being deployed just now")
        repository = self.repository
        turn = Turn(means, environment, lease, repository, actual)
        terms = turn.terms()
        began = began_after(actual.app, terms.now)
        turn.carry_out(steps.Begin(Attempt(terms.attempt, commit, config, began, fresh=True)))
        return commit


def _tried(app: App) -> tuple[str | None, str | None]:
    """Commit and config of the newest attempt, else what the app serves."""
    attempt = app.attempt
    return (attempt.commit, attempt.config) if attempt is not None else (app.commit, app.config)
