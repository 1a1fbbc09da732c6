"""``reviewapps look --wait``: the whole story by nothing but single looks, each in a fresh, empty folder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import github
import pytest
import requests
import yaml

from reviewapps.demo.onlooker import page
from reviewapps.sandbox.faults import Fault
from tests.faults.shop import Shop
from tests.stories.workers.command import ended

EXAMPLE = Path(__file__).parents[3] / "examples" / "workflows" / "reviewapps.yml"

pytestmark = pytest.mark.story


class Workflow:
    """A job of a workflow that runs at every event: it begins with nothing and leaves nothing."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop, self.folder = shop, folder
        self._runs = count(1)

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        home = self.folder / f"run-{next(self._runs)}"
        home.mkdir()
        env = self.shop.playground.environment(REDIS_URL="", HOME=str(home / "orchestrator"), **settings)
        return ended("look", "--wait", *words, env=env)


@pytest.fixture
def workflow(tmp_path: Path) -> Iterator[Workflow]:
    with Shop(tmp_path / "shop") as shop:
        yield Workflow(shop, tmp_path)


def test_single_looks_tell_the_whole_story(workflow: Workflow) -> None:
    shop = workflow.shop
    preview = shop.open("blue header")
    broken = shop.open("broken", bin__pre_compile="exit 14\n")

    went = workflow.run()

    assert went.returncode == 0, went.stderr
    assert f"acme/shop#{preview.number}: live http://shop-pr-1." in went.stdout
    assert page(shop.until_live(preview)).headline == "blue header"
    assert "build failed" in (shop.onlooker.comment(broken.number) or "")

    preview = shop.push(preview, "green header")
    shop.octocat.tag("dev-1", preview.commit)
    assert workflow.run().returncode == 0
    assert page(shop.until_live(preview)).headline == page(shop.url("dev")).headline == "green header"
    assert shop.oddities(preview, builds=2) == []

    shop.octocat.merge(preview.number)
    assert workflow.run().returncode == 0
    assert shop.leftovers(preview) == []
    calls = len(shop.world.cloudfoundry.observed.calls)
    assert workflow.run().returncode == 0
    last = shop.world.cloudfoundry.observed.calls[calls:]
    assert [call for call in last if call.method != "GET" and "/oauth/" not in call.path] == []


def test_a_workflows_own_token_is_that_of_a_bot_and_enough(workflow: Workflow) -> None:
    shop, token = workflow.shop, own_token(workflow.shop)
    preview = shop.open("blue header")
    assert workflow.run(GITHUB_TOKEN=token).returncode == 0
    shop.octocat.close(preview.number)
    assert workflow.run(GITHUB_TOKEN=token).returncode == 0
    (comment,) = everything(shop, f"/issues/{preview.number}/comments")
    assert "Preview: removed" in comment["body"]
    assert comment["user"]["type"] == "Bot"


def own_token(shop: Shop) -> str:
    """A token that may do what the workflow's ``permissions`` say, of an App that is let into the repository."""
    app = shop.world.described_app()
    signed = github.Auth.AppAuth(app["app_id"], str(app["app_private_key"])).token
    granted = yaml.safe_load(EXAMPLE.read_text())["permissions"]
    made = requests.post(
        f"{shop.world.github.url}/app/installations/{app['app_installation_id']}/access_tokens",
        headers={"Authorization": f"Bearer {signed}"},
        json={"permissions": {name.replace("-", "_"): level for name, level in granted.items()}},
        timeout=30,
    )
    return str(made.json()["token"])


def everything(shop: Shop, path: str) -> list[dict[str, Any]]:
    """A listing of the repository's."""
    url = f"{shop.world.github.url}/repos/{shop.world.repository}{path}"
    answer = requests.get(url, headers={"Authorization": f"token {shop.world.tokens['octocat']}"}, timeout=30)
    return list(answer.json())


def test_a_look_that_cannot_be_finished_says_what_still_waits(workflow: Workflow) -> None:
    workflow.shop.open("blue header")
    workflow.shop.world.cloudfoundry.observed.plan(Fault(path="^/v3/", status=503, times=10_000))

    went = workflow.run("--within", "2s")

    assert went.returncode == 1
    *log, last = went.stderr.splitlines()
    assert last.startswith("reviewapps: not done in time: ")
    assert all(json.loads(line)["level"] == "warning" for line in log)


def test_what_an_operator_has_to_mend_is_said_and_not_waited_for(workflow: Workflow) -> None:
    workflow.shop.world.cloudfoundry.observed.plan(
        Fault("^/v3/routes$", "POST", status=403, times=10_000, body='{"errors": [{"code": 10003}]}')
    )
    workflow.shop.open("blue header")

    went = workflow.run("--within", "30s")

    assert went.returncode == 1
    assert "needs somebody" in went.stderr
