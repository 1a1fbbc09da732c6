"""The orchestrator itself, pushed with its own manifest to the platform that it then works on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest
import requests

from reviewapps.demo.onlooker import until
from reviewapps.playground import BRISK
from reviewapps.sandbox.world import BOT, DEPLOYER, ORG, SPACE
from tests.faults.shop import Shop
from tests.house.tree import ROOT, left_by
from tests.sandbox.cf_cli import apps, pushing, services, tasks
from tests.sandbox.cf_cli.connection import Cf
from tests.sandbox.cf_cli.logs import recent
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.targeting import api, auth, target

pytestmark = pytest.mark.story

OWN_SPACE = "tools"
OWN = "reviewapps"
PATIENT = {"REQUEST_TIMEOUT": "20", "LEASE": "21", "FORWARD": "22"}
"""What is killed here takes its leases along, in its own Redis: nobody waits for their end."""

WEB_TOKEN = "a token for the page, long enough"
TOLD = """
[github]
url = "{github_url}"
[slack]
credentials = "slack"
[web]
credentials = "web"
[target.review]
api = "{cf_api}"
space = "acme/review"
domain = "{app_domain}"
address = "http://{{host}}:{app_port}"
credentials = "cf-deployer"
[[repository]]
name = "acme/shop"
environments = {{ review = "review" }}
"""


class Pushed:
    """Ours, as the platform runs it, and whoever pushes it there with ``cf``."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.foundry = shop.world.cloudfoundry
        self.foundry.settings.links_packages = True
        self.foundry.add_space(ORG, OWN_SPACE)
        self.foundry.add_user("operator", "operator", roles={f"{ORG}/{OWN_SPACE}": "space_developer"})
        self.cf = Cf()
        api(self.cf, self.foundry.api_url)
        auth(self.cf, "operator", "operator")
        target(self.cf, ORG, OWN_SPACE)

    def push(self) -> None:
        """All that the manifest and its comment tell one to type, in order; ours is set to be brisk besides."""
        github = {"token": self.shop.world.tokens[BOT]}
        accounts = {f"cf-{name}": {"username": name, "password": name} for name in (DEPLOYER, "operator")}
        secrets = {"github": github, "slack": self.shop.channel.url, "web": WEB_TOKEN, **accounts}
        services.create_user_provided_service(self.cf, "reviewapps-secrets", credentials=secrets)
        apps.create_app(self.cf, OWN)
        for name, value in {**BRISK, **PATIENT}.items():
            apps.set_env(self.cf, OWN, f"REVIEWAPPS_{name}", value)
        manifest = (ROOT / "manifest.yml").read_text()
        route = f"{OWN}.{self.foundry.app_domain}"
        pushing.push_manifest(self.cf, manifest, {".": self.tree()}, variables={"route": route})

    def tree(self) -> Mapping[str, str]:
        """What is sent: our files, as .cfignore leaves them, and the operator's own."""
        told = TOLD.format(**self.shop.world.described())
        assert tomllib.loads(told)
        files = {name: (ROOT / name).read_text() for name in left_by(".cfignore")}
        wrong = told.replace(f"{ORG}/{SPACE}", f"{ORG}/{OWN_SPACE}").replace("cf-deployer", "cf-operator")
        return {**files, "reviewapps.toml": told, "own.toml": wrong}

    def answer(self, path: str, token: str = "") -> requests.Response:
        """What the router says when somebody comes by."""
        host = f"{OWN}.{self.foundry.app_domain}:{self.foundry.app_port}"
        headers = {"Host": host, **({"Authorization": f"Bearer {token}"} if token else {})}
        return requests.get(f"http://127.0.0.1:{self.foundry.app_port}{path}", headers=headers, timeout=30)

    def said(self) -> str:
        return "\n".join(line.text for line in recent(self.cf, OWN))

    def until_ready(self) -> None:
        until("/readyz to say 200", lambda: self.answer("/readyz").status_code == 200, 30)

    def processes(self) -> dict[int, str]:
        """What runs of ours, by pid."""
        return {pid: line for pid, line in self._processes() if "reviewapps" in line or "workers" in line}

    def _processes(self) -> Iterator[tuple[int, str]]:
        home = str(self.shop.playground.home)
        for one in psutil.process_iter():
            try:
                if home in one.cwd():
                    yield one.pid, " ".join(one.cmdline())
            except psutil.Error:
                continue

    def crash(self) -> None:
        """SIGKILL, for the process that the platform started."""
        ours = [pid for pid, line in self.processes().items() if line == "python -m reviewapps run"]
        (first,) = (pid for pid in ours if psutil.Process(pid).ppid() not in ours)
        psutil.Process(first).kill()


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Pushed]:
    with Shop(tmp_path / "shop") as shop:
        yield Pushed(shop)


def test_pushed_with_its_own_manifest_it_keeps_previews_through_a_restart_and_a_crash(pushed: Pushed) -> None:
    shop, cf = pushed.shop, pushed.cf
    pushed.push()
    pushed.until_ready()
    assert pushed.answer("/").status_code == 401
    assert tasks.run_task(cf, OWN, "python -m reviewapps doctor", wait=True).state == "SUCCEEDED"
    with pytest.raises(CommandFailed):
        tasks.run_task(cf, OWN, "REVIEWAPPS_FILE=own.toml python -m reviewapps run --no-web", wait=True)
    assert "the space that reviewapps itself runs in; give it another" in pushed.said()

    preview = shop.open("blue header")
    shop.until_live(preview)
    until(
        "the page to know it", lambda: shop.url("pr-1") in pushed.answer("/api/environments", WEB_TOKEN).text
    )

    before = pushed.processes()
    apps.restart(cf, OWN)
    preview = shop.push(preview, "green header")
    shop.until_live(preview)
    until("the end of the old ones", lambda: before.keys().isdisjoint(pushed.processes()), 15)
    until("nothing to be odd", lambda: not shop.oddities(preview))

    before = pushed.processes()
    pushed.crash()
    until("the platform to tell of a crash", lambda: "audit.app.process.crash" in dict(apps.events(cf, OWN)))
    pushed.until_ready()
    until("the end of the old ones", lambda: before.keys().isdisjoint(pushed.processes()), 15)
    shop.octocat.close(preview.number)
    shop.until_gone(preview)
    until("nothing to be left", lambda: not shop.leftovers(preview))
    assert shop.apps() == [OWN]
