"""While the rules on the default branch cannot be read nothing new goes anywhere; but who has to go back may."""

from __future__ import annotations

from datetime import datetime

from reviewapps.desired.holding import DRIFT, kept, locked
from reviewapps.desired.inquiry import Inquiry
from reviewapps.desired.own_rules import unreadable
from reviewapps.desired.permitted import has_drifted, is_at_rest, spoken_for
from reviewapps.desired.verdicts import Held, Hold, Leave, Run
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import ADOPTED, App, Environment, Wanted
from reviewapps.rules import FILE, Rules


def without_rules(
    app: App, wanted: Wanted, grant: Grant, inquiry: Inquiry, now: datetime
) -> Run | Held | Leave | None:
    """What somebody went back to, by the rules at that commit, whatever was merged since; None where nobody
    did."""
    pin, environment, default = app.pin, app.environment, wanted.repository.default_branch
    if pin is None or pin.commit == ADOPTED:
        return None
    if has_drifted(app):
        return Held(Hold(pin.commit, "drift", (DRIFT,)))
    notes = tuple(note for note in (kept(pin), locked(app.lock, now)) if note is not None)
    own = inquiry.rules_at(pin.commit)
    if own is None:
        return Leave()
    none = lost(environment, pin.commit, own, default)
    if none is not None or isinstance(own, BadRules):
        return Held(none or unreadable(pin.commit), notes)
    wishes, config = own.of(environment), grant.config(own, environment)
    return Run(
        pin.commit,
        (app.config or config) if is_at_rest(app, pin.commit) else config,
        source=(wishes.follows.branch if wishes.follows is not None else None) or default,
        tags_seen=frozenset(),
        entrance=grant.entrance(environment.kind),
        deadline=wishes.deadline,
        app=wishes.app,
        approved=spoken_for(app, pin.commit, now),
        notes=notes,
        by_own_rules=True,
    )


def lost(environment: Environment, commit: str, own: Rules | BadRules, default_branch: str) -> Hold | None:
    """Why a commit cannot be deployed while the default branch's rules cannot be read; None where it can be. That
    those have a file and a commit of another branch has none is hardly meant."""
    if isinstance(own, BadRules):
        return unreadable(commit)
    follows = own.of(environment).follows
    if own.environments or follows is None or follows.branch in (None, default_branch):
        return None
    return Hold(
        commit, "rules", (f"{commit[:7]} has no {FILE}, and that of {default_branch} cannot be read",)
    )
