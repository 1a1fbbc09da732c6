"""The operations of the API, grouped as GitHub's documentation groups them."""

from __future__ import annotations

from reviewapps.sandbox.github.routes import (
    accounts,
    commits,
    contents,
    deployments,
    issues,
    pulls,
    refs,
    repositories,
    statuses,
    world,
)

# Paths with a greedy part come after those that merely begin like them.
ALL = (
    *(accounts.routes, repositories.routes, contents.routes, pulls.routes, issues.routes),
    *(deployments.routes, statuses.routes, refs.routes, commits.routes, world.routes),
)
