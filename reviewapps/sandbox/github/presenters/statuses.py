"""Commit statuses and check runs."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters import apps
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.repositories import minimal_repository
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, CheckRun, CommitStatus, Repository


def status(status: CommitStatus, repository: Repository, urls: Urls) -> JSON:
    """One status of a commit."""
    creator = simple_user(status.creator, urls)
    return {
        "id": status.id,
        "node_id": node_id("SC", status.id),
        "url": urls.repository(repository, "statuses", status.sha),
        "avatar_url": creator["avatar_url"],
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "creator": creator,
    }


def combined_status(latest: list[CommitStatus], sha: str, repository: Repository, urls: Urls) -> JSON:
    """The newest status of every context, and the state of all of them together."""
    statuses = [status(one, repository, urls) | {"required": None} for one in latest]
    return {
        "state": combined_state(latest),
        "sha": sha,
        "total_count": len(latest),
        "statuses": [{key: one[key] for key in one if key != "creator"} for one in statuses],
        "repository": minimal_repository(repository, urls),
        "commit_url": urls.repository(repository, "commits", sha),
        "url": urls.repository(repository, "commits", sha, "status"),
    }


def combined_state(latest: list[CommitStatus]) -> str:
    """``failure`` if one failed; ``pending`` if one is, or if there are none; else ``success``."""
    states = {one.state for one in latest}
    if states & {"failure", "error"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def check_run(run: CheckRun, repository: Repository, urls: Urls) -> JSON:
    """A check run, of the App that made it."""
    api = urls.repository(repository, "check-runs", run.id)
    output = {name: run.output.get(name) for name in ("title", "summary", "text")}
    return {
        "id": run.id,
        "node_id": node_id("CR", run.id),
        "name": run.name,
        "head_sha": run.head_sha,
        "url": api,
        "html_url": urls.page(repository, "runs", run.id),
        "details_url": run.details_url,
        "external_id": run.external_id,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "check_suite": {"id": suite(run, repository)[0].id},
        "app": apps.app(run.app, urls),
        "pull_requests": [],
        "output": output | {"annotations_count": 0, "annotations_url": f"{api}/annotations"},
    }


def suite(run: CheckRun, repository: Repository) -> list[CheckRun]:
    """All check runs of its App on its commit, oldest first: GitHub's suite, known by the first one's id."""
    return [
        one for one in repository.check_runs.values() if (one.app, one.head_sha) == (run.app, run.head_sha)
    ]


def check_suite(run: CheckRun, repository: Repository, urls: Urls) -> JSON:
    """The suite of a check run that ended, whose others ended as well."""
    runs = suite(run, repository)
    conclusions = {one.conclusion for one in runs}
    api = urls.repository(repository, "check-suites", runs[0].id)
    return {
        "id": runs[0].id,
        "node_id": node_id("CS", runs[0].id),
        "head_branch": None,
        "head_sha": run.head_sha,
        "status": "completed",
        "conclusion": "success" if conclusions <= {"success", "neutral", "skipped"} else "failure",
        "url": api,
        "check_runs_url": f"{api}/check-runs",
        "latest_check_runs_count": len(runs),
        "before": None,
        "after": run.head_sha,
        "pull_requests": [],
        "app": apps.app(run.app, urls),
        "created_at": runs[0].started_at,
        "updated_at": run.completed_at,
    }
