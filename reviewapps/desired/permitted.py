"""What the app of a shared environment tells: what runs there, what was permitted, and who has a hand in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reviewapps.approval import Evidence, SignOff
from reviewapps.desired.verdicts import Run
from reviewapps.model import ADOPTED, App


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


def as_before(run: Run, app: App | None) -> Run | None:
    """What was permitted last; None where nothing was."""
    if app is None or app.wished is None:
        return None
    return replace(run, commit=app.wished, source=app.source, approved=app.approved)


def has_drifted(app: App) -> bool:
    """Whether what the app has is not what we gave it, and nobody is about to give it anything."""
    attempt = app.attempt
    under_way = attempt is not None and attempt.refusal is None and not _is_over(app)
    known = app.live_droplet is not None and app.commit not in (None, ADOPTED)
    left = attempt.refusal.left if attempt is not None and attempt.refusal is not None else None
    return known and not under_way and app.droplet not in (app.live_droplet, left)


def is_at_rest(app: App, commit: str) -> bool:
    """Whether it runs this commit, and nothing is under way."""
    attempt = app.attempt
    ended = attempt is None or attempt.refusal is not None or _is_over(app)
    return ended and app.started and app.commit == commit


def overridden(app: App | None, commit: str, now: datetime) -> tuple[str, ...]:
    """Who said that this commit goes in spite of what holds others; nothing where nobody did, or that is over."""
    override = app.override if app is not None else None
    if (
        override is None
        or override.commit != commit
        or (override.until is not None and override.until <= now)
    ):
        return ()
    return (f"overridden by {override.who or 'hand'}",)


def spoken_for(app: App | None, commit: str, now: datetime) -> tuple[str, ...]:
    """All that the app tells of what speaks for a commit: as it was written down when that was permitted, and who
    chose it since, or sent it past what holds others."""
    if app is None:
        return ()
    then = app.approved if commit == app.wished else ()
    chosen = (f"chosen by {app.pin.who}",) if app.pin is not None and app.pin.commit == commit else ()
    return tuple(dict.fromkeys((*then, *chosen, *overridden(app, commit, now))))


def signed(evidence: Evidence, app: App | None) -> Evidence:
    """With who signed the commit off by hand, which stands on the app."""
    signs = app.sign_offs if app is not None else ()
    return replace(evidence, sign_offs=tuple(SignOff(person, commit) for person, commit in signs))


def _is_over(app: App) -> bool:
    attempt = app.attempt
    return attempt is None or (app.live_since is not None and app.live_since >= attempt.began)
