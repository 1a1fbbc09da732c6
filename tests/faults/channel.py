"""A Slack channel on this machine that writes down what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Channel:
    """An incoming webhook at ``url``; ``lines`` are what came, after those of before."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        self.lines = list(before)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self.lines))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def said(self, *words: str) -> list[str]:
        """The lines in which all these words stand."""
        return [line for line in self.lines if all(word in line for word in words)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answering(lines: list[str]) -> type[BaseHTTPRequestHandler]:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            lines.extend(json.loads(body)["text"].split("\n"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the lines are what counts."""

    return Hook
