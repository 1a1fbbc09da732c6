"""A web server for a folder of files. Staging copies this file into droplets, where it runs by itself.

Of a ``Staticfile`` it obeys ``root: FOLDER`` and ``pushstate: enabled`` (unknown paths answer index.html).
"""

from __future__ import annotations

import os
import signal
import socketserver
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from types import FrameType


def settings(app: Path) -> dict[str, str]:
    """The lines ``name: value`` of the app's Staticfile."""
    file = app / "Staticfile"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    pairs = (line.partition(":") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


class Files(SimpleHTTPRequestHandler):
    """Answers with files, never with a list of them."""

    def __init__(self, *args: object, pushstate: bool, **kwargs: object) -> None:
        self._pushstate = pushstate
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def translate_path(self, path: str) -> str:
        """The file for ``path``; dot files and the Staticfile are nobody's business."""
        found = Path(super().translate_path(path))
        hidden = any(part.startswith(".") for part in found.relative_to(self.directory).parts)
        missing = hidden or found.name == "Staticfile" or not found.exists()
        if missing and self._pushstate:
            return str(Path(self.directory) / "index.html")
        return str(Path(self.directory) / ".none") if missing else str(found)

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """Nothing: 403, as for any folder without an index.html."""
        self.send_error(HTTPStatus.FORBIDDEN)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the router writes the access log."""


class Server(socketserver.ThreadingTCPServer):
    """One thread for each request; closing waits for them."""

    allow_reuse_address = True
    request_queue_size = 128


def serve(app: Path, port: int) -> None:
    """Answer until SIGTERM, then finish what is under way."""
    asked = settings(app)
    pushstate = asked.get("pushstate") in ("enabled", "true")
    files = partial(Files, directory=str(app / asked.get("root", "")), pushstate=pushstate)
    with Server((os.environ.get("VCAP_APP_HOST", "127.0.0.1"), port), files) as server:

        def stop(_: int, __: FrameType | None) -> None:
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    serve(Path.cwd(), int(os.environ["PORT"]))
