"""One installation: its repositories, whose turn it is, and what its operator has to know.

Here foreseen errors end: nobody's fault means later, the operator's means a line in the log and, once a day, in
Slack. What was not foreseen is told likewise; then it goes on, ends the task, and is logged with its trace.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping

import structlog
from redis.exceptions import RedisError

from reviewapps.audit import about
from reviewapps.coordination.clock import Clock
from reviewapps.coordination.due import Due
from reviewapps.coordination.lease import Leases
from reviewapps.coordination.soon import Soon
from reviewapps.coordination.turns import Turns
from reviewapps.errors import BadSettings, Busy, OperatorMustAct, ReviewAppsError, TryLater
from reviewapps.grants import Mode
from reviewapps.model import Environment
from reviewapps.naming import digest
from reviewapps.overview import Decision, Overview
from reviewapps.ports import Counters, Lease, Memory
from reviewapps.reconcile import Adoption, Governing, Reconciler, Standing, Uncounted

log = structlog.get_logger()

OPERATOR_PAUSE = 60.0
"""When to look again after an error that somebody has to mend, seconds."""

A_DAY = 24 * 3600.0

PATIENCE = 3.0
"""For how long somebody who asks for something waits for a worker's turn to end, seconds."""

TROUBLE = "trouble:"
"""Under this and a repository's name the memory holds when and why a look failed, for whoever reads the page."""

TROUBLED_FOR = 180.0
"""Seconds; a look that fails is tried again sooner."""

AT_ONCE = 20
"""Looks per beat of the pump."""


