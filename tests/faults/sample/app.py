"""A page, as soon as a page can be: a campaign starts this thousands of times."""

import os
import socket
from pathlib import Path

HOST, PORT = os.environ.get("VCAP_APP_HOST", "0.0.0.0"), int(os.environ["PORT"])


def answer(asked: bytes) -> bytes:
    """The page, or a word for whoever asks how it is."""
    well = asked.startswith(b"GET /healthz ")
    body = "ok\n" if well else f"<!doctype html>\n<h1>{Path('headline.txt').read_text().strip()}</h1>\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: text/html\r\nConnection: close"
    return f"{head}\r\n\r\n{body}".encode()


with socket.create_server((HOST, PORT), backlog=128) as server:
    print("The shop is open", flush=True)
    while True:
        caller, _ = server.accept()
        with caller:
            try:
                caller.settimeout(1)
                caller.sendall(answer(caller.recv(65536)))
            except OSError:
                continue
