"""The table of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from reviewapps.doctor import about_cloudfoundry, about_databases, about_github, about_grants, about_us
from reviewapps.doctor.finding import Finding
from reviewapps.doctor.seen import Seen

CHECKS: Final[tuple[Callable[[Seen], Iterator[Finding]], ...]] = (
    about_us.settings,
    about_github.account,
    about_github.repositories,
    about_grants.grants,
    about_cloudfoundry.targets,
    about_cloudfoundry.access,
    about_databases.databases,
    about_us.redis,
    about_us.slack,
    about_us.page,
    about_us.webhooks,
    about_us.machine,
)
"""What is told, in this order. A check judges what was looked at, and looks at nothing itself."""


def examined(seen: Seen) -> list[Finding]:
    """What is to be said of all that was seen."""
    return [finding for check in CHECKS for finding in check(seen)]
