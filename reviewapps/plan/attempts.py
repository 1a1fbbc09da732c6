"""Where an attempt is: under way, over, or in doubt."""

from __future__ import annotations

from datetime import datetime, timedelta

from reviewapps.desired import Run
from reviewapps.model import Actual, App, Attempt


def is_live(app: App, run: Run) -> bool:
    """Whether the app is known to serve this commit with this config, and no attempt is under way."""
    serves = app.started and (app.commit, app.config) == (run.commit, run.config)
    attempt = app.attempt
    return serves and (attempt is None or attempt.refusal is not None or is_over(app, attempt))


def in_doubt(actual: Actual) -> bool:
    """Whether a request of an attempt may still be in flight, and bring back what is deleted now."""
    attempts = [(app, app.attempt) for app in actual.apps if app.attempt is not None]
    return any(_is_open(a) and not is_over(app, a) for app, a in attempts)


def _is_open(attempt: Attempt) -> bool:
    """Whether it was not refused before it came to an end. That somebody took it away may have come in between."""
    return attempt.refusal is None or attempt.refusal.fault == "destroyed"


def is_over(app: App, attempt: Attempt) -> bool:
    """Whether the attempt ended well: the app went live after it began."""
    return app.live_since is not None and app.live_since >= attempt.began


def began_after(app: App, now: datetime) -> datetime:
    """When an attempt begins: after what went live before, also where a clock ahead of ours wrote that down."""
    return now if app.live_since is None else max(now, app.live_since + timedelta.resolution)
