"""Which permission an installation's token needs for which operation: GitHub's table, in broad strokes."""

from __future__ import annotations

import re

# The first line that begins like the rest of the path counts: any of these permissions will do.
_READING = (
    ("/hooks", ("repository_hooks",)),
    ("/branches/{branch}/protection", ("administration",)),
    ("/check-runs|/check-suites|/commits/{ref}/check-", ("checks",)),
    ("/statuses|/commits/{ref}/status", ("statuses",)),
    ("/commits/{commit_sha}/pulls|/pulls", ("pull_requests",)),
    ("/issues|/labels", ("issues", "pull_requests")),
    ("/deployments", ("deployments",)),
    ("/environments", ("actions", "environments")),
    (
        "/contents|/git/|/branches|/commits|/compare|/zipball|/tarball|/codeowners|/activity|/forks|/merges",
        ("contents",),
    ),
    ("", ("metadata",)),
)
_WRITING = (
    ("/issues/comments/{comment_id}/reactions|/issues/{issue_number}/reactions", ("issues",)),
    ("/pulls/{pull_number}/merge$", ("contents",)),
    ("/environments|/collaborators|/forks|$", ("administration",)),
    *_READING[:-1],
    ("", ("administration",)),
)
ALWAYS_ASKED = {"repository_hooks", "administration"}
"""These are needed in public repositories too; the others only for what is not public."""


def needed(method: str, template: str) -> tuple[tuple[str, ...], str] | None:
    """The permissions of which one is needed, and the level; None for what no installation may do at all."""
    reads = method in ("GET", "HEAD")
    level = "read" if reads else "write"
    repository = re.match(r"/repos/\{owner\}/\{repo\}", template)
    if repository:
        rest = template[repository.end() :]
        table = _READING if reads else _WRITING
        return next(names for paths, names in table if _begins(rest, paths)), level
    if template.startswith("/orgs/{org}/repos"):
        return ("administration",), level
    if re.match(r"/orgs/\{org\}/(members|teams)", template):
        return ("members",), level
    return None if template.startswith("/user/") or template == "/user" else (("metadata",), "read")


def _begins(rest: str, paths: str) -> bool:
    return any(rest == "" if path == "$" else _matches(rest, path) for path in paths.split("|"))


def _matches(rest: str, path: str) -> bool:
    return rest == path[:-1] if path.endswith("$") else rest.startswith(path)
