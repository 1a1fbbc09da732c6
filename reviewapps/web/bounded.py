"""Uvicorn's fast protocol, with an end to headers, and a time for whatever a caller has to send. It has neither: a
stranger could fill our memory, and a few hundred who begin and never go on would keep everybody else out."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of an address and its headers, or of trailers. A webhook of GitHub's has a thousand, our cookies 8 KB."""


class BoundedHeads(HttpToolsProtocol):
    """Answers 400 and hangs up on who sends more than LARGEST_HEAD without coming to a body or to an end. Hangs up
    on who is expected to ask and has not done so in ``head_within`` seconds, and on whose request is not here
    whole ``body_within`` seconds after its headers, however busily bytes come in. How long we take is not looked
    at."""

    head_within = 10.0
    body_within = 20.0

    _came = 0
    _goes_on = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.head_within)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._goes_on = False
        super().data_received(data)
        self._came = 0 if self._goes_on else self._came + len(data)
        if self._came > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        self._goes_on = True
        self._wait(self.body_within)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._goes_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._goes_on = True
        if self.cycle is None or not self.cycle.response_complete:
            self._wait(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._wait(self.head_within)

    def _wait(self, seconds: float | None) -> None:
        """For what the caller has to send next; None while nothing is missing."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response("The headers are too long.")
        else:
            self.transport.close()
