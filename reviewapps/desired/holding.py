"""What holds a commit back from a shared environment, or speaks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reviewapps.approval import Approved, Missing, judgement, stricter
from reviewapps.desired.case import Case
from reviewapps.desired.own_rules import led_astray, nothing_to_judge_by, unreadable
from reviewapps.desired.permitted import overridden, permitted_last, signed
from reviewapps.desired.verdicts import Hold, Leave, Run, Way
from reviewapps.errors import BadRules
from reviewapps.model import ADOPTED, Lock, Pin
from reviewapps.rules import EnvironmentRules
from reviewapps.rules.freezing import frozen_until

DRIFT = "somebody else deployed to its app; it is left alone until `redeploy` or `adopt`"


def hold(case: Case, run: Run) -> Hold | Leave | Approved:
    """The first of what speaks against it. Leave while something has to be known first."""
    app, free = case.app, bool(overridden(case.app, run.commit, case.now))
    if app is not None and app.pin is not None and app.pin.commit == run.commit:
        return Approved((f"chosen by {app.pin.who}",))
    if not free and app is not None and (lock := locked(app.lock, case.now)):
        return Hold(run.commit, "lock", (lock,))
    asked = case.rules_there()
    if asked is None:
        return Leave()
    if isinstance(asked, BadRules):
        return nothing_to_judge_by(case.environment.kind, case.follows, run.commit)
    own = _with_its_own(case, asked.of(case.environment), run)
    if not isinstance(own, EnvironmentRules):
        return own
    if not free and (freeze := frozen(own, case.now)):
        return Hold(run.commit, "freeze", (freeze,))
    return _approved(case, run, own)


def locked(lock: Lock | None, now: datetime) -> str | None:
    """That nobody's commit may go there, by whose word and until when; None where that is not so."""
    if lock is None or lock.until <= now:
        return None
    return f"locked by {lock.who} until {_moment(lock.until)}: {lock.why}"


def kept(pin: Pin) -> str | None:
    """That somebody went back to a commit, and until when that holds; None of what was adopted."""
    by = f" by {pin.who}" if pin.who else ""
    return (
        None if pin.commit == ADOPTED else f"kept at {pin.commit[:7]}{by}, until the next merge or `unlock`"
    )


def frozen(own: EnvironmentRules, now: datetime) -> str | None:
    """That it is frozen, and until when; None where it is not."""
    ends = frozen_until(own.freeze, now)
    return None if ends is None else f"frozen until {_moment(ends)}"


def _with_its_own(case: Case, there: EnvironmentRules, run: Run) -> EnvironmentRules | Hold | Leave:
    """What is asked for there. The first commit of a branch is asked for what it says itself as well, so that
    neither the default branch's rules nor its own lower the other's."""
    if permitted_last(case.app) is not None or run.tags_seen or run.commit == case.wanted.repository.head:
        return there
    brought = case.inquiry.rules_at(run.commit)
    if brought is None:
        return Leave()
    if isinstance(brought, BadRules):
        asked = case.grant.requires(case.environment.kind, there.requires)
        return there if asked.nothing else unreadable(run.commit)
    return replace(there, requires=stricter(there.requires, brought.of(case.environment).requires))


def _approved(case: Case, run: Run, own: EnvironmentRules) -> Hold | Leave | Approved:
    """Approvals are of pull requests into a branch. So what asks for some lets no tag pass, whatever
    rules made it follow tags."""
    kind, default = case.environment.kind, case.wanted.repository.default_branch
    requires = case.grant.requires(kind, own.requires)
    if requires.nothing:
        return Approved()
    if requires.approvals and case.follows.tags:
        what = "is a tag" if run.tags_seen else "is sent where tags are followed"
        told = f"{run.source} {what}, and approvals are counted on a branch"
        return Hold(run.commit, "approval", (told, _without_approvals(case)))
    if astray := led_astray(kind, own.follows, case.follows, default):
        return Hold(run.commit, "rules", (astray,))
    evidence = case.inquiry.evidence(Way(run.source or "", permitted_last(case.app), run.commit, requires))
    if evidence is None:
        return Leave()
    judged = judgement(requires, signed(evidence, case.app))
    if not isinstance(judged, Missing):
        return judged
    pulls = tuple(sorted({pull.number for pull in evidence.pulls}))
    out = f"only an operator brings it there (`reviewapps rollback {kind} {run.commit[:7]}`)"
    by_hand = any(reason.by_hand for reason in judged.reasons)
    unapproved = any(reason.pull is not None for reason in judged.reasons)
    words = (judged.words, out) if by_hand else (judged.words,)
    return Hold(run.commit, "approval", words, pulls, unapproved)


def _without_approvals(case: Case) -> str:
    """How tags pass: no rules that follow some ask for approvals themselves."""
    kind = case.environment.kind
    floor = case.grant.floors.get(kind)
    if floor is not None and floor.approvals:
        return f"an operator asks for none with {no_approvals(kind)}"
    return (
        f"the rules at what runs there ask for some: `reviewapps deploy {kind} REF --override` goes past them"
    )


def no_approvals(kind: str) -> str:
    """What an operator says who asks for no approvals of what goes to such an environment."""
    return f"`requires = {{ {kind} = {{ approvals = 0 }} }}`"


def _moment(at: datetime) -> str:
    return f"{at:%d %b %H:%M} UTC"
