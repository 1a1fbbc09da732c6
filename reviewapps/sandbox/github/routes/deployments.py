"""Deployments and their statuses."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters import deployments as present
from reviewapps.sandbox.github.refusals import invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Deployment, DeploymentStatus

routes = Routes()
DEPLOYMENT: dict[str, Shape] = {
    **dict.fromkeys(("ref", "task", "environment", "description"), str),
    **dict.fromkeys(("auto_merge", "transient_environment", "production_environment"), bool),
    "required_contexts": [str],
}
STATUS: dict[str, Shape] = {
    **dict.fromkeys(("state", "description", "environment", "environment_url", "log_url", "target_url"), str),
    "auto_inactive": bool,
}
FILTERS = ("sha", "ref", "task", "environment")


@routes.on("GET", "/repos/{owner}/{repo}/deployments")
async def deployments(call: Call) -> Answer:
    """The deployments of `?sha=`, `?ref=`, `?task=` and `?environment=`, newest first."""
    wanted = {name: call.query(name) for name in FILTERS if call.query(name)}
    found = [
        one
        for one in reversed(call.repository.deployments.values())
        if all(getattr(one, name) == value for name, value in wanted.items())
    ]
    return call.listing(found, lambda one: present.deployment(one, call.repository, call.urls))


@routes.on("POST", "/repos/{owner}/{repo}/deployments")
async def create(call: Call) -> Answer:
    """A new deployment; 202 where the default branch was merged into its branch instead."""
    user, wanted, repository = call.require_write(), await call.wanted(**DEPLOYMENT), call.repository
    if not isinstance(wanted.get("payload") or "", str | dict):
        raise invalid("Deployment", "payload")
    made = await call.engine.deployments.create(repository, user, wanted, call.asker.via)
    if made is None:
        merged = f"Auto-merged {repository.default_branch} into {wanted['ref']} on deployment."
        return Answer({"message": merged}, 202)
    return Answer(present.deployment(made, repository, call.urls), 201)


@routes.on("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}")
async def one(call: Call) -> Answer:
    """A deployment."""
    return Answer(present.deployment(_deployment(call), call.repository, call.urls))


@routes.on("DELETE", "/repos/{owner}/{repo}/deployments/{deployment_id}")
async def delete(call: Call) -> Answer:
    """A deployment removed, if it is not active."""
    call.require_write()
    call.engine.deployments.delete(call.repository, _deployment(call))
    return Answer(status=204)


@routes.on("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
async def statuses(call: Call) -> Answer:
    """The statuses of a deployment, newest first."""
    deployment = _deployment(call)
    return call.listing(deployment.statuses[::-1], lambda status: _status(call, status, deployment))


@routes.on("POST", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
async def create_status(call: Call) -> Answer:
    """A new status of a deployment."""
    user, deployment, wanted = call.require_write(), _deployment(call), await call.wanted(**STATUS)
    made = await call.engine.deployments.add_status(call.repository, deployment, user, wanted, call.asker.via)
    return Answer(_status(call, made, deployment), 201)


def _status(call: Call, status: DeploymentStatus, deployment: Deployment) -> JSON:
    return present.deployment_status(status, deployment, call.repository, call.urls)


def _deployment(call: Call) -> Deployment:
    found = call.repository.deployments.get(call.number("deployment_id"))
    if found is None:
        raise not_found()
    return found
