"""How the newest attempt of an app ended."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from reviewapps.model import App
from reviewapps.plan.attempts import is_over


def ended(app: App) -> tuple[Literal["live", "failed"], datetime] | None:
    """How its newest attempt ended, and when; None while it lasts, or where somebody took it away."""
    attempt = app.attempt
    if attempt is None:
        return None
    if attempt.refusal is not None:
        return None if attempt.refusal.fault == "destroyed" else ("failed", attempt.refusal.at)
    if app.live_since is None or not is_over(app, attempt):
        return None
    return ("live", app.live_since)


def newest_attempt(app: App) -> str | None:
    """The id of its newest attempt: of the one that went live, where an earlier one was written down late."""
    attempt = app.attempt
    if attempt is None:
        return None
    return app.live_by if app.live_by is not None and is_over(app, attempt) else attempt.id
