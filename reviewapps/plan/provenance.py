"""Why something is built and not copied; what is waited for where nothing is built."""

from __future__ import annotations

from dataclasses import replace

from reviewapps import steps
from reviewapps.model import Abroad, Actual, App, Attempt, Refusal
from reviewapps.plan.terms import Terms
from reviewapps.steps import Next, Wait

MOST = 3
"""So many environments are named whose droplets bear no signature."""


def explained(app: App, attempt: Attempt, actual: Actual, terms: Terms, *, failed: bool) -> Next | None:
    """Write down that it is about to be built, and of a shared environment why; None where that is done. (A
    preview is built because it is new, which needs no words.) ``failed``: a copy was tried."""
    if not app.environment.shared:
        return None if attempt.copied_from is None else steps.Begin(replace(attempt, copied_from=None))
    if attempt.because:
        return None
    return steps.Begin(replace(attempt, because=_why(attempt, actual, terms, failed), copied_from=None))


def awaited(attempt: Attempt, actual: Actual, terms: Terms) -> Next:
    """Wait for a droplet that may run where nothing is built, and say so; in the end, give up."""
    lacking = _lacking(actual.abroad, terms)
    if terms.is_late(attempt):
        minutes = int(terms.deadline.total_seconds() // 60)
        message = f"nothing is built here, and within {minutes} min there was {lacking}"
        return steps.Refuse(Refusal("copy", message, terms.now))
    if attempt.because != lacking:
        return steps.Begin(replace(attempt, because=lacking, copied_from=None))
    return Wait(f"a build that may run here; there is {lacking}", depends=True)


def _why(attempt: Attempt, actual: Actual, terms: Terms, failed: bool) -> str:
    if attempt.fresh:
        return "somebody asked for a new build"
    if failed:
        return "the copy of a build failed"
    return f"there was {_lacking(actual.abroad, terms)}"


def _lacking(abroad: Abroad | None, terms: Terms) -> str:
    """What there is not, and what there is instead."""
    if abroad is None or not terms.sources:
        return "no build of it"
    if not abroad.signed and not abroad.unsigned and not abroad.unread:
        return f"no build of it in {_listed(terms.sources)}"
    others = dict.fromkeys(
        one.built_by for one in abroad.signed
    )  # what is as it was signed would have been taken
    odd = [f"{name}: starts by other commands than were signed" for name in [*others][:MOST]]
    odd += [f"{name}: unsigned" for name in abroad.unsigned[:MOST]]
    odd += [f"{place}: not ours to read" for place in abroad.unread]
    return f"no signed build in {_listed(terms.sources)} ({'; '.join(odd)})"


def _listed(places: tuple[str, ...]) -> str:
    return " or ".join(places)
