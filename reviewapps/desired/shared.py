"""Shared environments: which commit of what they follow they should run, and what holds it back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

from reviewapps.approval import NOTHING, Approved, Evidence, Missing, SignOff, judgement, stricter
from reviewapps.desired.own_rules import lacking, led_astray, nothing_to_judge_by, unreadable
from reviewapps.desired.verdicts import Asks, Held, Hold, Known, Leave, Run, Verdict, Way
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import ADOPTED, App, Environment, Follows, Lock, Over, Space, Tag, Tagging, Wanted
from reviewapps.naming import tag_digest
from reviewapps.rules import EnvironmentRules, Rules
from reviewapps.rules.freezing import frozen_until

TAGS_WEIGHED_AT_ONCE = 30
"""Of many new tags, so many are compared by date: each may cost two requests, once."""


MOST_OVERWRITTEN = 10
"""Tags that were seen at once with a newer one: more are not told."""

DRIFT = "somebody else deployed to its app; it is left alone until `redeploy` or `adopt`"


@dataclass
class Shared:
    """The verdicts on shared environments; collects on the way what is not known yet."""

    wanted: Wanted
    rules: Rules | BadRules
    grant: Grant
    space: Space
    known: Known
    now: datetime
    tags_asked: set[Tag] = field(default_factory=set)
    rules_asked: set[str] = field(default_factory=set)
    ways_asked: set[Way] = field(default_factory=set)

    def verdicts(self) -> dict[Environment, Verdict]:
        kinds = [kind for kind in self.grant.targets if kind != "review"]
        mine = {kind: Environment(self.wanted.repository.id, kind) for kind in kinds}
        found = {environment: self._verdict(environment) for environment in mine.values()}
        return {environment: verdict for environment, verdict in found.items() if verdict is not None}

    @property
    def asks(self) -> Asks:
        """What has to be known first."""
        return Asks(
            tags=frozenset(self.tags_asked),
            rules_at=frozenset(self.rules_asked),
            ways=frozenset(self.ways_asked),
        )

    def by_hand(self, environment: Environment, commit: str, ref: str) -> Hold | Leave | Approved:
        """What speaks against a commit that somebody sends where tags are followed, or for it: a tag would be
        asked for no less. Leave while something has to be known first, or where the rules cannot be read."""
        follows = None if isinstance(self.rules, BadRules) else self.rules.of(environment).follows
        if isinstance(self.rules, BadRules) or follows is None:
            return Leave()
        run = replace(self._run(environment, self.rules.of(environment)), commit=commit, source=ref)
        return self._hold(environment, run, follows, self.space.actual(environment).app)

    def _verdict(self, environment: Environment) -> Verdict | None:
        """None where there is nothing, and nothing says that there should be."""
        app = self.space.actual(environment).app
        if isinstance(self.rules, BadRules):
            return None if app is None else Leave()
        own = self.rules.of(environment)
        if own.follows is None:
            return None if app is None else Leave()
        verdict = self._judged(environment, own, own.follows, app)
        if app is None or not isinstance(verdict, Run | Held):
            return verdict
        hold = verdict.hold if isinstance(verdict, Held) else verdict.held
        notes = self._notes(environment, own.follows, app)
        return replace(verdict, notes=tuple(one for one in notes if hold is None or one not in hold.reasons))

    def _judged(
        self, environment: Environment, own: EnvironmentRules, follows: Follows, app: App | None
    ) -> Verdict | None:
        """The same, without what is only noted."""
        run = self._run(environment, own)
        goal: Verdict | None = (self._newest if follows.tags else self._head)(run, follows, app)
        if app is not None and has_drifted(app):
            commit = goal.commit if isinstance(goal, Run) else app.wished
            return Held(Hold(commit or "", "drift", (DRIFT,)))
        if goal is None:
            goal = None if app is None else (_as_before(run, app) or Leave())
        elif isinstance(goal, Run):
            goal = self._permitted(environment, goal, follows, app)
        return goal and self._by_rules_of_its_own(environment, goal, app)

    def _notes(self, environment: Environment, follows: Follows, app: App) -> Iterator[str]:
        """What lies on it, whether or not anything waits for that: somebody went back, a lock, a freeze."""
        pin, lock = app.pin, app.lock
        if pin is not None and pin.commit != ADOPTED and pin.over == head_of(self.wanted, follows):
            by = f" by {pin.who}" if pin.who else ""
            yield f"kept at {pin.commit[:7]}{by}, until the next merge or `unlock`"
        if lock is not None and lock.until > self.now:
            yield _locked(lock)
        found = self.known.rules_at.get(permitted_last(app) or "", self.rules)
        asked = self._or_of_the_default_branch(app.environment, found)
        ends = None if isinstance(asked, BadRules) else frozen_until(asked.of(environment).freeze, self.now)
        if ends is not None:
            yield _frozen(ends)

    def _run(self, environment: Environment, own: EnvironmentRules) -> Run:
        """To run something, with all that does not depend on what."""
        assert not isinstance(self.rules, BadRules)  # noqa: S101 - asked before
        return Run(
            "",
            self.grant.config(self.rules, environment),
            tags_seen=frozenset(),
            entrance=self.grant.entrance(environment.kind),
            deadline=own.deadline,
            app=own.app,
        )

    # --- what it follows ---

    def _newest(self, run: Run, follows: Follows, app: App | None) -> Run | Leave | None:
        """The newest tag that is new since the last look.

        A tag is new by name and object, so a moved tag is, and a deleted one that comes back is too; a deleted one
        deploys nothing, nor does one that means no commit. Nothing but a tag moves it, and nothing deletes it.
        """
        tags = followed_tags(self.wanted, follows)
        seen_now = tags_seen(tags)
        seen_before = (app.tags_seen if app is not None else None) or frozenset()
        new = [t for t in tags if tag_digest(t.name, t.object) not in seen_before]
        weighed = sorted(new, key=lambda t: (natural(t.name), t))[-TAGS_WEIGHED_AT_ONCE:]
        unknown = frozenset(t for t in weighed if t not in self.known.taggings)
        if unknown:
            self.tags_asked |= unknown
            return Leave()
        meant = {t: tagging for t in weighed if (tagging := self.known.taggings[t]) is not None}
        if meant:
            newest, *others = sorted(meant, key=lambda t: _made(t, meant[t]), reverse=True)
            commit = meant[newest].commit
            at_once = tuple(Over(t.name, meant[t].commit) for t in others if meant[t].commit != commit)
            over = overwritten(app, commit, self.now, at_once)
            return replace(run, commit=commit, source=newest.name, tags_seen=seen_now, over=over)
        before = _as_before(run, app) if app is not None else None
        return before and replace(before, tags_seen=seen_now)

    def _head(self, run: Run, follows: Follows, app: App | None) -> Run | None:
        """The head of its branch; the commit that somebody went back to, as long as the head is the one that was
        left for it. None while that is somebody else's, which was adopted."""
        repository = self.wanted.repository
        branch = follows.branch or repository.default_branch
        head = head_of(self.wanted, follows)
        pin = app.pin if app is not None else None
        commit = pin.commit if pin is not None and pin.over == head else head
        return None if commit in (None, ADOPTED) else replace(run, commit=commit, source=branch)

    # --- by whose rules ---

    def _by_rules_of_its_own(self, environment: Environment, found: Verdict, app: App | None) -> Verdict:
        """Where something is asked for, what runs is deployed by the rules at its own commit: those of the default
        branch may hold a command, variables or a service that nobody approved."""
        if not isinstance(found, Run):
            return found
        if found.commit == self.wanted.repository.head:  # another one may be the head when its source is read
            return replace(found, by_own_rules=True)
        if app is not None and _is_at_rest(app, found):
            return found
        asked = self._rules_there(environment, app)
        if asked is None:
            return Leave()
        wished = asked.of(environment).requires if isinstance(asked, Rules) else NOTHING
        if isinstance(asked, Rules) and self.grant.requires(environment.kind, wished).nothing:
            return found
        if found.commit not in self.known.rules_at:
            self.rules_asked.add(found.commit)
            return Leave()
        own = self.known.rules_at[found.commit]
        if isinstance(own, BadRules):
            return Held(found.held or unreadable(found.commit))
        none = lacking(
            found.commit, own, self.rules, found.source or "", self.wanted.repository.default_branch
        )
        if none is not None:
            return Held(found.held or none)
        config, wishes = self.grant.config(own, environment), own.of(environment)
        return replace(found, config=config, deadline=wishes.deadline, app=wishes.app, by_own_rules=True)

    # --- what holds it back ---

    def _permitted(self, environment: Environment, run: Run, follows: Follows, app: App | None) -> Verdict:
        """To run it, or to go on with what was permitted before while this one is held."""
        if app is not None and run.commit == app.wished:
            return replace(run, approved=_overridden(app, run))
        hold = self._hold(environment, run, follows, app)
        if isinstance(hold, Leave):
            return hold
        if isinstance(hold, Approved):
            return replace(run, approved=(*hold.why, *_overridden(app, run)))
        before = _as_before(run, app) if app is not None else None
        if before is None:
            return Held(hold)
        seen = app.tags_seen if app is not None else None
        return replace(before, held=hold, tags_seen=seen or frozenset())

    def _hold(
        self, environment: Environment, run: Run, follows: Follows, app: App | None
    ) -> Hold | Leave | Approved:
        if app is not None and app.pin is not None and app.pin.commit == run.commit:
            return Approved((f"chosen by {app.pin.who}",))
        overridden = bool(_overridden(app, run))
        if app is not None and app.lock is not None and app.lock.until > self.now and not overridden:
            return Hold(run.commit, "lock", (_locked(app.lock),))
        asked = self._rules_there(environment, app)
        if asked is None:
            return Leave()
        if isinstance(asked, BadRules):
            return nothing_to_judge_by(environment.kind, follows, run.commit)
        own = self._with_its_own(environment, asked.of(environment), run, app)
        if not isinstance(own, EnvironmentRules):
            return own
        ends = frozen_until(own.freeze, self.now)
        if ends is not None and not overridden:
            return Hold(run.commit, "freeze", (_frozen(ends),))
        return self._approved(environment, run, own, follows, app)

    def _with_its_own(
        self, environment: Environment, there: EnvironmentRules, run: Run, app: App | None
    ) -> EnvironmentRules | Hold | Leave:
        """What is asked for there. The first commit of a branch is asked for what it says itself as well, so that
        neither the default branch's rules nor its own lower the other's."""
        if permitted_last(app) is not None or run.tags_seen or run.commit == self.wanted.repository.head:
            return there
        if run.commit not in self.known.rules_at:
            self.rules_asked.add(run.commit)
            return Leave()
        brought = self.known.rules_at[run.commit]
        if isinstance(brought, BadRules):
            asked = self.grant.requires(environment.kind, there.requires)
            return there if asked.nothing else unreadable(run.commit)
        return replace(there, requires=stricter(there.requires, brought.of(environment).requires))

    def _rules_there(self, environment: Environment, app: App | None) -> Rules | BadRules | None:
        """The rules at the commit that runs there: no pull request lowers what is asked of itself. None where they
        have to be asked for first; where nothing of ours ever ran, those of the default branch."""
        there = permitted_last(app)
        if there is None:
            return self.rules
        if there not in self.known.rules_at:
            self.rules_asked.add(there)
            return None
        return self._or_of_the_default_branch(environment, self.known.rules_at[there])

    def _or_of_the_default_branch(
        self, environment: Environment, there: Rules | BadRules
    ) -> Rules | BadRules:
        """The same; those of the default branch where these cannot be read, and neither those nor the operator ask
        for anything: so one tag with a broken file holds up no other."""
        if isinstance(there, Rules) or isinstance(self.rules, BadRules):
            return there
        asked = self.grant.requires(environment.kind, self.rules.of(environment).requires)
        return self.rules if asked.nothing else there

    def _approved(
        self, environment: Environment, run: Run, own: EnvironmentRules, follows: Follows, app: App | None
    ) -> Hold | Leave | Approved:
        """Approvals are of pull requests into a branch. So what asks for some lets no tag pass, whatever
        rules made it follow tags."""
        requires = self.grant.requires(environment.kind, own.requires)
        if requires.nothing:
            return Approved()
        if requires.approvals and follows.tags:
            what = "is a tag" if run.tags_seen else "is sent where tags are followed"
            return Hold(
                run.commit, "approval", (f"{run.source} {what}, and approvals are counted on a branch",)
            )
        default = self.wanted.repository.default_branch
        if astray := led_astray(environment.kind, own.follows, follows, default):
            return Hold(run.commit, "rules", (astray,))
        way = Way(run.source or "", permitted_last(app), run.commit, requires)
        if way not in self.known.evidence:
            self.ways_asked.add(way)
            return Leave()
        evidence = _signed(self.known.evidence[way], app)
        judged = judgement(requires, evidence)
        if not isinstance(judged, Missing):
            return judged
        pulls = tuple(sorted({pull.number for pull in evidence.pulls}))
        return Hold(run.commit, "approval", (judged.words,), pulls)


