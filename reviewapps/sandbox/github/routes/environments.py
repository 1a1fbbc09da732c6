"""Environments: places to deploy to, and what must be waited for there."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters.protection import environment
from reviewapps.sandbox.github.refusals import invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Environment

routes = Routes()
ONE = "/repos/{owner}/{repo}/environments/{environment_name}"
POLICY = {"protected_branches": bool, "custom_branch_policies": bool}
SHAPE: dict[str, Shape] = {
    "wait_timer": int,
    "prevent_self_review": bool,
    "reviewers": [{"type": str, "id": int}],
    "deployment_branch_policy": POLICY,
}
LONGEST_WAIT = 43_200  # minutes: thirty days


@routes.on("GET", "/repos/{owner}/{repo}/environments")
async def environments(call: Call) -> Answer:
    """The environments."""
    found = list(call.repository.environments.values())
    shown, headers = call.page(found)
    told = {"total_count": len(found), "environments": [_presented(call, one) for one in shown]}
    return Answer(told, headers=headers)


@routes.on("GET", ONE)
async def one(call: Call) -> Answer:
    """An environment."""
    return Answer(_presented(call, _environment(call)))


@routes.on("PUT", ONE)
async def write(call: Call) -> Answer:
    """An environment, made or changed. What the body does not say is as if it said: nothing."""
    call.require("admin")
    wanted = await call.wanted(**SHAPE)
    wait, reviewers = wanted.get("wait_timer") or 0, wanted.get("reviewers") or []
    if not 0 <= wait <= LONGEST_WAIT:
        raise invalid("Environment", "wait_timer")
    if len(reviewers) > 6:
        raise invalid("Environment", "reviewers")
    found = call.world.environment(call.repository, call.word("environment_name"))
    found.wait_timer, found.updated_at = wait, call.world.clock.timestamp
    found.reviewers = [(one.get("type") or "User", one.get("id") or 0) for one in reviewers]
    found.prevent_self_review = bool(wanted.get("prevent_self_review"))
    policy = wanted.get("deployment_branch_policy")
    found.branch_policy = policy and {name: bool(policy.get(name)) for name in POLICY}
    return Answer(_presented(call, found))


@routes.on("DELETE", ONE)
async def delete(call: Call) -> Answer:
    """An environment gone; its deployments stay."""
    call.require("admin")
    del call.repository.environments[_environment(call).name.lower()]
    return Answer(status=204)


def _environment(call: Call) -> Environment:
    found = call.repository.environments.get(call.word("environment_name").lower())
    if found is None:
        raise not_found()
    return found


def _presented(call: Call, one: Environment) -> JSON:
    people = {user.id: user for user in call.world.users.values()}
    return environment(one, call.repository, people, call.urls)
