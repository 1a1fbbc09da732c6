"""Rules that pull requests bring: looked at before they are merged, and told where they are changed.

They are only read. What holds is what the default branch says, whatever a pull request makes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha1
from typing import Final, cast

import structlog

from reviewapps.desired import Held, permitted_last
from reviewapps.errors import BadRules, LeaseLost, ReviewAppsError
from reviewapps.grants import Mistake, mistakes, named
from reviewapps.model import Environment, PullRequest, Wanted
from reviewapps.outcome import Mark
from reviewapps.reconcile.means import Means
from reviewapps.reconcile.turn import Turn
from reviewapps.reconcile.view import Judged, rules_at, rules_of
from reviewapps.report.untrusted import mistakes as fitting
from reviewapps.rules import FILE, Rules
from reviewapps.rules.rules import REVIEW

log = structlog.get_logger()

HEADS: Final = "rules of heads"
"""By head: what git calls the rules that it brings, "" where they are those of the default branch."""

FOUND: Final = "mistakes"
TOLD: Final = "mistakes told"
GONE: Final = "gone"
TWO_WEEKS: Final = 14 * 24 * 3600.0
AT_ONCE: Final = 20
"""Pull requests that are looked at after one look, where many bring rules."""


def bringing(means: Means, wanted: Wanted) -> frozenset[Environment]:
    """The environments of pull requests that bring rules of their own, and were not told lately what of these
    would not work. One question for all heads that are new."""
    if REVIEW in means.grant.elsewhere:
        return frozenset()  # it is another installation's to say
    open_ = [pr for pr in wanted.pull_requests if pr.open]
    try:
        own = _own(means, wanted, [pr.commit for pr in open_])
    except ReviewAppsError as wrong:
        log.warning("rules of pull requests not read", repository=means.name, reason=str(wrong))
        return frozenset()
    untold = [pr for pr in open_ if own.get(pr.commit) and means.remembered(TOLD, pr.commit) is None]
    newest = sorted(untold, key=lambda pr: pr.number, reverse=True)[:AT_ONCE]
    return frozenset(Environment.of_pull_request(wanted.repository.id, pr.number) for pr in newest)


def proposed(turn: Turn, seen: Judged) -> tuple[str, ...]:
    """What of the rules that its pull request brings would not work, in words; its commit is told as well.

    Nobody waits for this: what cannot be found out now is found out later.
    """
    means, environment = turn.means, turn.environment
    pr = _pull_request(seen.wanted, environment)
    if pr is None or REVIEW in means.grant.elsewhere:
        return ()
    try:
        return _proposed(turn, seen, pr)
    except LeaseLost:
        raise
    except ReviewAppsError as wrong:
        log.warning("rules of a pull request not read", environment=environment.key, reason=str(wrong))
        return ()


def note_told(means: Means, wanted: Wanted, environment: Environment) -> None:
    """Remember that the pull request was told of what was found, if it was found out."""
    pr = _pull_request(wanted, environment)
    found = None if pr is None else means.remembered(FOUND, pr.commit)
    if pr is not None and found is not None:
        means.remember(True, means.pace.whole if found else TWO_WEEKS, TOLD, pr.commit)


def _proposed(turn: Turn, seen: Judged, pr: PullRequest) -> tuple[str, ...]:
    means = turn.means
    if not _own(means, seen.wanted, [pr.commit])[pr.commit]:
        return ()
    known = means.remembered(FOUND, pr.commit)
    if known is not None:
        return tuple(cast("list[str]", known))
    if not means.github.changes_rules(pr.base, pr.commit):
        _forget(means, pr.commit)
        return ()
    found = fitting((one.words for one in _mistakes(means, seen, pr)), means.secrets)
    turn.mark(_mark(pr.commit, found))
    means.remember(list(found), means.pace.whole if found else TWO_WEEKS, FOUND, pr.commit)
    return found


def _pull_request(wanted: Wanted, environment: Environment) -> PullRequest | None:
    """The one that the environment follows, while it is open."""
    mine = (pr for pr in wanted.pull_requests if pr.number == environment.number)
    return next((pr for pr in mine if pr.open), None)


def _mistakes(means: Means, seen: Judged, pr: PullRequest) -> list[Mistake]:
    try:
        text = means.github.proposed_rules(pr.commit)
    except BadRules as broken:
        return [Mistake(0, str(broken))]
    if text is None:
        return []
    asked = named(text, means.grant)
    if pr.fork:  # a stranger does not learn here who and which teams there are
        asked = replace(asked, people=frozenset(), teams=frozenset())
    unknown = means.github.unknown(asked)
    today, repository = rules_of(seen.wanted), seen.wanted.repository
    now = today if isinstance(today, Rules) and pr.base == repository.default_branch else None
    there = dict(_astray(means, seen)) if now is not None else {}
    return mistakes(text, repository, means.instance, means.grant, unknown, now, there)


def _astray(means: Means, seen: Judged) -> Iterator[tuple[str, Rules]]:
    """The shared environments that today's rules would lead elsewhere, each with the rules at what runs there: who
    takes those back leads it nowhere."""
    for environment, verdict in seen.desired.verdicts.items():
        hold = verdict.hold if isinstance(verdict, Held) else getattr(verdict, "held", None)
        commit = permitted_last(seen.space.actual(environment).app)
        if hold is not None and hold.why == "rules" and commit is not None:
            there = rules_at(means.github, commit)
            if isinstance(there, Rules):
                yield environment.kind, there


def _mark(commit: str, found: tuple[str, ...]) -> Mark:
    if not found:
        return Mark(commit, "rules", "success", f"{FILE} can be used once it is merged")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Mark(commit, "rules", "failure", f"{FILE}, {found[0]}{more}")


# --- which heads bring any ---


def _own(means: Means, wanted: Wanted, heads: Iterable[str]) -> dict[str, str]:
    """By head, what git calls the rules that it brings; "" where they are those of the default branch."""
    known = cast("dict[str, str]", means.remembered(HEADS) or {})
    new = [head for head in dict.fromkeys(heads) if head not in known]
    if not new:
        return known
    usual, found = _default(wanted), means.github.rules_blobs(new)
    brought = {head: "" if blob == usual else blob or GONE for head, blob in found.items()}
    open_ = {pr.commit for pr in wanted.pull_requests if pr.open} | set(new)
    known = {head: blob for head, blob in {**known, **brought}.items() if head in open_}
    means.remember(known, TWO_WEEKS, HEADS)
    return known


def _forget(means: Means, head: str) -> None:
    """Remember that this head brings none of its own: only the branch that it came from had others."""
    known = cast("dict[str, str]", means.remembered(HEADS) or {})
    means.remember({**known, head: ""}, TWO_WEEKS, HEADS)


def _default(wanted: Wanted) -> str | None:
    """What git calls the rules of the default branch; None where there are none."""
    if wanted.rules_broken is not None:
        return ""
    if wanted.rules_text is None:
        return None
    text = wanted.rules_text.encode()
    return sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()