class Installation:
    """What a worker works for. ``repositories`` are names as they were configured; ``needs`` is what this process
    found that an operator has to mend, by what it is about."""

    def __init__(
        self,
        reconcilers: Mapping[str, Reconciler],
        *,
        due: Due,
        leases: Leases,
        clock: Clock,
        soon: Soon,
        memory: Memory,
        announce: Callable[[str], None],
        speak: Callable[[bool], bool] = lambda at_once: False,
        mode: Mode = "act",
        counters: Counters | None = None,
    ) -> None:
        self.clock = clock
        self.turns = Turns(due, leases, self.settle)
        self._due, self._leases, self._memory, self._announce = due, leases, memory, announce
        self.mode = mode
        self._speak = speak
        self._soon, self._counters = soon, counters or Uncounted()
        self.reconcilers = dict(reconcilers)
        self.needs: dict[str, str] = {}

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(self.reconcilers)

    def look(self, repository: str, *, afresh: bool = False) -> float | None:
        """One tick of one repository: what differs becomes due. In mode "observe" it is only told to the log.

        Seconds until it is worth another try, where it had to be put off; else None. ``afresh`` also looks where
        nothing is known to have changed.
        """
        if self.mode == "paused":
            return None
        wake = self.wake if self.mode == "act" else self._tell
        self.needs.pop(repository, None)
        try:
            self.reconcilers[repository].look(wake, afresh=afresh)
        except TryLater as later:
            log.warning("look put off", repository=repository, reason=str(later), after=later.after)
            self._look_failed(repository, later, "put off")
            return later.after
        except ReviewAppsError as wrong:
            self._alert(repository, wrong)
            self._look_failed(repository, wrong, "somebody is needed")
        except RedisError:
            raise  # whoever beats says so, and the page shows it
        except Exception as odd:
            self._look_failed(repository, self._unforeseen(repository, odd), "somebody is needed")
            raise
        else:
            self._counters.count("looks", result="done")
        return None

    def asked_for(self) -> list[str]:
        """The repositories that GitHub told of lately, to be looked at before the clock strikes."""
        asked = self._soon.pop(AT_ONCE)
        for one in asked:
            self._counters.observe("webhook_lag", one.waited)
        return [one.repository for one in asked if one.repository in self.reconcilers]

    def settle(self, environment: str, lease: Lease) -> float | None:
        """One turn of one environment: seconds until the next, None when it is as it should be, or when nothing
        may be written."""
        if self.mode != "act":
            return None
        self.needs.pop(environment, None)
        wanted = Environment.at(environment)
        try:
            return self.reconciler(wanted.repository).settle(wanted, lease)
        except TryLater as later:
            log.info("settle put off", environment=environment, reason=str(later), after=later.after)
            return later.after
        except ReviewAppsError as wrong:
            self._alert(environment, wrong)
            return OPERATOR_PAUSE
        except RedisError:
            raise
        except Exception as odd:
            self._unforeseen(environment, odd)
            raise

    def redeploy(self, environment: Environment, who: str = "") -> str:
        """Let the environment's commit be built and deployed once more; the commit. ``who`` asks for it stands in
        the audit lines. Busy while it is held."""
        with self.held(environment, who) as lease:
            commit = self.reconciler(environment.repository).redeploy(environment, lease)
        self.wake(environment, False)
        return commit

    def reset(self, environment: Environment, who: str = "") -> str:
        """Let the environment's databases be made anew, and its commit be deployed once more; the commit. Busy
        while it is held."""
        with self.held(environment, who) as lease:
            commit = self.reconciler(environment.repository).reset(environment, lease)
        self.wake(environment, False)
        return commit

    @contextlib.contextmanager
    def governing(self, environment: Environment, who: str) -> Iterator[Governing]:
        """What may be said by hand of a shared environment; it is looked at afterwards. ``who`` says it stands in
        the audit lines. Busy while it is held."""
        with self.held(environment, who) as lease:
            yield self.reconciler(environment.repository).governing(environment, lease)
        self.wake(environment, False)

    def adopt(self, adoption: Adoption, who: str) -> None:
        """Take over the app of a shared environment. ``who`` does stands in the audit lines. Busy while it is
        held."""
        environment = adoption.environment
        with self.held(environment, who) as lease:
            self.reconciler(environment.repository).adopt(adoption, lease)
        self.wake(environment, False)

    def deploy(self, environment: Environment, who: str = "") -> Standing:
        """Let be tried anew what was refused, taken away by hand or expired; where it stands then. Busy while it
        is held."""
        with self.held(environment, who) as lease:
            standing = self.reconciler(environment.repository).deploy(environment, lease)
        self.wake(environment, False)
        return standing

    def destroy(self, environment: Environment) -> str:
        """Let a preview be taken away, until the next push or until somebody asks for it; the commit. Busy while
        it is held."""
        with self.held(environment) as lease:
            commit = self.reconciler(environment.repository).destroy(environment, lease)
        self.wake(environment, True)
        return commit

    @contextlib.contextmanager
    def held(self, environment: Environment, who: str = "") -> Iterator[Lease]:
        """The right to touch the environment by hand, which the audit lines say ``who`` has; the next turn looks
        what came of it, and waits for nothing. Busy while somebody else has it, after a few seconds of waiting.
        BadSettings where nothing may be written."""
        if self.mode != "act":
            raise BadSettings(
                f"{environment.name}: this installation only acts in mode act, and it is in {self.mode}"
            )
        deadline = time.monotonic() + PATIENCE
        while (lease := self._leases.take(environment.key)) is None:
            if time.monotonic() > deadline:
                raise Busy(f"{environment.name}: somebody is at it just now; try again in a few seconds")
            time.sleep(0.1)
        says = structlog.contextvars.bound_contextvars(**({"who": who} if who else {}))
        with lease, about(self._named(environment.repository), environment), says:
            yield lease
            with contextlib.suppress(ReviewAppsError):
                self.reconciler(environment.repository).wait_no_more(environment)

    def _named(self, repository: int) -> str:
        """The name of one of ours, for the log; "" where it is not known just now."""
        with contextlib.suppress(ReviewAppsError):
            return self.reconciler(repository).name
        return ""

    def overviews(self) -> Iterator[Overview]:
        """All that there is, one repository after the other. What cannot be looked at raises."""
        return (reconciler.overview() for reconciler in self.reconcilers.values())

    def decision(self, environment: Environment) -> Decision:
        """Why the environment should be as it should."""
        return self.reconciler(environment.repository).decision(environment)

    def wake(self, environment: Environment, removal: bool) -> None:
        """Make the environment due now."""
        self._due.wake(environment.key, queue="teardown" if removal else "deploy")

    def speak(self, *, at_once: bool = False) -> bool:
        """Send what waits for Slack, at most one message to each channel; whether more waits that it would take.

        It is nobody's turn and may take seconds. ``at_once``: without waiting for what may come to go with it."""
        return self._speak(at_once)

    def _tell(self, environment: Environment, removal: bool) -> None:
        log.info("would settle", environment=environment.key, removal=removal)

    def reconciler(self, repository: int) -> Reconciler:
        """The one for the repository of this id. One that cannot be asked for its id is no other's obstacle."""
        for reconciler in self.reconcilers.values():
            with contextlib.suppress(ReviewAppsError):
                if reconciler.repository.id == repository:
                    return reconciler
        raise TryLater(f"none of {', '.join(self.reconcilers)} is known to be repository {repository}", 60.0)

    def _look_failed(self, repository: str, wrong: ReviewAppsError, result: str) -> None:
        self._counters.count("looks", result=result)
        self._memory.write(f"{TROUBLE}{repository}", [self._due.now(), str(wrong)], TROUBLED_FOR)

    def _unforeseen(self, about: str, odd: Exception) -> OperatorMustAct:
        """Tell that it came, and no more: what it says may hold anything."""
        told = OperatorMustAct(
            f"{about}: {type(odd).__name__} was not foreseen; the log shows where it came from"
        )
        self._alert(about, told)
        return told

    def _alert(self, about: str, wrong: ReviewAppsError) -> None:
        log.error("somebody is needed", about=about, reason=str(wrong))
        self.needs[about] = str(wrong)
        key = f"alerted:{digest(str(wrong))}"  # one thing to mend may stop many environments
        if self._memory.read(key) is None:
            self._announce(str(wrong))
            self._memory.write(key, True, A_DAY)