def permitted_last(app: App | None) -> str | None:
    """What runs there; where it was stopped, and so lost its label, what was permitted last: else whoever makes
    it stop would have the next commit judged as if it were the first. Of what was taken over it is what was so
    before, for what was merged since was never permitted; else the head of that moment: from there on nothing
    lowers what is asked of itself. None where it is new."""
    if app is None or app.commit not in (None, ADOPTED):
        return None if app is None else app.commit
    pin = app.pin
    if app.wished or pin is None:
        return app.wished
    return pin.since or (pin.over or None if pin.commit == ADOPTED else None)


def _overridden(app: App | None, run: Run) -> tuple[str, ...]:
    """Who said that this commit goes in spite of what holds others; nothing where nobody did."""
    override = app.override if app is not None else None
    if override is None or override.commit != run.commit:
        return ()
    return (f"overridden by {override.who or 'hand'}",)


def _is_at_rest(app: App, run: Run) -> bool:
    """Whether nothing has to be done for it to run this."""
    attempt = app.attempt
    ended = attempt is None or attempt.refusal is not None or _is_over(app)
    return ended and app.started and (app.commit, app.config) == (run.commit, run.config)


def overwritten(
    app: App | None, commit: str, now: datetime, at_once: tuple[Over, ...] = ()
) -> tuple[Over, ...]:
    """The wishes that a new one, of this commit, takes the place of: those that were seen ``at_once`` with it, and
    the one before. None where nothing was followed yet, so that all tags are news."""
    if app is None or app.tags_seen is None:
        return ()
    attempt, before = app.attempt, app.wished
    mine = attempt is not None and attempt.commit == before
    if before is None or before == commit or (mine and attempt is not None and attempt.refusal is not None):
        return at_once[:MOST_OVERWRITTEN]
    earlier = max(0.0, (now - attempt.began).total_seconds()) if mine and attempt is not None else None
    last = Over(app.source, before, earlier, live=app.commit == before)
    return (*at_once[:MOST_OVERWRITTEN], last)


