"""Uvicorn's fast protocol, with an end to headers. It has none of its own: a stranger could fill our memory."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of an address and its headers, or of trailers. A webhook of GitHub's has a thousand, our cookies 8 KB."""


class BoundedHeads(HttpToolsProtocol):
    """Answers 400 and hangs up on who sends more than LARGEST_HEAD without coming to a body or to an end."""

    _came = 0
    _goes_on = False

    def data_received(self, data: bytes) -> None:
        self._goes_on = False
        super().data_received(data)
        self._came = 0 if self._goes_on else self._came + len(data)
        if self._came > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        self._goes_on = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._goes_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._goes_on = True
        super().on_message_complete()

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response("The headers are too long.")
        else:
            self.transport.close()
