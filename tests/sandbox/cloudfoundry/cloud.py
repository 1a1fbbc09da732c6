"""A running Cloud Foundry, and the ways in which tests use it: the real client, and raw requests."""

from __future__ import annotations

import asyncio
import io
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
from cloudfoundry_client.client import CloudFoundryClient
from cloudfoundry_client.errors import InvalidStatusCode

from reviewapps.sandbox.cloudfoundry import CloudFoundry

JSON = dict[str, Any]

SERVER = """
import http.server, os, sys

class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(GREETING.encode())

    def log_message(self, *_):
        pass

print("listening", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Greeter).serve_forever()
"""


def greeter(greeting: str) -> dict[str, str]:
    """The source of an app that answers every request with ``greeting``."""
    text = f"GREETING = {greeting!r}\n{SERVER}"
    return {"Procfile": "web: python3 app.py", "app.py": text}


CRASHER = {"Procfile": "web: echo broken; exit 3"}
UNDETECTED = {"readme.txt": "nothing to run"}


class Refused(Exception):
    """An answer with errors, as (status, code, detail)."""

    def __init__(self, status: int, code: int, detail: str) -> None:
        super().__init__(status, code, detail)
        self.status, self.code, self.detail = status, code, detail


class Cloud:
    """The server in a thread of its own, and a logged-in client."""

    def __init__(self, home: Path, port: int = 0, app_port: int = 0, **settings: Any) -> None:
        quick: JSON = {"job_delay": 0.05, "upload_delay": 0.01, "deployment_tick": 0.03, "stop_grace": 1.0}
        self.home = home
        self.server = CloudFoundry(home, **{**quick, **settings})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.run(self.server.start(port, app_port))
        self.client = self.login()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        try:
            self.run(self.server.stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def login(self, name: str = "deployer", password: str = "deployer") -> Any:
        client = CloudFoundryClient(self.server.api_url)
        client.init_with_user_credentials(name, password)
        return client

    def call(self, method: str, path: str, said: object = None, *, client: Any = None, **more: Any) -> Any:
        """The answer of one request with the client's session: its JSON, or the response without one."""
        ask = getattr(client or self.client, method.lower())
        if said is not None:
            more["json"] = said
        try:
            answer = ask(self.server.api_url + path, **more)
        except InvalidStatusCode as refused:
            error = refused.body["errors"][0]
            raise Refused(refused.status_code.value, error["code"], error["detail"]) from None
        return answer.json() if answer.content else answer

    def wait_for(self, holds: Callable[[], object], what: str, seconds: float = 30) -> None:
        """Return when it holds; fail, naming what did not come, when the time is over."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"{what} did not come"
            time.sleep(0.02)

    def until(self, path: str, holds: Callable[[JSON], bool], seconds: float = 30) -> JSON:
        """The resource at ``path`` as soon as it is as it should be."""
        deadline = time.monotonic() + seconds
        while not holds(found := self.call("GET", path)):
            assert time.monotonic() < deadline, f"{path} is still {found}"
            time.sleep(0.02)
        return dict(found)

    @property
    def space(self) -> str:
        return self.server.space("review").guid

    @property
    def domain(self) -> str:
        return str(self.call("GET", "/v3/domains")["resources"][0]["guid"])

    def app(self, name: str = "shop", space: str = "", **more: object) -> str:
        """The guid of a new app."""
        relationships = {"space": {"data": {"guid": space or self.space}}}
        return str(
            self.call("POST", "/v3/apps", {"name": name, "relationships": relationships, **more})["guid"]
        )

    def new_package(self, app: str) -> str:
        said = {"type": "bits", "relationships": {"app": {"data": {"guid": app}}}}
        return str(self.call("POST", "/v3/packages", said)["guid"])

    def package(self, app: str, files: Mapping[str, str]) -> str:
        """The guid of a package that is READY."""
        guid = self.new_package(app)
        self.upload(guid, zipped(files))
        self.until(f"/v3/packages/{guid}", lambda it: it["state"] == "READY")
        return guid

    def upload(self, package: str, bits: bytes) -> JSON:
        files = {"bits": ("bits.zip", bits, "application/zip")}
        return dict(self.call("POST", f"/v3/packages/{package}/upload", files=files))

    def build(self, package: str) -> JSON:
        """The build of a package, when it has ended."""
        guid = self.call("POST", "/v3/builds", {"package": {"guid": package}})["guid"]
        return self.until(f"/v3/builds/{guid}", lambda it: it["state"] != "STAGING")

    def droplet(self, app: str, files: Mapping[str, str]) -> str:
        build = self.build(self.package(app, files))
        assert build["state"] == "STAGED", build["error"]
        return str(build["droplet"]["guid"])

    def assign(self, app: str, droplet: str) -> JSON:
        said = {"data": {"guid": droplet}}
        return dict(self.call("PATCH", f"/v3/apps/{app}/relationships/current_droplet", said))

    def route(self, host: str, space: str = "", **more: object) -> str:
        relationships = {
            "space": {"data": {"guid": space or self.space}},
            "domain": {"data": {"guid": self.domain}},
        }
        return str(
            self.call("POST", "/v3/routes", {"host": host, "relationships": relationships, **more})["guid"]
        )

    def map(self, route: str, app: str) -> JSON:
        said = {"destinations": [{"app": {"guid": app}}]}
        return dict(self.call("POST", f"/v3/routes/{route}/destinations", said))

    def push(self, name: str, files: Mapping[str, str]) -> str:
        """The guid of an app that runs, with a route of its name."""
        app = self.app(name)
        self.assign(app, self.droplet(app, files))
        self.map(self.route(name), app)
        self.call("POST", f"/v3/apps/{app}/actions/start")
        self.running(app)
        return app

    def running(self, app: str) -> JSON:
        return self.until(
            f"/v3/apps/{app}/processes/web/stats",
            lambda it: all(one["state"] == "RUNNING" for one in it["resources"]),
        )

    def plan(self, name: str) -> str:
        return str(self.call("GET", f"/v3/service_plans?names={name}")["resources"][0]["guid"])

    def provision(self, name: str, plan: str = "micro-psql", **more: object) -> str:
        """The path of the job that makes a managed service instance."""
        related = {
            "space": {"data": {"guid": self.space}},
            "service_plan": {"data": {"guid": self.plan(plan)}},
        }
        said = {"type": "managed", "name": name, "relationships": related, **more}
        return self.job(self.call("POST", "/v3/service_instances", said))

    def instance(self, name: str) -> JSON:
        """The service instance of this name."""
        return dict(self.call("GET", f"/v3/service_instances?names={name}")["resources"][0])

    def managed(self, name: str, plan: str = "micro-psql", **more: object) -> str:
        """The guid of a managed service instance that is ready."""
        done = self.job_done(self.provision(name, plan, **more))
        assert done["state"] == "COMPLETE", done
        return str(self.instance(name)["guid"])

    def user_provided(self, name: str, **more: object) -> str:
        """The guid of a user-provided service instance."""
        related = {"space": {"data": {"guid": self.space}}}
        said = {"type": "user-provided", "name": name, "relationships": related, **more}
        return str(self.call("POST", "/v3/service_instances", said)["guid"])

    def bind(self, instance: str, app: str = "", **more: object) -> Any:
        """The answer to a new binding of an app or, without one, to a new key."""
        related = {"service_instance": {"data": {"guid": instance}}}
        related |= {"app": {"data": {"guid": app}}} if app else {}
        said = {"type": "app" if app else "key", "relationships": related, **more}
        return self.call("POST", "/v3/service_credential_bindings", said)

    def key(self, instance: str, name: str = "key") -> JSON:
        """The credentials in a new key."""
        assert self.job_done(self.job(self.bind(instance, name=name)))["state"] == "COMPLETE"
        path = f"/v3/service_credential_bindings?type=key&names={name}&service_instance_guids={instance}"
        guid = self.call("GET", path)["resources"][0]["guid"]
        return dict(self.call("GET", f"/v3/service_credential_bindings/{guid}/details")["credentials"])

    def job(self, answer: requests.Response) -> str:
        """The path of the job that a 202 promises."""
        assert (answer.status_code, answer.content) == (202, b"")
        return str(answer.headers["Location"]).removeprefix(self.server.api_url)

    def deploy(self, app: str, droplet: str, **more: object) -> str:
        said = {"relationships": {"app": {"data": {"guid": app}}}, "droplet": {"guid": droplet}, **more}
        return str(self.call("POST", "/v3/deployments", said)["guid"])

    def finished(self, deployment: str) -> JSON:
        return self.until(f"/v3/deployments/{deployment}", lambda it: it["status"]["value"] == "FINALIZED")

    def scale(self, app: str, **asked: int) -> JSON:
        return dict(self.call("POST", f"/v3/apps/{app}/processes/web/actions/scale", asked))

    def delete(self, path: str) -> str:
        """The path of the job that deletes."""
        return self.job(self.client.delete(self.server.api_url + path))

    def job_done(self, job: str) -> JSON:
        return self.until(job, lambda it: it["state"] in ("COMPLETE", "FAILED"))

    def visit(self, host: str, path: str = "/") -> requests.Response:
        """What the app behind a host answers."""
        at = f"http://127.0.0.1:{self.server.app_port}{path}"
        return requests.get(at, headers={"Host": f"{host}.{self.server.app_domain}"}, timeout=30)


def zipped(files: Mapping[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()
