"""Rulesets: read by everybody, written by admins."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.presenters import protection as present
from reviewapps.sandbox.github.protection.rules import rulesets
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Ruleset

routes = Routes()
PARAMETERS = {
    "pull_request": (
        "required_approving_review_count",
        "dismiss_stale_reviews_on_push",
        "require_code_owner_review",
        "require_last_push_approval",
        "required_review_thread_resolution",
    ),
    "required_status_checks": ("required_status_checks", "strict_required_status_checks_policy"),
}
CHECK = {"context": str, "integration_id": int}
PARAMETER_SHAPES: dict[str, Shape] = {
    "required_approving_review_count": int,
    **dict.fromkeys(PARAMETERS["pull_request"][1:], bool),
    "required_status_checks": [CHECK],
    "strict_required_status_checks_policy": bool,
    "merge_method": str,
}
RULESET: dict[str, Shape] = {
    "name": str,
    "enforcement": str,
    "conditions": {"ref_name": {"include": [str], "exclude": [str]}},
    "rules": [{"type": str, "parameters": PARAMETER_SHAPES}],
    "bypass_actors": [{"actor_id": int, "actor_type": str, "bypass_mode": str}],
}
WITHOUT = ("creation", "update", "deletion", "required_linear_history", "non_fast_forward", "merge_queue")


@routes.on("GET", "/repos/{owner}/{repo}/rules/branches/{branch}")
async def rules_of_branch(call: Call) -> Answer:
    """The rules of all active rulesets for a branch, whether it exists or not."""
    source = {"ruleset_source_type": "Repository", "ruleset_source": call.repository.full_name}
    found = [(rule, one) for one in rulesets(call.repository, call.word("branch")) for rule in one.rules]
    return call.listing(found, lambda both: both[0] | source | {"ruleset_id": both[1].id})


@routes.on("GET", "/repos/{owner}/{repo}/rulesets")
async def all_rulesets(call: Call) -> Answer:
    """The rulesets."""
    return call.listing(list(call.repository.rulesets.values()), lambda one: _presented(call, one))


@routes.on("POST", "/repos/{owner}/{repo}/rulesets")
async def create_ruleset(call: Call) -> Answer:
    """A new ruleset."""
    call.require_admin()
    now, wanted = call.world.clock.timestamp, await call.wanted(**RULESET)
    made = Ruleset(call.world.next_id(), text(wanted, "Ruleset", "name"), "active", [], [], [], [], now, now)
    _write(made, wanted)
    call.repository.rulesets[made.id] = made
    return Answer(_presented(call, made), 201)


@routes.on("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
async def one_ruleset(call: Call) -> Answer:
    """A ruleset."""
    return Answer(_presented(call, _ruleset(call)))


@routes.on("PUT", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
async def update_ruleset(call: Call) -> Answer:
    """A ruleset, changed as far as the body says."""
    call.require_admin()
    found = _ruleset(call)
    _write(found, await call.wanted(**RULESET))
    found.updated_at = call.world.clock.timestamp
    return Answer(_presented(call, found))


@routes.on("DELETE", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
async def delete_ruleset(call: Call) -> Answer:
    """A ruleset gone."""
    call.require_admin()
    del call.repository.rulesets[_ruleset(call).id]
    return Answer(status=204)


def _write(one: Ruleset, wanted: JSON) -> None:
    said = {name: value for name, value in wanted.items() if value is not None}
    rules, enforcement = said.get("rules", one.rules), said.get("enforcement", one.enforcement)
    for rule in rules:
        _require_known(rule)
    if enforcement not in ("active", "disabled", "evaluate"):
        raise invalid("Ruleset", "enforcement")
    refs = said.get("conditions", {}).get("ref_name") or {}
    one.name, one.enforcement, one.rules = said.get("name", one.name), enforcement, rules
    one.include, one.exclude = refs.get("include") or one.include, refs.get("exclude") or one.exclude
    one.bypass_actors = said.get("bypass_actors", one.bypass_actors)


def _require_known(rule: JSON) -> None:
    kind, given = rule.get("type"), rule.get("parameters") or {}
    missing = [name for name in PARAMETERS.get(str(kind), ()) if given.get(name) is None]
    nameless = any(not one.get("context") for one in given.get("required_status_checks") or [])
    if (kind not in WITHOUT and kind not in PARAMETERS) or missing or nameless:
        raise Refused(422, "Validation Failed", [f"Invalid rule '{kind}'"])


def _ruleset(call: Call) -> Ruleset:
    found = call.repository.rulesets.get(call.number("ruleset_id"))
    if found is None:
        raise not_found()
    return found


def _presented(call: Call, one: Ruleset) -> JSON:
    return present.ruleset(one, call.repository, call.urls)
