"""Commit statuses and check runs."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.checks import latest_check_runs, latest_statuses
from reviewapps.sandbox.github.deployments import require_short
from reviewapps.sandbox.github.presenters import statuses as present
from reviewapps.sandbox.github.refusals import Refused, forbidden, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, App, CheckRun, CommitStatus

routes = Routes()
STATES = ("error", "failure", "pending", "success")
MOST_STATUSES = 1000  # of one context on one commit
STATUS: dict[str, Shape] = dict.fromkeys(("state", "context", "description", "target_url"), str)
RUN: dict[str, Shape] = {
    **dict.fromkeys(("name", "head_sha", "status", "conclusion", "started_at", "completed_at"), str),
    **dict.fromkeys(("details_url", "external_id"), str),
    "output": {"title": str, "summary": str, "text": str},
}
RUN_STATES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = (
    "success",
    "failure",
    "neutral",
    "cancelled",
    "skipped",
    "timed_out",
    "action_required",
)
CHANGEABLE = (
    "name",
    "started_at",
    "completed_at",
    "details_url",
    "external_id",
    "output",
)


@routes.on("POST", "/repos/{owner}/{repo}/statuses/{sha}")
async def create_status(call: Call) -> Answer:
    """A new status of a commit."""
    user, wanted = call.require_write(), await call.wanted(**STATUS)
    if wanted.get("state") not in STATES:
        raise invalid("Status", "state")
    require_short("Status", wanted.get("description"))
    sha, context = await call.commit_named(call.word("sha")), wanted.get("context") or "default"
    if sum((one.sha, one.context) == (sha, context) for one in call.repository.statuses) >= MOST_STATUSES:
        message = "This SHA and context has reached the maximum number of statuses."
        raise invalid("Status", "context", message)
    status = CommitStatus(
        id=call.world.next_id(),
        sha=sha,
        state=wanted["state"],
        context=context,
        description=wanted.get("description"),
        target_url=wanted.get("target_url"),
        creator=user,
        created_at=call.world.clock.timestamp,
    )
    call.repository.statuses.append(status)
    await call.engine.events.announce("status", None, call.repository, user, status=status)
    return Answer(present.status(status, call.repository, call.urls), 201)


@routes.on("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses")
@routes.on("GET", "/repos/{owner}/{repo}/statuses/{ref}")
async def statuses(call: Call) -> Answer:
    """All statuses of a commit, newest first."""
    sha = await call.commit_named(call.word("ref"))
    found = [one for one in reversed(call.repository.statuses) if one.sha == sha]
    return call.listing(found, lambda one: present.status(one, call.repository, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/commits/{ref}/status")
async def combined(call: Call) -> Answer:
    """The newest status of each context, and what they say together."""
    sha = await call.commit_named(call.word("ref"))
    latest = latest_statuses(call.repository, sha)
    return Answer(present.combined_status(latest, sha, call.repository, call.urls))


@routes.on("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs")
async def check_runs(call: Call) -> Answer:
    """The check runs of a commit, the latest of each name (or `?filter=all`), of `?check_name=`, `?status=`."""
    sha, name = await call.commit_named(call.word("ref")), call.query("check_name")
    latest = call.query("filter", "latest") == "latest"
    found = latest_check_runs(call.repository, sha) if latest else list(call.repository.check_runs.values())
    status = call.query("status")
    found = [
        run for run in found if run.head_sha == sha and name in ("", run.name) and status in ("", run.status)
    ]
    shown, headers = call.page(found)
    runs = [present.check_run(run, call.repository, call.urls) for run in shown]
    return Answer({"total_count": len(found), "check_runs": runs}, headers=headers)


@routes.on("POST", "/repos/{owner}/{repo}/check-runs")
async def create_check_run(call: Call) -> Answer:
    """A new check run, which only Apps may make."""
    app, wanted = _require_app(call), await call.wanted(**RUN)
    run = CheckRun(
        id=call.world.next_id(),
        name=text(wanted, "CheckRun", "name"),
        head_sha=await call.commit_named(text(wanted, "CheckRun", "head_sha")),
        status=wanted.get("status") or "queued",
        conclusion=None,
        started_at=wanted.get("started_at") or call.world.clock.timestamp,
        completed_at=None,
        details_url=wanted.get("details_url") or app.external_url,
        external_id=wanted.get("external_id") or "",
        output=wanted.get("output") or {},
        app=app,
    )
    _conclude(call, run, wanted)
    call.repository.check_runs[run.id] = run
    await _announce(call, "created", run)
    if run.status == "completed":
        await _announce_end(call, run)
    return Answer(present.check_run(run, call.repository, call.urls), 201)


@routes.on("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}")
async def check_run(call: Call) -> Answer:
    """A check run."""
    return Answer(present.check_run(_check_run(call), call.repository, call.urls))


@routes.on("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}")
async def update_check_run(call: Call) -> Answer:
    """A check run, further on."""
    app, run, wanted = _require_app(call), _check_run(call), await call.wanted(**RUN)
    if run.app is not app:
        raise forbidden(f"Invalid app_id `{app.id}` - check run can only be modified by its own App.")
    completed = run.status == "completed"
    _conclude(call, run, wanted)
    for name in CHANGEABLE:
        if wanted.get(name) is not None:
            setattr(run, name, wanted[name])
    if run.status == "completed" and not completed:
        await _announce_end(call, run)
    return Answer(present.check_run(run, call.repository, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest")
async def rerequest(call: Call) -> Answer:
    """A check run asked for again; its App is told."""
    call.require_write()
    await _announce(call, "rerequested", _check_run(call))
    return Answer({}, 201)


async def _announce(call: Call, action: str, run: CheckRun) -> None:
    await call.engine.events.announce("check_run", action, call.repository, call.user, check_run=run)


async def _announce_end(call: Call, run: CheckRun) -> None:
    """Tell of a check run that ended, and of its suite where it was the last."""
    await _announce(call, "completed", run)
    repository, events = call.repository, call.engine.events
    if all(one.status == "completed" for one in present.suite(run, repository)):
        ended = present.check_suite(run, repository, events.urls)
        await events.announce("check_suite", "completed", repository, call.user, check_suite=ended)


def _require_app(call: Call) -> App:
    call.require_write()
    if call.asker.via is None:
        raise forbidden("You must authenticate via a GitHub App.")
    return call.asker.via


def _conclude(call: Call, run: CheckRun, wanted: JSON) -> None:
    """End the run if it has a conclusion now; begin it anew if it is under way again."""
    conclusion, status = wanted.get("conclusion"), wanted.get("status")
    if status not in (None, *RUN_STATES):
        raise invalid("CheckRun", "status")
    if conclusion not in (None, *CONCLUSIONS):
        raise invalid("CheckRun", "conclusion")
    if status == "completed" and not conclusion:
        raise Refused(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
    if conclusion:
        run.status, run.conclusion = "completed", conclusion
        run.completed_at = wanted.get("completed_at") or call.world.clock.timestamp
    elif status is not None:
        run.status, run.conclusion, run.completed_at = status, None, None


def _check_run(call: Call) -> CheckRun:
    found = call.repository.check_runs.get(call.number("check_run_id"))
    if found is None:
        raise not_found()
    return found
