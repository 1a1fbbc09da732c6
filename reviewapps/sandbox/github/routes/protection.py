"""The protection of branches."""

from __future__ import annotations

from dataclasses import replace

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters import protection as present
from reviewapps.sandbox.github.refusals import Refused, invalid, not_found
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import Shape
from reviewapps.sandbox.github.state import JSON, Protection, ReviewRule, StatusRule

routes = Routes()
OF_BRANCH = "/repos/{owner}/{repo}/branches/{branch}/protection"
MUST_SAY = ("required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions")
REVIEWS: dict[str, Shape] = {
    "required_approving_review_count": int,
    "dismiss_stale_reviews": bool,
    "require_code_owner_reviews": bool,
    "require_last_push_approval": bool,
}
STATUSES: dict[str, Shape] = {"strict": bool, "contexts": [str], "checks": [{"context": str, "app_id": int}]}
PROTECTION: dict[str, Shape] = {
    "required_status_checks": STATUSES,
    "required_pull_request_reviews": REVIEWS,
    "enforce_admins": bool,
    "restrictions": dict,
    **dict.fromkeys(present.FLAGS, bool),
}


@routes.on("GET", OF_BRANCH + "/required_pull_request_reviews")
async def review_rule(call: Call) -> Answer:
    """What the branch asks of reviews."""
    return _reviews(call, await _protected(call))


@routes.on("PATCH", OF_BRANCH + "/required_pull_request_reviews")
async def update_review_rule(call: Call) -> Answer:
    """The same, changed as far as the body says."""
    found = await _protected(call)
    found.reviews = _review_rule(await call.wanted(**REVIEWS), found.reviews or ReviewRule(count=1))
    return _reviews(call, found)


@routes.on("DELETE", OF_BRANCH + "/required_pull_request_reviews")
async def drop_review_rule(call: Call) -> Answer:
    """Reviews are asked for no more."""
    (await _protected(call)).reviews = None
    return Answer(status=204)


def _reviews(call: Call, found: Protection) -> Answer:
    if found.reviews is None:
        raise not_found()
    return Answer(present.review_rule(found.reviews, f"{_url(call)}/required_pull_request_reviews"))


@routes.on("GET", OF_BRANCH + "/required_status_checks")
async def status_rule(call: Call) -> Answer:
    """What the branch asks of statuses."""
    return _statuses(call, await _protected(call))


@routes.on("PATCH", OF_BRANCH + "/required_status_checks")
async def update_status_rule(call: Call) -> Answer:
    """The same, changed as far as the body says."""
    found = await _protected(call)
    if found.statuses is None:
        raise Refused(404, "Required status checks not enabled")
    found.statuses = _status_rule(await call.wanted(**STATUSES), found.statuses)
    return _statuses(call, found)


@routes.on("DELETE", OF_BRANCH + "/required_status_checks")
async def drop_status_rule(call: Call) -> Answer:
    """Statuses are asked for no more."""
    (await _protected(call)).statuses = None
    return Answer(status=204)


def _statuses(call: Call, found: Protection) -> Answer:
    if found.statuses is None:
        raise Refused(404, "Required status checks not enabled")
    return Answer(present.status_rule(found.statuses, f"{_url(call)}/required_status_checks"))


@routes.on("GET", OF_BRANCH + "/enforce_admins")
async def enforcement(call: Call) -> Answer:
    """Whether admins are held to it."""
    return Answer(present.enforcement(await _protected(call), _url(call)))


@routes.on("POST", OF_BRANCH + "/enforce_admins")
async def enforce(call: Call) -> Answer:
    """Admins are held to it too."""
    found = await _protected(call)
    found.enforce_admins = True
    return Answer(present.enforcement(found, _url(call)))


@routes.on("DELETE", OF_BRANCH + "/enforce_admins")
async def exempt_admins(call: Call) -> Answer:
    """Admins are exempt."""
    (await _protected(call)).enforce_admins = False
    return Answer(status=204)


@routes.on("GET", OF_BRANCH)
async def protection(call: Call) -> Answer:
    """The protection of a branch; only admins may know."""
    return Answer(present.protection(await _protected(call), _url(call)))


@routes.on("PUT", OF_BRANCH)
async def protect(call: Call) -> Answer:
    """A branch protected in exactly this way."""
    await _require_branch(call)
    wanted = await call.wanted(**PROTECTION)
    missing = [f'"{name}"' for name in MUST_SAY if name not in wanted]
    if missing:
        verb = "wasn't" if len(missing) == 1 else "weren't"
        raise Refused(422, f"Invalid request.\n\n{', '.join(missing)} {verb} supplied.")
    reviews, statuses = wanted["required_pull_request_reviews"], wanted["required_status_checks"]
    made = Protection(
        reviews=None if reviews is None else _review_rule(reviews, ReviewRule(count=1)),
        statuses=None if statuses is None else _status_rule(statuses, StatusRule()),
        enforce_admins=bool(wanted["enforce_admins"]),
        flags={name: bool(wanted.get(name)) for name in present.FLAGS},
    )
    call.repository.protections[call.word("branch")] = made
    return Answer(present.protection(made, _url(call)))


@routes.on("DELETE", OF_BRANCH)
async def unprotect(call: Call) -> Answer:
    """A branch protected no more."""
    await _protected(call)
    del call.repository.protections[call.word("branch")]
    return Answer(status=204)


def _review_rule(wanted: JSON, known: ReviewRule) -> ReviewRule:
    said = wanted.get("required_approving_review_count")
    count = known.count if said is None else said
    if not 0 <= count <= 6:
        raise invalid("ProtectedBranch", "required_approving_review_count")
    return ReviewRule(
        count=count,
        dismiss_stale=bool(wanted.get("dismiss_stale_reviews", known.dismiss_stale)),
        code_owners=bool(wanted.get("require_code_owner_reviews", known.code_owners)),
        last_push=bool(wanted.get("require_last_push_approval", known.last_push)),
    )


def _status_rule(wanted: JSON, known: StatusRule) -> StatusRule:
    checks = known.checks
    if "contexts" in wanted or "checks" in wanted:
        named = tuple((one.get("context") or "", one.get("app_id")) for one in wanted.get("checks") or [])
        checks = named or tuple((context, None) for context in wanted.get("contexts") or [])
    return replace(known, checks=checks, strict=bool(wanted.get("strict", known.strict)))


async def _protected(call: Call) -> Protection:
    await _require_branch(call)
    found = call.repository.protections.get(call.word("branch"))
    if found is None:
        raise Refused(404, "Branch not protected")
    return found


async def _require_branch(call: Call) -> None:
    call.require_admin()
    if await call.repository.git.branch_head(call.word("branch")) is None:
        raise Refused(404, "Branch not found")


def _url(call: Call) -> str:
    return call.urls.repository(call.repository, "branches", call.word("branch"), "protection")
