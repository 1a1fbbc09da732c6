"""The operations of the API, grouped as GitHub's documentation groups them."""

from __future__ import annotations

from reviewapps.sandbox.github.routes import (
    accounts,
    activity,
    app_settings,
    apps,
    archives,
    codeowners,
    collaborators,
    commits,
    contents,
    deployments,
    environments,
    graphql,
    hook_deliveries,
    hooks,
    issues,
    labels,
    limits,
    markdown,
    organizations,
    protection,
    pulls,
    reactions,
    refs,
    repositories,
    reviews,
    rulesets,
    statuses,
    webhook_faults,
    world,
)

# Paths with a greedy part come after those that merely begin like them.
ALL = (
    *(app_settings.routes, limits.routes, webhook_faults.routes),
    *(accounts.routes, apps.routes, hook_deliveries.routes, hooks.routes),
    *(organizations.routes, repositories.routes, collaborators.routes),
    *(contents.routes, archives.routes, markdown.routes),
    *(pulls.routes, reviews.routes, issues.routes, labels.routes, reactions.routes),
    *(
        deployments.routes,
        environments.routes,
        statuses.routes,
        protection.routes,
        rulesets.routes,
        codeowners.routes,
    ),
    *(activity.routes, refs.routes, commits.routes, graphql.routes, world.routes),
)
