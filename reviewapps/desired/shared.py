"""Shared environments: which commit of what they follow they should run, and by whose rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from reviewapps.approval import Approved
from reviewapps.desired.case import Case
from reviewapps.desired.following import head_of
from reviewapps.desired.holding import DRIFT, frozen, hold, kept, locked
from reviewapps.desired.inquiry import Inquiry
from reviewapps.desired.own_rules import broken, lacking, unreadable
from reviewapps.desired.permitted import as_before, has_drifted, is_at_rest, overridden, spoken_for
from reviewapps.desired.tags import followed_tags, new_tags, newest_first, overwritten, tags_seen
from reviewapps.desired.verdicts import Held, Hold, Leave, Run, Verdict, Way
from reviewapps.desired.without_rules import without_rules
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import ADOPTED, App, Environment, Over, Space, Wanted
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Shared:
    """The verdicts on shared environments. While there is something to be asked, they are not final."""

    wanted: Wanted
    rules: Rules | BadRules
    grant: Grant
    space: Space
    inquiry: Inquiry
    now: datetime

    def verdicts(self) -> dict[Environment, Verdict]:
        """Nothing is said of where there is nothing, and nothing says that there should be."""
        kinds = [kind for kind in self.grant.targets if kind != "review"]
        mine = [Environment(self.wanted.repository.id, kind) for kind in kinds]
        found = {environment: self._in_words(environment) for environment in mine}
        return {environment: verdict for environment, verdict in found.items() if verdict is not None}

    def by_hand(self, environment: Environment, commit: str, ref: str) -> Hold | Leave | Approved:
        """What speaks against a commit that somebody sends where tags are followed, or for it: a tag would be
        asked for no less. Leave while something has to be known first, or where the rules cannot be read."""
        case = self._case(environment)
        if case is None:
            return Leave()
        judged = case if case.app is None or not _is_refused(case.app, commit) else _unwished(case, case.app)
        return hold(judged, replace(_run(case), commit=commit, source=ref))

    def anew(self, environment: Environment, commit: str) -> Hold | Leave | Approved:
        """What speaks against another try of a commit that was let go there once and refused, or for it. Leave
        while something has to be known first, or where the rules cannot be read."""
        case = self._case(environment)
        if case is None or case.app is None:
            return Leave()
        source = case.app.source if case.follows.tags else _branch(case)
        found = _anew(case, case.app, replace(_run(case), commit=commit, source=source))
        return Approved(_by(case, commit, found)) if isinstance(found, Approved) else found

    def _in_words(self, environment: Environment) -> Verdict | None:
        """The verdict, with what GitHub does not tell as its reason. People hear of that on their pull requests
        where it does not pass by itself."""
        alone = replace(self, inquiry=Inquiry(self.inquiry.known))
        verdict, untold = alone._verdict(environment), alone.inquiry.untold
        self.inquiry.include(alone.inquiry)
        if not untold or not isinstance(verdict, Leave):
            return verdict
        first = untold[0]
        if isinstance(first.question, Way) and first.operator:
            return Held(Hold(first.question.head, "approval", (first.words,)))
        return Leave(first.words)

    def _verdict(self, environment: Environment) -> Verdict | None:
        app, case = self.space.actual(environment).app, self._case(environment)
        if isinstance(self.rules, BadRules):
            rest = broken(self.rules, self.wanted.repository.default_branch)
            gone_back = app and without_rules(app, self.wanted, self.grant, self.inquiry, self.now)
            return None if app is None else (gone_back or rest)
        if case is None:
            return None if app is None else Leave()
        return _judged(case) if app is None else _noted(case, app, _judged(case))

    def _case(self, environment: Environment) -> Case | None:
        """None where nothing says what it follows."""
        if isinstance(self.rules, BadRules):
            return None
        follows, app = self.rules.of(environment).follows, self.space.actual(environment).app
        if follows is None:
            return None
        return Case(environment, app, self.wanted, self.rules, follows, self.grant, self.inquiry, self.now)


def _judged(case: Case) -> Verdict | None:
    """The verdict, without what is only noted."""
    goal: Verdict | None = (_newest if case.follows.tags else _head)(case)
    app = case.app
    if app is not None and has_drifted(app):
        commit = goal.commit if isinstance(goal, Run) else app.wished
        return Held(Hold(commit or "", "drift", (DRIFT,)))
    if goal is None:
        goal = None if app is None else (as_before(_run(case), app) or Leave())
    elif isinstance(goal, Run):
        goal = _permitted(case, goal)
    found = _by_rules_of_its_own(case, goal) if isinstance(goal, Run) else goal
    return _not_anew(case, found) if isinstance(found, Run) else found


def _noted(case: Case, app: App, verdict: Verdict | None) -> Verdict | None:
    """The verdict with what lies on it, but for what it tells as the reason of its hold."""
    if not isinstance(verdict, Run | Held):
        return verdict
    held = verdict.hold if isinstance(verdict, Held) else verdict.held
    notes = tuple(one for one in _notes(case, app) if held is None or one not in held.reasons)
    return replace(verdict, notes=notes)


def _notes(case: Case, app: App) -> Iterator[str]:
    """What lies on it, whether or not anything waits for that: somebody went back, a lock, a freeze."""
    if app.pin is not None and app.pin.over == head_of(case.wanted, case.follows) and (pin := kept(app.pin)):
        yield pin
    if lock := locked(app.lock, case.now):
        yield lock
    there = case.rules_there_as_known()
    if isinstance(there, Rules) and (freeze := frozen(there.of(case.environment), case.now)):
        yield freeze


def _run(case: Case) -> Run:
    """To run something, with all that does not depend on what."""
    environment, own = case.environment, case.rules.of(case.environment)
    return Run(
        "",
        case.grant.config(case.rules, environment),
        tags_seen=frozenset(),
        entrance=case.grant.entrance(environment.kind),
        deadline=own.deadline,
        app=own.app,
    )


def _newest(case: Case) -> Run | Leave | None:
    """The newest tag that is new since the last look; what ran before where none is.

    A deleted tag deploys nothing, nor does one that means no commit. Nothing but a tag moves it, and nothing
    deletes it.
    """
    app, tags = case.app, followed_tags(case.wanted, case.follows)
    meant = case.inquiry.meanings(new_tags(tags, app))
    if meant is None:
        return Leave()
    run = replace(_run(case), tags_seen=tags_seen(tags))
    if not meant:
        return as_before(run, app)
    newest, *others = newest_first(meant)
    commit, at_once = meant[newest].commit, tuple(Over(tag.name, meant[tag].commit) for tag in others)
    over = overwritten(app, commit, case.now, at_once)
    return replace(run, commit=commit, source=newest.name, over=over)


def _head(case: Case) -> Run | None:
    """The head of its branch; the commit that somebody went back to, as long as the head is the one that was
    left for it. None while that is somebody else's, which was adopted."""
    head, pin = head_of(case.wanted, case.follows), case.app.pin if case.app is not None else None
    commit = pin.commit if pin is not None and pin.over == head else head
    return None if commit in (None, ADOPTED) else replace(_run(case), commit=commit, source=_branch(case))


