"""How webhooks go wrong: planned, counted, forgotten. What can be planned is in `webhooks/faults.py`."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from reviewapps.sandbox.github.calls import Answer, Call
from reviewapps.sandbox.github.refusals import mistaken
from reviewapps.sandbox.github.routing import Routes
from reviewapps.sandbox.github.state import JSON
from reviewapps.sandbox.github.webhooks.faults import WebhookFault

routes = Routes()
FAULTS = "/_sandbox/webhooks/faults"
_FAULTS = TypeAdapter(list[WebhookFault])


@routes.on("GET", FAULTS)
async def webhook_faults(call: Call) -> Answer:
    """All that were planned, and how often each saw and struck a delivery."""
    return Answer(_dumped(call.engine.deliveries.faults))


@routes.on("POST", FAULTS)
async def plan_webhook_faults(call: Call) -> Answer:
    """Deliveries that are to go wrong: one plan, or a list of them."""
    wanted = await call.body()
    try:
        planned = _FAULTS.validate_python(wanted if isinstance(wanted, list) else [wanted])
    except ValidationError as wrong:
        raise mistaken(wrong) from None
    call.engine.deliveries.faults.extend(planned)
    return Answer(_dumped(planned), 201)


@routes.on("DELETE", FAULTS)
async def forget_webhook_faults(call: Call) -> Answer:
    """Nothing more that goes wrong."""
    call.engine.deliveries.faults.clear()
    return Answer(status=204)


def _dumped(planned: list[WebhookFault]) -> list[JSON]:
    return [one.model_dump() for one in planned]
