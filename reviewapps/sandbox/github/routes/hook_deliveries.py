"""What was delivered to a hook, and how it went."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.presenters import hooks as present
from reviewapps.sandbox.github.refusals import Refused, not_found
from reviewapps.sandbox.github.routes.hooks import HOOKS, hook_of_path
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.shapes import whole
from reviewapps.sandbox.github.state import Delivery, Hook

routes = Routes()


@routes.on("GET", HOOKS + "/{hook_id}/deliveries")
async def deliveries(call: Call) -> Answer:
    """What was delivered, newest first."""
    return delivered(call, hook_of_path(call))


@routes.on("GET", HOOKS + "/{hook_id}/deliveries/{delivery_id}")
async def delivery(call: Call) -> Answer:
    """A delivery, with what was said."""
    return Answer(present.delivery(delivery_of(call, hook_of_path(call))))


@routes.on("POST", HOOKS + "/{hook_id}/deliveries/{delivery_id}/attempts")
async def redeliver(call: Call) -> Answer:
    """A delivery sent once more, under its GUID."""
    hook = hook_of_path(call)
    call.engine.deliveries.send_again(hook, delivery_of(call, hook))
    return Answer({}, 202)


def delivered(call: Call, hook: Hook) -> Answer:
    """A page of what was delivered, newest first: `?per_page=`, `?cursor=`, `?status=success|failure`."""
    status, cursor = call.query("status"), call.query("cursor")
    if status not in ("", "success", "failure"):
        raise Refused(422, "Invalid status. It must be one of: success, failure.")
    known = [one for one in reversed(hook.deliveries) if status in ("", _outcome(one))]
    if cursor:
        last = whole(cursor.removeprefix("v1_"))
        if last is None:
            raise Refused(400, "Invalid cursor")
        known = [one for one in known if one.id <= last]
    size = call.page_size
    shown, rest = known[:size], known[size:]
    headers = {"Link": call.link("next", cursor=f"v1_{rest[0].id}")} if rest else {}
    return Answer([present.delivery_item(one) for one in shown], headers=headers)


def _outcome(delivery: Delivery) -> str:
    return "success" if delivery.succeeded else "failure"


def delivery_of(call: Call, hook: Hook) -> Delivery:
    """The delivery of the path; 404 where the hook had none such."""
    wanted = call.number("delivery_id")
    found = next((one for one in hook.deliveries if one.id == wanted), None)
    if found is None:
        raise not_found()
    return found
