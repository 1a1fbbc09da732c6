"""The same deploys by hand: what the platform itself takes, with nobody orchestrating.

The fewest calls that do it, asked for without pause, so that what is left of the orchestrator's time is its own.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

Stages = dict[str, float]
"""Seconds by what they were spent on."""


@dataclass
class Pushed:
    """An app that was pushed by hand, and what each part of it took."""

    app: str
    droplet: str = ""
    stages: Stages = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return sum(self.stages.values())


class ByHand:
    """Pushes source to one space of a sandbox, one after the other."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._api = str(told["cf_api"])
        self._session = requests.Session()
        self._session.trust_env = False
        form = {"grant_type": "password", "username": told["cf_user"], "password": told["cf_password"]}
        token = self._session.post(f"{self._api}/oauth/token", data=form, auth=("cf", "")).json()
        self._session.headers["Authorization"] = f"bearer {token['access_token']}"
        self._space = self._first("/v3/spaces", names=told["cf_space"])
        self._domain = self._first("/v3/domains", names=told["app_domain"])

    def push(self, name: str, files: Mapping[str, bytes]) -> Pushed:
        """A new app: created, uploaded, staged, led to and started, until its instance runs."""
        began = time.monotonic()
        pushed = Pushed(str(self._post("/v3/apps", {"name": name, **_related(space=self._space)})["guid"]))
        route = {"host": name, **_related(space=self._space, domain=self._domain)}
        there = self._post("/v3/routes", route)["guid"]
        self._post(f"/v3/routes/{there}/destinations", {"destinations": [{"app": {"guid": pushed.app}}]})
        pushed.stages["create"] = time.monotonic() - began
        self._build(pushed, files)
        began, at = time.monotonic(), f"/v3/apps/{pushed.app}"
        self._patch(f"{at}/relationships/current_droplet", {"data": {"guid": pushed.droplet}})
        self._post(f"{at}/actions/start", None)
        self._until(f"{at}/processes/web/stats", _all_run)
        pushed.stages["start"] = time.monotonic() - began
        return pushed

    def push_again(self, before: Pushed, files: Mapping[str, bytes]) -> Pushed:
        """Other source to the same app: uploaded, staged, rolled to."""
        pushed = Pushed(before.app)
        self._build(pushed, files)
        self._roll(pushed)
        return pushed

    def promote(self, source: Pushed, target: Pushed) -> Pushed:
        """One app's droplet copied to another app, and rolled to."""
        pushed, began = Pushed(target.app), time.monotonic()
        copy = self._post(f"/v3/droplets?source_guid={source.droplet}", _related(app=target.app))["guid"]
        self._until(f"/v3/droplets/{copy}", lambda it: it["state"] == "STAGED")
        pushed.droplet, pushed.stages["copy"] = str(copy), time.monotonic() - began
        self._roll(pushed)
        return pushed

    def delete(self, pushed: Pushed) -> None:
        """Take the app away."""
        self._session.delete(f"{self._api}/v3/apps/{pushed.app}").raise_for_status()

    def _build(self, pushed: Pushed, files: Mapping[str, bytes]) -> None:
        began, bits = time.monotonic(), _zipped(files)
        package = self._post("/v3/packages", {"type": "bits", **_related(app=pushed.app)})["guid"]
        parts = {"bits": ("bits.zip", bits, "application/zip")}
        self._session.post(f"{self._api}/v3/packages/{package}/upload", files=parts).raise_for_status()
        self._until(f"/v3/packages/{package}", lambda it: it["state"] == "READY")
        pushed.stages["upload"], began = time.monotonic() - began, time.monotonic()
        build = self._post("/v3/builds", {"package": {"guid": package}})["guid"]
        staged = self._until(f"/v3/builds/{build}", lambda it: it["state"] == "STAGED")
        pushed.droplet = str(staged["droplet"]["guid"])
        pushed.stages["stage"] = time.monotonic() - began

    def _roll(self, pushed: Pushed) -> None:
        began = time.monotonic()
        said = {"droplet": {"guid": pushed.droplet}, "strategy": "rolling", **_related(app=pushed.app)}
        rolling = self._post("/v3/deployments", said)["guid"]
        self._until(f"/v3/deployments/{rolling}", lambda it: it["status"]["value"] == "FINALIZED")
        pushed.stages["start"] = time.monotonic() - began

    def _first(self, path: str, **query: Any) -> str:
        answer = self._session.get(self._api + path, params=query).json()
        return str(answer["resources"][0]["guid"])

    def _patch(self, path: str, body: Any) -> None:
        self._session.patch(self._api + path, json=body).raise_for_status()

    def _post(self, path: str, body: Any) -> Any:
        answer = self._session.post(self._api + path, json=body)
        answer.raise_for_status()
        return answer.json()

    def _until(self, path: str, ready: Any) -> Any:
        while not ready(found := self._session.get(self._api + path).json()):
            time.sleep(0.01)
        return found


def source(folder: Path, **files: str) -> dict[str, bytes]:
    """The files of a folder, some of them with other contents; ``_`` stands for the dot of a name."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    return found | {name.replace("_", "."): text.encode() for name, text in files.items()}


def _all_run(stats: Any) -> bool:
    return all(one["state"] == "RUNNING" for one in stats["resources"])


def _related(**guids: str) -> dict[str, Any]:
    return {"relationships": {name: {"data": {"guid": guid}} for name, guid in guids.items()}}


def _zipped(files: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return held.getvalue()
