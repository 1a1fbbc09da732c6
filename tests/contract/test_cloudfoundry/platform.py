"""The sandbox's Cloud Foundry in a thread of its own, as any client sees it: over HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import requests

from reviewapps.cloudfoundry import Access, SpaceClient
from reviewapps.cloudfoundry.postgres import OpenServer
from reviewapps.demo.onlooker import until
from reviewapps.gate import Gate
from reviewapps.model import Secret
from reviewapps.sandbox.cloudfoundry import CloudFoundry
from reviewapps.signing import Ring

GATE_KINDS = ("service_route_bindings", "service_instances", "routes", "apps")

Login = tuple[dict[str, str], tuple[str, str]]
HERE: Final[Login] = ({"grant_type": "client_credentials"}, ("orchestrator", "orchestrator"))
EVERYWHERE: Final[Login] = (
    {"grant_type": "password", "username": "deployer", "password": "deployer"},
    ("cf", ""),
)
"""Somebody who may push to the space ``production``, too."""


class Platform:
    """A running sandbox. Its faults are planned, and its calls counted, the way curl would."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._foundry = self._run(self._started())
        self.api: str = self._foundry.api_url
        self.app_port: int = self._foundry.app_port
        self.domain: str = self._foundry.app_domain

    def stop(self) -> None:
        self._run(self._foundry.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def fault(self, method: str, path: str, kind: str, **more: Any) -> None:
        """Let the next matching request go wrong."""
        planned = {"method": method, "path": path, "kind": kind} | more
        requests.post(f"{self.api}/_sandbox/faults", json=planned, timeout=5).raise_for_status()

    @contextmanager
    def slow_staging(self) -> Iterator[Callable[[], None]]:
        """No build comes to an end; whoever calls what is given takes the cells of all of them away."""
        settings, stager = self._foundry.settings, self._foundry.platform.stager

        async def lost() -> None:
            stager.carry_on()

        settings.staging_seconds = 60
        try:
            yield lambda: self._run(lost())
        finally:
            settings.staging_seconds = 0

    def forget(self) -> None:
        """No faults to come, and no calls remembered."""
        requests.delete(f"{self.api}/_sandbox/faults", timeout=5)
        requests.delete(f"{self.api}/_sandbox/calls", timeout=5)

    def end_sessions(self) -> None:
        """Let no token be good any more."""
        requests.delete(f"{self.api}/_sandbox/tokens", timeout=5).raise_for_status()

    def calls(self, method: str = "", path: str = "") -> list[str]:
        """``METHOD /path?query`` of the requests so far, those for tokens included."""
        seen = requests.get(f"{self.api}/_sandbox/calls", timeout=5).json()
        return [
            f"{c['method']} {c['path']}" for c in seen if method in ("", c["method"]) and path in c["path"]
        ]

    def variables(self, app: str) -> dict[str, str]:
        """The app's own variables, as somebody else with the same rights sees them."""
        found: dict[str, str] = self._ask("GET", f"/v3/apps/{app}/environment_variables").json()["var"]
        return found

    def meddle(self, method: str, path: str, body: Any = None, who: Login = HERE) -> Any:
        """What somebody else does who may push to the previews' space."""
        answer = self._meddled(method, path, who, json=body)
        return answer.json() if answer.content else None

    def forge(self, droplet: str, commands: dict[str, str] | None) -> str:
        """The guid of a droplet in an app of theirs with the same bits, labels and annotations as ours, and
        commands of their own."""
        found = self.meddle("GET", f"/v3/droplets/{droplet}")
        ours = self.meddle("GET", f"/v3/apps/{found['relationships']['app']['data']['guid']}")
        wanted = {"name": f"mallory-{droplet}", "relationships": {"space": ours["relationships"]["space"]}}
        app = {"app": {"data": {"guid": self.meddle("POST", "/v3/apps", wanted)["guid"]}}}
        made = self.meddle("POST", "/v3/droplets", {"relationships": app, "process_types": commands})
        bits = self._meddled("GET", f"/v3/droplets/{droplet}/download").content
        self._meddled(
            "POST", made["links"]["upload"]["href"].removeprefix(self.api), files={"bits": ("d.tgz", bits)}
        )
        until(
            "the droplet",
            lambda: (
                self.meddle("GET", made["links"]["self"]["href"].removeprefix(self.api))["state"] == "STAGED"
            ),
            10,
        )
        forged = self.meddle("PATCH", f"/v3/droplets/{made['guid']}", {"metadata": found["metadata"]})
        assert forged["checksum"] == found["checksum"] and forged["process_types"] == commands
        return str(made["guid"])

    def unforge(self, droplet: str) -> None:
        """Delete what `forge` made."""
        for app in self.meddle("GET", f"/v3/apps?names=mallory-{droplet}")["resources"]:
            self.meddle("DELETE", f"/v3/apps/{app['guid']}")

    def _meddled(self, method: str, path: str, who: Login = HERE, **what: Any) -> requests.Response:
        form, client = who
        token = requests.post(f"{self.api}/oauth/token", data=form, auth=client, timeout=5).json()
        headers = {"Authorization": f"bearer {token['access_token']}"}
        answer = requests.request(method, self.api + path, headers=headers, timeout=5, **what)
        answer.raise_for_status()
        return answer

    def gates(self) -> dict[str, int]:
        """How much there is of gates, whoever's they are."""
        return {kind: len(self._of_gates(kind)) for kind in GATE_KINDS}

    def clear_gates(self) -> None:
        """Delete all of every gate."""
        for kind in GATE_KINDS:
            for guid in self._of_gates(kind):
                self._ask("DELETE", f"/v3/{kind}/{guid}")

    def _of_gates(self, kind: str) -> list[str]:
        listed = self._ask("GET", f"/v3/{kind}?label_selector=reviewapps-gate&per_page=100").json()
        return [one["guid"] for one in listed["resources"]]

    def _ask(self, method: str, path: str) -> requests.Response:
        form = {"grant_type": "password", "username": "deployer", "password": "deployer"}
        token = requests.post(f"{self.api}/oauth/token", data=form, auth=("cf", ""), timeout=5).json()
        headers = {"Authorization": f"bearer {token['access_token']}"}
        return requests.request(method, self.api + path, headers=headers, timeout=5)

    async def _started(self) -> CloudFoundry:
        foundry = CloudFoundry(self._home, job_delay=0.0, upload_delay=0.0, copy_delay=0.0)
        foundry.add_client("orchestrator", "orchestrator", roles={"acme/review": "space_developer"})
        await foundry.start()
        return foundry

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


@dataclass
class Memory:
    """Forgets when the test ends."""

    values: dict[str, Any] = field(default_factory=dict)

    def read(self, name: str) -> Any | None:
        return self.values.get(name)

    def write(self, name: str, value: Any, seconds: float) -> None:
        self.values[name] = value


@dataclass
class Diary:
    """What was said and spent."""

    said: list[str] = field(default_factory=list)
    spent: int = 0

    def say(self, action: str, **facts: object) -> None:
        self.said.append(action)

    def spend(self) -> None:
        self.spent += 1


def access(platform: Platform, **changes: Any) -> Access:
    mine = Access(platform.api, "acme", "review", None, user="deployer", password=Secret("deployer"))
    return replace(mine, **changes)


def client(
    platform: Platform,
    *,
    instance: str = "acme",
    memory: Memory | None = None,
    diary: Diary | None = None,
    timeout: float = 3.0,
    gate: Gate | None = None,
    ring: Ring | None = None,
    postgres: str | None = None,
    open_server: OpenServer | None = None,
    **changes: Any,
) -> SpaceClient:
    diary = diary or Diary()
    return SpaceClient(
        access(platform, **changes),
        instance=instance,
        app_url=f"http://{{host}}:{platform.app_port}",
        timeout=timeout,
        memory=memory or Memory(),
        spend=diary.spend,
        say=diary.say,
        gate=gate,
        ring=ring,
        postgres=postgres,
        open_server=open_server,
    )
