"""The body of a request, as the router sends it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email.message import Message

PIECE = 64 * 1024


class Misdirected(Exception):
    """The request does not come from the router, or leads where this gate leads nobody."""


class Body:
    """The body of a request, as it comes in: of a known length, in chunks, or none. ``read_whole`` tells whether
    the next request on the connection begins behind it."""

    def __init__(self, headers: Message, stream: io.BufferedIOBase) -> None:
        coding = (headers.get("Transfer-Encoding") or "").strip().lower()
        if coding not in ("", "chunked", "identity"):
            raise Misdirected(f"the transfer coding {coding} is not known")
        self.chunked = coding == "chunked"
        self.length = 0 if self.chunked else int(headers.get("Content-Length") or 0)
        if self.length < 0:
            raise Misdirected("a length below zero")
        self._given = "Content-Length" in headers
        self._stream = stream
        self.read_whole = not self.chunked and self.length == 0

    @property
    def headers(self) -> list[tuple[str, str]]:
        if self.chunked:
            return [("Transfer-Encoding", "chunked")]
        return [("Content-Length", str(self.length))] if self._given else []

    @property
    def end(self) -> bytes:
        return b"0\r\n\r\n" if self.chunked else b""

    def framed(self, piece: bytes) -> bytes:
        return b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked else piece

    def pieces(self) -> Iterator[bytes]:
        """All of it, once, as soon as it is there. Raises ConnectionAbortedError where it breaks off."""
        if self.chunked:
            while size := int(self._line().partition(b";")[0], 16):
                yield from self._exactly(size)
                self._line()
            while self._line():
                pass  # trailers
        else:
            yield from self._exactly(self.length)
        self.read_whole = True

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._stream.read1(min(size, PIECE))
            if not piece:
                raise ConnectionAbortedError("the request broke off")
            size -= len(piece)
            yield piece

    def _line(self) -> bytes:
        line = self._stream.readline(1024)
        if not line.endswith(b"\n"):
            raise ConnectionAbortedError("the request broke off")
        return line.strip()