def has_drifted(app: App) -> bool:
    """Whether what the app has is not what we gave it, and nobody is about to give it anything."""
    attempt = app.attempt
    under_way = attempt is not None and attempt.refusal is None and not _is_over(app)
    known = app.live_droplet is not None and app.commit not in (None, ADOPTED)
    left = attempt.refusal.left if attempt is not None and attempt.refusal is not None else None
    return known and not under_way and app.droplet not in (app.live_droplet, left)


def _is_over(app: App) -> bool:
    attempt = app.attempt
    return attempt is None or (app.live_since is not None and app.live_since >= attempt.began)


def _as_before(run: Run, app: App) -> Run | None:
    """What was permitted last; None where nothing was."""
    return replace(run, commit=app.wished, source=app.source) if app.wished else None


def _signed(evidence: Evidence, app: App | None) -> Evidence:
    """With who signed the commit off by hand, which stands on the app."""
    signed = app.sign_offs if app is not None else ()
    return replace(evidence, sign_offs=tuple(SignOff(person, commit) for person, commit in signed))


def _locked(lock: Lock) -> str:
    return f"locked by {lock.who} until {_moment(lock.until)}: {lock.why}"


def _frozen(until: datetime) -> str:
    return f"frozen until {_moment(until)}"


def _moment(at: datetime) -> str:
    return f"{at:%d %b %H:%M} UTC"