def _branch(case: Case) -> str:
    return case.follows.branch or case.wanted.repository.default_branch


def _permitted(case: Case, run: Run) -> Verdict:
    """To run it, or to go on with what was permitted before while this one is held."""
    app = case.app
    if app is not None and run.commit == app.wished:
        return replace(run, approved=spoken_for(app, run.commit, case.now))
    found = hold(case, run)
    if isinstance(found, Leave):
        return found
    if isinstance(found, Approved):
        return replace(run, approved=_by(case, run.commit, found))
    before = as_before(run, app)
    if app is None or before is None:
        return Held(found)
    return replace(before, held=found, tags_seen=app.tags_seen or frozenset())


def _by(case: Case, commit: str, found: Approved) -> tuple[str, ...]:
    """What speaks for the commit now: what was asked for, and whoever sent it past what holds others."""
    return tuple(dict.fromkeys((*found.why, *overridden(case.app, commit, case.now))))


def _not_anew(case: Case, found: Run) -> Verdict:
    """What was permitted and then refused is not tried anew, only because an operator's limits or this version
    are others by now, or because what it gave way to was taken back, while something holds it: a lock, a freeze,
    an approval that was taken back. It stays refused with the config that it had, so that whatever it left behind
    is still put in order."""
    app = case.app
    attempt = app.attempt if app is not None else None
    if app is None or attempt is None or attempt.refusal is None or attempt.commit != found.commit:
        return found
    gave_way = attempt.refusal.fault == "drift"
    if attempt.config == found.config and not gave_way:
        return found
    against = _anew(case, app, found)
    if isinstance(against, Leave):
        return against
    if isinstance(against, Approved):  # by what speaks for it now: who did so before may have been taken back
        return replace(found, approved=_by(case, found.commit, against))
    return replace(found, config=attempt.config, held=found.held or against, rests=True)


def _anew(case: Case, app: App, run: Run) -> Hold | Leave | Approved:
    """What holds a refused commit now. What somebody sent past all that, where tags are followed, needs no second
    word."""
    if case.follows.tags and (past := overridden(app, run.commit, case.now)):
        return Approved(past)
    return hold(_unwished(case, app), run)


def _unwished(case: Case, app: App) -> Case:
    """The case by which a refused commit is judged: where nothing of ours ran before it, its own wish is none that
    it could be judged from."""
    return replace(case, app=replace(app, wished=None))


def _is_refused(app: App, commit: str) -> bool:
    return app.attempt is not None and app.attempt.refusal is not None and app.attempt.commit == commit


# --- by whose rules ---


def _by_rules_of_its_own(case: Case, found: Run) -> Verdict:
    """Where something is asked for, what runs is deployed by the rules at its own commit: those of the default
    branch may hold a command, variables or a service that nobody approved."""
    app, repository = case.app, case.wanted.repository
    if found.commit == repository.head:  # another one may be the head when its source is read
        return replace(found, by_own_rules=True)
    if app is not None and is_at_rest(app, found.commit) and app.config == found.config:
        return found
    asked = case.rules_there()
    if asked is None:
        return Leave()
    if isinstance(asked, Rules) and case.requires(asked).nothing:
        return found
    own = case.inquiry.rules_at(found.commit)
    if own is None:
        return Leave()
    if isinstance(own, BadRules):
        return Held(found.held or unreadable(found.commit))
    none = lacking(found.commit, own, case.rules, found.source or "", repository.default_branch)
    if none is not None:
        return Held(found.held or none)
    config, wishes = case.grant.config(own, case.environment), own.of(case.environment)
    return replace(found, config=config, deadline=wishes.deadline, app=wishes.app, by_own_rules=True)
