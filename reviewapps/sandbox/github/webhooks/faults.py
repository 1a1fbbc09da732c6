"""How deliveries go wrong, on demand: dropped, doubled, late, in another order.

    POST   /_sandbox/webhooks/faults   {"event": "push", "kind": "dropped", "nth": 2}, or a list of such
    GET    /_sandbox/webhooks/faults   all that were planned, and how often each has `seen` and `struck`
    DELETE /_sandbox/webhooks/faults   forget them

What the receiver does wrong needs no plan: it is in the list of deliveries as it was.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt

from reviewapps.sandbox.faults import Turns
from reviewapps.sandbox.github.state import Delivery, Hook


class WebhookFault(Turns, BaseModel):
    """What happens to the ``nth`` delivery (and ``times`` - 1 after it) that matches.

    ``dropped``: it is not sent, and not in the list of deliveries either. ``doubled``: it is sent twice, with
    one GUID. ``late``: it comes ``seconds`` late, and later ones overtake it. ``reordered``: it comes after
    the next one to the same hook, or after ``seconds`` where there is none.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["dropped", "doubled", "late", "reordered"]
    event: str = ""
    action: str = ""
    hook: int = 0
    nth: PositiveInt = 1
    times: PositiveInt = 1
    seconds: NonNegativeFloat = 5.0
    seen: NonNegativeInt = 0
    struck: NonNegativeInt = 0

    def strikes(self, hook: Hook, delivery: Delivery) -> bool:
        """Whether this delivery is one of those that go wrong. Counts it."""
        matches = (
            self.event in ("", delivery.event)
            and self.action in ("", delivery.action)
            and self.hook in (0, hook.id)
        )
        strikes = matches and self.comes()
        self.struck += strikes
        return strikes