def head_of(wanted: Wanted, follows: Follows) -> str | None:
    """The newest commit of the branch that is followed; None where tags are, or where there is no such branch."""
    if follows.tags:
        return None
    default = wanted.repository.default_branch
    branch = follows.branch or default
    return wanted.repository.head if branch == default else wanted.branches.get(branch)


def followed_tags(wanted: Wanted, follows: Follows) -> list[Tag]:
    """The tags that an environment may follow."""
    return [t for t in wanted.tags if any(fnmatchcase(t.name, pattern) for pattern in follows.tags)]


def tags_seen(tags: Iterable[Tag]) -> frozenset[str]:
    """What is to be remembered of tags that were seen."""
    return frozenset(tag_digest(t.name, t.object) for t in tags)


def _made(tag: Tag, tagging: Tagging) -> tuple[datetime, datetime, list[tuple[int, int, str]], Tag]:
    """When a tag was made, as far as that can be known: only annotated ones say so."""
    committed = tagging.committed_at
    return tagging.tagged_at or committed, committed, natural(tag.name), tag


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts dev-2 before dev-10.

    >>> sorted(["dev-10", "dev-2"], key=natural)
    ['dev-2', 'dev-10']
    """
    return list(_natural_parts(name))


def _natural_parts(name: str) -> Iterator[tuple[int, int, str]]:
    for part in re.findall(r"\d+|\D+", name):
        yield (1, int(part), "") if part.isdecimal() else (0, 0, part)


def branches_of(rules: Rules, kinds: Iterable[str]) -> frozenset[str]:
    """The branches, besides the default one, that environments of these kinds follow."""
    follows: Mapping[str, Follows | None] = {kind: rules.named(kind).follows for kind in kinds}
    return frozenset(one.branch for one in follows.values() if one is not None and one.branch)
