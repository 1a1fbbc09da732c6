"""A headless Chromium, driven over its own DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import websocket

from tests.coordination.waiting import until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")


class Browser:
    """One tab."""

    def __init__(self, line: websocket.WebSocket) -> None:
        self._line = line
        self._sent = 0
        self.complaints: list[str] = []
        for domain in ("Page", "Log", "Runtime"):
            self.tell(f"{domain}.enable")

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to one command. What it complains of meanwhile is kept."""
        self._sent += 1
        self._line.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while (said := json.loads(self._line.recv())).get("id") != self._sent:
            self._listen(said)
        assert "error" not in said, said
        answer: dict[str, Any] = said["result"]
        return answer

    def _listen(self, said: dict[str, Any]) -> None:
        if said["method"] == "Log.entryAdded" and "favicon" not in said["params"]["entry"].get("url", ""):
            self.complaints.append(said["params"]["entry"]["text"])

    def resize(self, width: int, height: int, *, mobile: bool = False, dark: bool = False) -> None:
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        self.tell("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def until(self, condition: str) -> None:
        """Return when that JavaScript is true."""
        until(lambda: self.find(condition) is True, condition, seconds=15)

    def find(self, expression: str) -> Any:
        """The value of that JavaScript."""
        return self.tell("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def draw(self, picture: Path) -> bytes:
        """The page as it looks, PNG; also kept under that path."""
        shot = base64.b64decode(self.tell("Page.captureScreenshot", captureBeyondViewport=False)["data"])
        picture.write_bytes(shot)
        return shot


@contextlib.contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser of nobody's, until the block ends."""
    assert CHROMIUM is not None
    told = folder / "DevToolsActivePort"
    command = [CHROMIUM, *OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: told.exists() and told.read_text().count("\n"), "Chromium", seconds=30)
        address = f"http://127.0.0.1:{told.read_text().splitlines()[0]}"
        until(lambda: _tabs(address), "a tab", seconds=15)
        line = websocket.create_connection(
            _tabs(address)[0]["webSocketDebuggerUrl"], timeout=20, suppress_origin=True
        )
        with contextlib.closing(line):
            yield Browser(line)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _tabs(address: str) -> list[dict[str, Any]]:
    return [tab for tab in requests.get(f"{address}/json", timeout=10).json() if tab["type"] == "page"]
