"""Builds of merged previews that something still waits for: what was reviewed is what should run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reviewapps.desired.following import head_of
from reviewapps.desired.verdicts import Absent, Verdict
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import App, Environment, PullRequest, Space, Wanted
from reviewapps.rules import Rules


def with_builds_kept(
    verdicts: Mapping[Environment, Verdict],
    pulls: Iterable[PullRequest],
    wanted: Wanted,
    rules: Rules | BadRules,
    grant: Grant,
    space: Space,
) -> dict[Environment, Verdict]:
    """The verdicts, where a preview keeps its build that a shared environment may still take: its merge is the
    head of what is followed there, and neither runs there nor was refused. So each keeps at most one."""
    kept = dict(verdicts)
    waiting = {} if isinstance(rules, BadRules) else _waiting(wanted, rules, grant, space)
    for pull in pulls if waiting else ():
        environment = Environment.of_pull_request(wanted.repository.id, pull.number)
        verdict, app = kept.get(environment), space.actual(environment).app
        whose = waiting.get(pull.merged_as or "")
        if isinstance(verdict, Absent) and whose is not None and app is not None and app.droplet is not None:
            kept[environment] = replace(verdict, kept_for=whose)
    return kept


def _waiting(wanted: Wanted, rules: Rules, grant: Grant, space: Space) -> dict[str, str]:
    """The heads that have not come to what follows them, each with the name of one such environment."""
    found: dict[str, str] = {}
    for kind in sorted(grant.targets.keys() - {"review"}):
        follows = rules.named(kind).follows
        head = head_of(wanted, follows) if follows is not None and grant.uses_previews_builds(kind) else None
        app = space.actual(Environment(wanted.repository.id, kind)).app
        if head is not None and not _is_decided(app, head):
            found[head] = kind
    return found


def _is_decided(app: App | None, head: str) -> bool:
    """Whether it runs there, or was refused."""
    attempt = app.attempt if app is not None else None
    refused = attempt is not None and attempt.commit == head and attempt.refusal is not None
    return refused or (app is not None and app.commit == head)
