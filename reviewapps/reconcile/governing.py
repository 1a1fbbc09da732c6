"""What somebody says of a shared environment by hand: written onto its app, and obeyed by every look that follows.

The same verbs whoever says them: a command now, a comment later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from reviewapps import steps
from reviewapps.approval import NOTHING
from reviewapps.desired import (
    Held,
    Hold,
    Leave,
    followed_tags,
    has_drifted,
    head_of,
    lost,
    overridden,
    overwritten,
    permitted_last,
    tags_seen,
)
from reviewapps.errors import AuthorMustAct, BadRules, ReviewAppsError
from reviewapps.model import ADOPTED, App, Attempt, Environment, Follows, Lock, Override, Pin
from reviewapps.naming import address
from reviewapps.plan import in_doubt
from reviewapps.ports import Lease
from reviewapps.reconcile.by_hand import asked_for, check_open, looked_again, was_refused
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import Judged, judged_alone, judged_by_hand, rules_at, rules_of
from reviewapps.rules import Rules

LONGEST: Final = timedelta(days=366)
"""That a lock may last: what lies in another age is not read again."""

PASSES_FOR: Final = timedelta(days=1)
"""That somebody's word sends a commit past what holds others: of the next freeze nobody thought."""


class Governing:
    """One environment, with the right to touch it. Each verb raises AuthorMustAct where it cannot be obeyed."""

    def __init__(self, means: Means, environment: Environment, lease: Lease) -> None:
        self._asked = address(environment, means.name)
        if not environment.shared:
            raise AuthorMustAct(f"{self._asked} is a preview; this is for environments that are shared")
        self._means, self._environment = means, environment
        self._seen: Judged = judged_alone(means, environment)
        odd = self._seen.space.unreadable.get(environment)
        if odd is not None:
            raise AuthorMustAct(
                f"{self._asked}: {odd}; take that away by hand (`cf curl`), and nothing is lost"
            )
        actual = self._seen.space.actual(environment)
        self._turn = Turn(means, environment, lease, self._seen.wanted, actual)

    def lock(self, who: str, why: str, until: datetime) -> None:
        """Let nobody's commit go there until then: nor what somebody sent past an earlier lock, where it did not
        go yet."""
        if until - self._means.now() > LONGEST:
            raise AuthorMustAct(f"{self._asked}: a lock lasts {LONGEST.days} days at most")
        app = self._turn.actual.app
        self._write(lock=Lock(who, why, until), override=_on_its_way(app) if app is not None else None)

    def unlock(self) -> tuple[str, ...]:
        """Let it follow again what it follows: no lock, and no commit that somebody went back to; what was ended,
        in words. What was adopted stays until the next merge, whose way is judged from what it says."""
        app = self._turn.actual.app
        if app is None:
            return ()
        pin = _adopted(app)
        self._write(lock=None, pin=pin)
        ended = [f"no longer locked by {app.lock.who}"] if app.lock is not None else []
        if app.pin is not None and app.pin != pin:
            then = "follows its branch again" if pin is None else "keeps what was adopted"
            ended.append(f"no longer kept at {app.pin.commit[:7]} by {app.pin.who}, and {then}")
        return tuple(ended)

    @property
    def signers(self) -> frozenset[str]:
        """The people and teams of whom a sign-off is asked there: by the rules on the default branch, by those at
        what runs, or by the operator."""
        there = permitted_last(self._turn.actual.app)
        asked = [rules_of(self._seen.wanted)] + ([rules_at(self._means.github, there)] if there else [])
        wishes = [one.of(self._environment).requires for one in asked if isinstance(one, Rules)]
        held = [self._means.grant.requires(self._environment.kind, wish) for wish in (NOTHING, *wishes)]
        return frozenset(name for one in held for some in one.sign_offs for name in some)

    def sign_off(self, person: str, commit: str) -> None:
        """Note that this person says of this very commit that it may go there."""
        signed = dict.fromkeys((*self._app.sign_offs, (person.lower(), commit)))
        self._write(sign_offs=tuple(signed)[-MOST_SIGN_OFFS:])

    def go_back(self, who: str, commit: str | None) -> str:
        """Let it run a commit that it ran before (None: the one before this), until the next merge or `unlock`;
        the commit. Data is not brought back. What was never deployed there may be named too, as a first deploy.
        That goes also while the rules on the default branch cannot be read, by those at the commit; while a deploy
        is under way, which is called off; and from what somebody else deployed, before which ours was."""
        head, app = self._head(self._follows_there()), self._turn.actual.app
        served = (app.commit or app.wished) if app is not None else None
        drifted = app is not None and has_drifted(app)
        back = commit or (served if drifted and served else self._before(served))
        if back not in (head, served) and not self._was_there(back, head):
            raise AuthorMustAct(
                f"{self._asked}: {back[:7]} is no part of what it follows, and never ran there"
            )
        runs, refused = app is not None and app.commit == back, was_refused(app, back)
        if runs and not (drifted or refused or self._is_left(back)):
            raise AuthorMustAct(f"{self._asked} runs {back[:7]} already")
        self._check_rules(back)
        since = permitted_last(app) if app is not None and app.commit == ADOPTED else None
        self._write(pin=Pin(back, head, who, since))
        if drifted or refused:
            self._begin(back)
        return back

    def send(self, ref: str, commit: str, who: str, *, override: bool = False) -> tuple[str, ...]:
        """Let a commit run where tags are followed, until the next new tag, if nothing speaks against it that
        would hold a tag; ``override`` passes that too, and is told with who said so. What it waits for still, in
        words.

        Where a branch is followed, only ``override`` can be said, of its newest commit alone, and it passes a lock
        or a freeze: what has to be approved still has to be."""
        follows = self._follows()
        self._check_drift()
        if not follows.tags:
            self._override(commit, who, override=override)
            self._try_again(commit)
            return self._still_asked(commit)
        seen = tags_seen(followed_tags(self._seen.wanted, follows))
        if self._turn.actual.app is None:
            raise AuthorMustAct(f"{self._asked} has no app yet: push a tag first")
        spoke = () if (app := self._app).wished != commit or was_refused(app, commit) else app.approved
        if override:
            self._write(override=Override(commit, who, self._means.now() + PASSES_FOR))
            spoke = tuple(dict.fromkeys((*spoke, *overridden(self._app, commit, self._means.now()))))
        else:
            spoke = tuple(dict.fromkeys((*spoke, *self._checked(ref, commit))))
        over = (
            overwritten(self._app, commit, self._means.now())
            if commit != self._app.wished
            else self._app.over
        )
        source = None if commit.startswith(ref) else ref
        self._turn.carry_out(steps.Remember(source, commit, seen, over=over, approved=spoke))
        if was_refused(self._turn.actual.app, commit):
            self._begin(commit)
        return ()

    # --- how ---

    @property
    def _app(self) -> App:
        app = self._turn.actual.app
        if app is None:
            raise AuthorMustAct(f"{self._asked} has no app yet")
        return app

    def _override(self, commit: str, who: str, *, override: bool) -> None:
        head = self._head(self._follows())
        if not override:
            raise AuthorMustAct(f"{self._asked} follows a branch: merge into it, or use `rollback`")
        if commit != head:
            raise AuthorMustAct(f"{self._asked} follows a branch, whose newest commit is {head[:7]}")
        app = self._turn.actual.app
        pin = app.pin if app is not None else None
        if pin is not None and pin.over == head and pin.commit != head:
            stays = "what was adopted" if pin.commit == ADOPTED else f"{pin.commit[:7]}, chosen by {pin.who}"
            out = "rollback" if pin.commit == ADOPTED else "unlock"
            raise AuthorMustAct(
                f"{self._asked} keeps {stays}, until the next merge; `{out}` comes first, which ends that"
            )
        self._write(override=Override(commit, who, self._means.now() + PASSES_FOR))

    def _try_again(self, commit: str) -> None:
        """Begin another attempt at what was refused. Raises where something holds it still."""
        if was_refused(self._turn.actual.app, commit):
            seen = looked_again(self._turn, self._seen.wanted)
            self._begin(commit, check_open(self._means, self._environment, seen, commit))

    def _still_asked(self, commit: str) -> tuple[str, ...]:
        """What holds a commit that passes locks and freezes, or that nobody can tell just now."""
        try:
            verdict = looked_again(self._turn, self._seen.wanted).verdict
        except ReviewAppsError as wrong:  # what was said is written down already
            return (str(wrong),)
        if isinstance(verdict, Leave):
            return (verdict.why or "what GitHub does not tell just now",)
        hold = verdict.hold if isinstance(verdict, Held) else getattr(verdict, "held", None)
        return hold.reasons if isinstance(hold, Hold) and hold.commit == commit else ()

    def _begin(self, commit: str, spoke: tuple[str, ...] | None = None) -> None:
        app = self._app
        config = (app.attempt.config if app.attempt is not None else app.config) or ""
        self._turn.carry_out(steps.Begin(asked_for(self._turn, commit, config, spoke)))

    def _check_drift(self) -> None:
        """Raise while nothing that we deploy goes there."""
        app = self._turn.actual.app
        if app is not None and has_drifted(app):
            raise AuthorMustAct(
                f"{self._asked} is held by drift, as somebody else deployed to its app: `redeploy` or `rollback` "
                "(ours again) or `adopt` (theirs, and then this) comes first"
            )

    def _is_left(self, served: str) -> bool:
        """Whether a deploy is under way to another commit than what is served."""
        app = self._turn.actual.app
        attempt = app.attempt if app is not None else None
        return attempt is not None and attempt.commit != served and in_doubt(self._turn.actual)

    def _checked(self, ref: str, commit: str) -> tuple[str, ...]:
        """What speaks for the commit. Raises while something keeps it out."""
        found = judged_by_hand(self._means, self._seen, lambda it: it.by_hand(self._environment, commit, ref))
        if not isinstance(found, Hold):
            return found.why
        why = " · ".join(found.reasons)
        raise AuthorMustAct(f"{self._asked}: {commit[:7]} may not go there: {why}; --override goes past it")

    def _write(self, **changes: object) -> None:
        if self._turn.actual.app is None and any(changes.values()):
            self._make_app()
        app = self._app
        now = steps.Govern(app.lock, app.pin, app.override, app.sign_offs)
        wanted = replace(now, **changes)  # type: ignore[arg-type]
        if wanted != now:
            self._turn.carry_out(wanted)

    def _make_app(self) -> None:
        """Make the app, so that there is something to write on before the first deploy. Its attempt is for no
        config, so that it is never gone on with."""
        asked, turn = rules_of(self._seen.wanted), self._turn
        if isinstance(asked, BadRules) or not self._means.grant.allows(self._environment.kind):
            raise AuthorMustAct(f"{self._asked} has no app yet, and nothing may be deployed there")
        terms, named = turn.terms(), asked.of(self._environment).app
        attempt = Attempt(terms.attempt, self._seen.wanted.repository.head, "", terms.now)
        turn.carry_out(steps.CreateApp((named,) if named else terms.names, attempt))

    def _follows(self) -> Follows:
        asked = rules_of(self._seen.wanted)
        if isinstance(asked, BadRules):
            branch = self._seen.wanted.repository.default_branch
            raise AuthorMustAct(
                f"{self._asked}: the rules on {branch} cannot be read: nothing goes there until they are mended"
            )
        return self._said(asked)

    def _follows_there(self) -> Follows:
        """The same; while the default branch's rules cannot be read, by those at the commit that runs there."""
        there = permitted_last(self._turn.actual.app)
        if there is None or isinstance(rules_of(self._seen.wanted), Rules):
            return self._follows()
        found = rules_at(self._means.github, there)
        return self._follows() if isinstance(found, BadRules) else self._said(found)

    def _said(self, asked: Rules) -> Follows:
        follows = asked.of(self._environment).follows
        if follows is None:
            raise AuthorMustAct(f"{self._asked}: nothing says what it follows")
        return follows

    def _head(self, follows: Follows) -> str:
        """The newest commit of the branch that it follows, which is not looked at while no rules name it."""
        if follows.tags:
            raise AuthorMustAct(f"{self._asked} follows tags: `deploy` sends it any commit")
        head = head_of(self._seen.wanted, follows) or self._means.github.commit(f"heads/{follows.branch}")
        if head is None:
            raise AuthorMustAct(f"{self._asked}: the branch that it follows is not there")
        return head

    def _check_rules(self, back: str) -> None:
        """Raise where a commit cannot be deployed by its own rules, and nothing else says how."""
        if isinstance(rules_of(self._seen.wanted), Rules):
            return
        own, branch = rules_at(self._means.github, back), self._seen.wanted.repository.default_branch
        none = lost(self._environment, back, own, branch)
        if none is not None:
            raise AuthorMustAct(f"{self._asked}: {' · '.join(none.reasons)}: name another commit")

    def _was_there(self, commit: str, head: str) -> bool:
        """Whether it is part of the branch, or was live here: GitHub shows the commits of all forks as if they
        were the repository's own."""
        past = self._means.github.history(self._environment)
        ran = any(one.commit == commit and one.state == "success" for one in past)
        return ran or self._means.github.contains(head, commit)

    def _before(self, served: str | None) -> str:
        """What was live before, as GitHub's deployments know; not what somebody went back from already."""
        past = self._means.github.history(self._environment)
        came = next((one.began_at for one in past if one.commit == served), None)
        app = self._turn.actual.app
        pin = (
            app.pin if app is not None else None
        )  # what was adopted lies over what ran before it, which is meant
        left = (served, pin.over if pin is not None and pin.commit != ADOPTED else None)
        for one in past:
            if one.state == "success" and one.commit not in left and (came is None or one.began_at < came):
                return one.commit
        raise AuthorMustAct(f"{self._asked}: GitHub shows nothing that was live before; name the commit")


def _on_its_way(app: App) -> Override | None:
    """Who sent there past all that holds others what is about to begin, or under way: `history` tells of them."""
    override, attempt = app.override, app.attempt
    if override is None or override.commit != app.wished:
        return None
    refused = attempt is not None and attempt.commit == override.commit and attempt.refusal is not None
    return None if refused else override


def _adopted(app: App) -> Pin | None:
    """The pin that is there by adoption, also where somebody went back since, and was not there yet."""
    pin = app.pin
    if pin is None or pin.commit == ADOPTED:
        return pin
    return Pin(ADOPTED, pin.over, since=pin.since) if pin.since is not None and app.wished is None else None


MOST_SIGN_OFFS = 20
