"""What the people of a story commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests import faults

Files = Mapping[str, str | None]

SAMPLE = Path(faults.__file__).parent / "sample"
"""Not the shop of the demo, which is told by stories of its own: this one starts in a third of the time."""
WORKING_APP: Files = {"app.py": (SAMPLE / "app.py").read_text()}

BROKEN_BUILD: Files = {"bin/pre_compile": "echo 'Error: the stylesheet ends in the middle' >&2\nexit 14\n"}
SLOW_START: Files = {
    "app.py": "import time\n\ntime.sleep(1.5)\nexec(open('shop.py').read())\n",
    "shop.py": WORKING_APP["app.py"],
}
CRASHES_AT_START: Files = {"app.py": "raise SystemExit(3)\n"}

SHOWS_ITS_ENVIRONMENT = '''\
"""Answers every request with the environment of the process, as JSON."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Environment(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Environment).serve_forever()
'''


def headline(words: str) -> Files:
    """The sample's page with another headline."""
    return {"headline.txt": f"{words}\n"}


def manifest(**settings: str) -> Files:
    """A manifest of the app ``shop`` with these lines; ``_`` in a key stands for ``-``."""
    lines = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in settings.items())
    return {"manifest.yml": f"applications:\n- name: shop\n{lines}"}


class Gate:
    """A build that waits in ``bin/pre_compile`` until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._open = folder / "gate-is-open"
        hook = f"touch {folder}/gate-is-reached\nwhile [ ! -e {self._open} ]; do sleep 0.02; done\n"
        self._reached = folder / "gate-is-reached"
        self.files: Files = {"bin/pre_compile": hook}

    @property
    def is_reached(self) -> bool:
        return self._reached.exists()

    def open(self) -> None:
        """Let everybody pass, from now on."""
        self._open.touch()
