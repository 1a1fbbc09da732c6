"""What a hook may be told about itself: where it leads, what it listens to."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters.hooks import HIDDEN
from reviewapps.sandbox.github.refusals import invalid
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Hook

EVENTS = (
    *("*", "branch_protection_rule", "check_run", "check_suite", "code_scanning_alert", "commit_comment"),
    *("create", "delete", "deploy_key", "deployment", "deployment_status", "discussion", "fork", "gollum"),
    *("issue_comment", "issues", "label", "member", "membership", "merge_group", "meta", "milestone"),
    *("organization", "package", "page_build", "ping", "project", "public", "pull_request"),
    *("pull_request_review", "pull_request_review_comment", "pull_request_review_thread", "push"),
    *("registry_package", "release", "repository", "repository_ruleset", "star", "status", "team"),
    *("team_add", "watch", "workflow_dispatch", "workflow_job", "workflow_run"),
)

CONFIG: dict[str, Shape] = {"url": str, "content_type": str, "secret": str}
HOOK: dict[str, Shape] = {
    "config": CONFIG,
    "events": [str],
    "active": bool,
    "add_events": [str],
    "remove_events": [str],
}
"""The shapes of what a body may say."""


def configure(hook: Hook, config: JSON, *, anew: bool = False) -> None:
    """Set what ``config`` says; ``anew``: what it does not say becomes as at first, the secret too."""
    if "url" in config:
        hook.url = url_of(config)
    content_type = config.get("content_type", "form" if anew else hook.content_type)
    if content_type not in ("json", "form"):
        raise invalid("Hook", "config", "content_type is not included in the list")
    hook.content_type = content_type
    secret = config.get("secret", "" if anew else hook.secret)
    hook.secret = hook.secret if secret == HIDDEN else secret or ""
    hook.insecure_ssl = str(config.get("insecure_ssl", "0" if anew else hook.insecure_ssl))


def config_of(wanted: JSON) -> JSON:
    """The configuration that the body must have; 422 without it."""
    config = wanted.get("config")
    if not isinstance(config, dict):
        raise invalid("Hook", "config", code="missing_field")
    return config


def url_of(config: JSON) -> str:
    """The address of a configuration. Other than on GitHub it may be on this very machine."""
    url = config.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise invalid("Hook", "url", "url is missing or has no http(s) scheme")
    return url


def events_of(wanted: object) -> list[str]:
    """The events that a body lists; 422 for none, or for one that GitHub does not know."""
    if not isinstance(wanted, list) or not wanted or any(one not in EVENTS for one in wanted):
        raise invalid("Hook", "events")
    return list(dict.fromkeys(wanted))
