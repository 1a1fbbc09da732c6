"""The same app, pushed by hand: what the platform itself takes, with nobody orchestrating.

The fewest calls that deploy a zip (create, upload, stage, start), asked for without pause, so that what is left
of the orchestrator's time is its own.
"""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import requests


class ByHand:
    """Pushes folders to one space of a sandbox, one after the other."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._api = str(told["cf_api"])
        self._session = requests.Session()
        self._session.trust_env = False
        form = {"grant_type": "password", "username": told["cf_user"], "password": told["cf_password"]}
        token = self._session.post(f"{self._api}/oauth/token", data=form, auth=("cf", "")).json()
        self._session.headers["Authorization"] = f"bearer {token['access_token']}"
        self._space = self._first("/v3/spaces", names=told["cf_space"])
        self._domain = self._first("/v3/domains", names=told["app_domain"])

    def push(self, name: str, folder: Path) -> float:
        """Seconds from the first request to the app's instance running; the app is deleted again."""
        bits = _zipped(folder)
        began = time.monotonic()
        app = self._post("/v3/apps", {"name": name, **_related(space=self._space)})["guid"]
        package = self._post("/v3/packages", {"type": "bits", **_related(app=app)})["guid"]
        files = {"bits": ("bits.zip", bits, "application/zip")}
        self._session.post(f"{self._api}/v3/packages/{package}/upload", files=files).raise_for_status()
        self._until(f"/v3/packages/{package}", lambda it: it["state"] == "READY")
        build = self._post("/v3/builds", {"package": {"guid": package}})["guid"]
        droplet = self._until(f"/v3/builds/{build}", lambda it: it["state"] == "STAGED")["droplet"]["guid"]
        path = f"{self._api}/v3/apps/{app}/relationships/current_droplet"
        self._session.patch(path, json={"data": {"guid": droplet}}).raise_for_status()
        self._post(f"/v3/apps/{app}/actions/start", None)
        stats = f"/v3/apps/{app}/processes/web/stats"
        self._until(stats, lambda it: all(one["state"] == "RUNNING" for one in it["resources"]))
        took = time.monotonic() - began
        self._session.delete(f"{self._api}/v3/apps/{app}").raise_for_status()
        return took

    def _first(self, path: str, **query: Any) -> str:
        answer = self._session.get(self._api + path, params=query).json()
        return str(answer["resources"][0]["guid"])

    def _post(self, path: str, body: Any) -> Any:
        answer = self._session.post(self._api + path, json=body)
        answer.raise_for_status()
        return answer.json()

    def _until(self, path: str, ready: Any) -> Any:
        while not ready(found := self._session.get(self._api + path).json()):
            time.sleep(0.01)
        return found


def _related(**guids: str) -> dict[str, Any]:
    return {"relationships": {name: {"data": {"guid": guid}} for name, guid in guids.items()}}


def _zipped(folder: Path) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder))
    return held.getvalue()
