"""Operations of GitHub's that the pruned document leaves out, by the schema that they answer with."""

from __future__ import annotations

from typing import Any

URN = "urn:github"
REPO = "/repos/{owner}/{repo}"
REVIEW = REPO + "/pulls/{pull_number}/reviews/{review_id}"
PROTECTION = REPO + "/branches/{branch}/protection"
REVIEW_RULE = PROTECTION + "/required_pull_request_reviews"
STATUS_RULE = PROTECTION + "/required_status_checks"
TEAM = "/orgs/{org}/teams/{team_slug}"
OF_COMMENT = REPO + "/issues/comments/{comment_id}/reactions"
OF_ISSUE = REPO + "/issues/{issue_number}/reactions"

ONE = {
    "full-repository": (f"POST /user/repos POST /orgs/{{org}}/repos PATCH {REPO} POST {REPO}/forks"),
    "git-ref": f"PATCH {REPO}/git/refs/{{ref}}",
    "label": f"POST {REPO}/labels GET {REPO}/labels/{{name}} PATCH {REPO}/labels/{{name}}",
    "pull-request-review": (
        f"GET {REVIEW} PUT {REVIEW} DELETE {REVIEW} POST {REVIEW}/events PUT {REVIEW}/dismissals"
    ),
    "pull-request-simple": (
        f"POST {REPO}/pulls/{{pull_number}}/requested_reviewers "
        f"DELETE {REPO}/pulls/{{pull_number}}/requested_reviewers"
    ),
    "branch-protection": f"PUT {PROTECTION}",
    "protected-branch-pull-request-review": f"GET {REVIEW_RULE} PATCH {REVIEW_RULE}",
    "protected-branch-required-status-check": f"GET {STATUS_RULE} PATCH {STATUS_RULE}",
    "protected-branch-admin-enforced": f"GET {PROTECTION}/enforce_admins POST {PROTECTION}/enforce_admins",
    "reaction": f"POST {OF_ISSUE}",
    "team": f"POST /orgs/{{org}}/teams GET {TEAM}",
    "integration": "GET /apps/{app_slug}",
    "hook": f"GET {REPO}/hooks/{{hook_id}}",
    "webhook-config": f"GET {REPO}/hooks/{{hook_id}}/config PATCH {REPO}/hooks/{{hook_id}}/config",
}
MANY = {
    "repository": f"GET /user/repos GET {TEAM}/repos",
    "status": f"GET {REPO}/statuses/{{ref}}",
    "simple-user": f"GET /orgs/{{org}}/members GET {TEAM}/members",
    "nullable-collaborator": f"GET {REPO}/collaborators",
    "team": f"GET /orgs/{{org}}/teams GET {REPO}/teams",
    "label": f"GET {REPO}/labels PUT {REPO}/issues/{{issue_number}}/labels",
    "reaction": f"GET {OF_COMMENT} GET {OF_ISSUE}",
}
# Not even their schemas are in the document: the members that GitHub demands.
MEMBERS = {
    "sha node_id url author committer message tree parents": f"GET {REPO}/git/commits/{{commit_sha}}",
    "id name enforcement source conditions rules": (
        f"POST {REPO}/rulesets GET {REPO}/rulesets/{{ruleset_id}} PUT {REPO}/rulesets/{{ruleset_id}}"
    ),
    "url role state": f"GET {TEAM}/memberships/{{username}} PUT {TEAM}/memberships/{{username}}",
    "url role state organization_url organization user": (
        "GET /orgs/{org}/memberships/{username} PUT /orgs/{org}/memberships/{username}"
    ),
}


_SHA = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
ACTIVITY: dict[str, Any] = {
    "type": "object",
    "required": ["id", "node_id", "before", "after", "ref", "timestamp", "activity_type", "actor"],
    "properties": {
        "id": {"type": "integer"},
        "node_id": {"type": "string"},
        "before": _SHA,
        "after": _SHA,
        "ref": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
        "activity_type": {
            "enum": [
                "push",
                "force_push",
                "branch_deletion",
                "branch_creation",
                "pr_merge",
                "merge_queue_merge",
            ]
        },
        "actor": {"nullable": True, "allOf": [{"$ref": f"{URN}#/components/schemas/simple-user"}]},
    },
}


def _operations(words: str) -> list[tuple[str, str]]:
    every = words.split()
    return list(zip(every[::2], every[1::2], strict=True))


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": f"{URN}#/components/schemas/{name}"}


LEFT_OUT: dict[tuple[str, str], dict[str, Any]] = {
    **{key: _schema(name) for name, words in ONE.items() for key in _operations(words)},
    **{
        key: {"type": "array", "items": _schema(name)}
        for name, words in MANY.items()
        for key in _operations(words)
    },
    **{
        key: {"type": "object", "required": members.split()}
        for members, words in MEMBERS.items()
        for key in _operations(words)
    },
    ("GET", f"{REPO}/rulesets"): {"type": "array"},
    ("GET", f"{REPO}/activity"): {"type": "array", "items": ACTIVITY},
    ("POST", f"{REPO}/check-runs/{{check_run_id}}/rerequest"): {"type": "object", "maxProperties": 0},
    ("PUT", f"{REPO}/pulls/{{pull_number}}/update-branch"): {
        "type": "object",
        "required": ["message", "url"],
    },
    ("POST", "/graphql"): {"type": "object"},  # graphql-core holds answers to the schema
}
