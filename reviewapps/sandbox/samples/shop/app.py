"""A shop window: one page, whose headline is a file so that a change to it is easy to see."""

from __future__ import annotations

import html
import os
import signal
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

HOST = os.environ.get("VCAP_APP_HOST", "0.0.0.0")
PORT = int(os.environ.get("PORT", "8080"))

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{headline}</title>
<style>
  body {{ margin: 0; min-height: 100vh; display: grid; place-content: center; gap: 1rem; text-align: center;
         font-family: system-ui, sans-serif; color: #223; background: #fbf7ef }}
  h1 {{ margin: 0; font-size: clamp(2rem, 8vw, 5rem); letter-spacing: -0.02em }}
  p {{ margin: 0; color: #667 }}
  code {{ color: #223 }}
</style>
<h1>{headline}</h1>
<p>{environment} runs <code>{commit}</code></p>
</html>
"""


def page() -> str:
    """The shop window as HTML."""
    values = {
        "headline": Path("headline.txt").read_text(encoding="utf-8").strip(),
        "environment": os.environ.get("REVIEWAPPS_ENVIRONMENT", "this machine"),
        "commit": os.environ.get("REVIEWAPPS_COMMIT", "what is on disk")[:12],
    }
    return PAGE.format(**{name: html.escape(value) for name, value in values.items()})


class Shop(BaseHTTPRequestHandler):
    """Answers GET / and GET /healthz."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == "/healthz":
            self.answer(200, "text/plain", "ok\n")
        elif self.path.partition("?")[0] == "/":
            self.answer(200, "text/html; charset=utf-8", page())
        else:
            self.answer(404, "text/plain", "There is no such page.\n")

    def answer(self, status: int, content_type: str, text: str) -> None:
        """Send one page."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the platform's router writes the access log."""


class Server(socketserver.ThreadingTCPServer):
    """One thread for each request; closing the server waits for them."""

    allow_reuse_address = True
    request_queue_size = 128


def main() -> None:
    """Serve until SIGTERM, then finish what runs."""
    with Server((HOST, PORT), Shop) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"The shop is open on port {PORT}", flush=True)
        server.serve_forever(poll_interval=0.05)
    print("The shop is closed", flush=True)


if __name__ == "__main__":
    main()
