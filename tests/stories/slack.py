"""Where Slack's incoming webhooks would end."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Slack:
    """A channel: ``lines`` are what it was told. With ``broken`` it refuses, and remembers all the same."""

    def __init__(self, *, broken: bool = False) -> None:
        self.lines: list[str] = []
        self.broken = broken
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._webhook())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/services/T0/B0/x0x0secret"

    def line(self, *words: str) -> str | None:
        """The first line that holds all these words."""
        return next((line for line in self.lines if all(word in line for word in words)), None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _webhook(self) -> type[BaseHTTPRequestHandler]:
        channel = self

        class Webhook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                channel.lines.append(json.loads(body)["text"])
                self.send_response(500 if channel.broken else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: what was said is in ``lines``."""

        return Webhook
