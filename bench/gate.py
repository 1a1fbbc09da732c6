"""What the gate costs: time for a request, memory of its process.

python -m bench.gate [--requests 1000]
"""

from __future__ import annotations

import argparse
import http.client
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.worker_memory import tree_pss
from reviewapps.demo.onlooker import until
from reviewapps.gate import archive, gate_of
from reviewapps.model import Secret

HOST = "shop.apps.localhost"
BYPASS = "for the bench"


class Page(BaseHTTPRequestHandler):
    """A preview with a page of 10 kB."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10000")
        self.end_headers()
        self.wfile.write(b"x" * 10_000)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.gate")
    parser.add_argument("--requests", type=int, default=1000)
    requests = parser.parse_args().requests
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    preview = server.server_port
    with gate() as (port, pid, started):
        headers = {
            "X-CF-Forwarded-Url": f"http://{HOST}:{preview}/",
            "X-CF-Proxy-Signature": "s",
            "X-CF-Proxy-Metadata": "m",
            "X-Reviewapps-Bypass": BYPASS,
        }
        print(f"| the gate's process answers | {started:.2f} s |")
        _row("a page of 10 kB, straight", [asked(preview, {}) for _ in range(requests)])
        _row("the same through the gate", [asked(port, headers) for _ in range(requests)])
        print(f"| memory of the gate afterwards, PSS | {tree_pss(pid):.0f} MB |")
        with ThreadPoolExecutor(50) as pool:
            began = time.monotonic()
            list(pool.map(lambda _: asked(port, headers), range(requests)))
            print(f"| 50 at once, requests a second | {requests / (time.monotonic() - began):.0f} |")
        print(f"| memory of the gate after that, PSS | {tree_pss(pid):.0f} MB |")


@contextmanager
def gate() -> Iterator[tuple[int, int, float]]:
    """Port, process id and time to the first answer of the gate as it is pushed."""
    keys = gate_of("review-gate", Secret("a long password"), Secret(BYPASS), whose="bench")
    with closing(socket.socket()) as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        free.close()
        zipfile.ZipFile(io.BytesIO(archive())).extractall(folder)
        told = {
            **os.environ,
            **keys.variables("apps.localhost"),
            "PORT": str(port),
            "VCAP_APP_HOST": "127.0.0.1",
        }
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "gate"], cwd=folder, env=told)
        try:
            until("the gate", lambda: is_up(port))
            yield port, process.pid, time.monotonic() - began
        finally:
            process.terminate()
            process.wait(12)


def is_up(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def asked(port: int, headers: dict[str, str]) -> float:
    """Seconds for a request on a connection of its own."""
    began = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request("GET", "/", headers=headers)
    answer = line.getresponse()
    if (answer.status, len(answer.read())) != (200, 10_000):
        raise RuntimeError(f"answered {answer.status}")
    line.close()
    return time.monotonic() - began


def _row(what: str, seconds: list[float]) -> None:
    middle, late = statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.99)]
    print(f"| {what} | {middle * 1000:.2f} ms, 99 of 100 within {late * 1000:.1f} ms |")


if __name__ == "__main__":
    main()
