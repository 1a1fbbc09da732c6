"""Manifests that cannot be used, that need a decision, and what is taken of those that can."""

from __future__ import annotations

import json

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.samples import SHOWS_ITS_ENVIRONMENT, Files, headline, manifest
from tests.stories.town import Town

pytestmark = pytest.mark.story

RULES = ".reviewapps.yml"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"manifest.yml": "applications: [\n  name: {\n"}, ("the manifest cannot be used", "line")),
        ({"manifest.yml": "applications: []\n"}, ("the manifest cannot be used", "names no app")),
        ({"manifest.yml": None}, ("the manifest cannot be used", "there is no `manifest.yml`")),
        (manifest(memory="1T"), ("needs one decision", "1,048,576 MB", "memory: 2048M")),
        ({"manifest.yml": "applications:\n- name: shop\n  docker: {image: shop}\n"}, ("Docker image",)),
    ],
    ids=["no YAML", "no app", "none", "1 TB", "Docker"],
)
def test_a_manifest_that_cannot_be_used_is_told_and_nothing_is_built(
    town: Town, files: Files, words: tuple[str, ...]
) -> None:
    number = town.open("blue", files)
    town.until_comment(number, *words)
    town.until_idle()
    assert (town.builds, town.hosts) == (0, [])
    assert town.operator.app("shop-pr-1").state == "STOPPED"
    assert town.status(town.deployments()[0])["state"] == "failure"
    town.push("blue", {**manifest(memory="64M"), **headline("mended")})
    assert page(town.until_live(number)).headline == "mended"


def test_a_service_needs_a_word_on_the_default_branch(town: Town) -> None:
    number = town.open("blue", {**manifest(services="[shop-db]"), **headline("blue")})
    asked = town.until_comment(number, "needs one decision", "shop-db")
    lines = asked.partition("```yaml\n")[2].partition("```")[0]
    town.on_main({RULES: lines})
    assert page(town.until_live(number)).headline == "blue"
    assert len(town.onlooker.comments(number)) == 1


def test_what_is_not_taken_of_a_manifest_is_said(town: Town) -> None:
    wish = manifest(
        memory="64M",
        routes="[{route: shop.example.org}]",
        instances="3",
        metadata="{labels: {a: b}}",
        env="{VCAP_SERVICES: none, GREETING: hello}",
    )
    town.until_live(number := town.open("blue", wish))
    said = town.onlooker.comments(number)[0]
    assert "Not taken" in said
    for word in ("routes", "more than one instance", "labels and annotations", "VCAP_SERVICES"):
        assert word in said
    assert town.hosts == ["shop-pr-1"]


def test_rules_and_manifest_reach_the_environment_of_the_app(town: Town) -> None:
    town.on_main(
        {
            RULES: "environments:\n  review:\n    vars_file: vars.yml\n    vars: {size: 96M}\n    env:\n"
            "      BRANCH: '{branch}'\n      ALLOWED: '{host}'\n      ORIGIN: '{url}'\n"
            "      WHO: '{repo} {number} {commit}'\n"
        }
    )
    wish = manifest(memory="((size))", env="{GREETING: ((greeting))}")
    files = {**wish, "app.py": SHOWS_ITS_ENVIRONMENT, "vars.yml": "greeting: hello\nsize: 32M\n"}
    url = town.until_live(number := town.open("blue", files))
    shown = json.loads(page(url).text)
    commit, host = town.head(number), url.removeprefix("http://").partition(":")[0]
    expected = {
        "GREETING": "hello",
        "BRANCH": "blue",
        "ALLOWED": host,
        "ORIGIN": url,
        "WHO": f"shop {number} {commit}",
        "REVIEWAPPS_URL": url,
        "REVIEWAPPS_HOST": host,
        "REVIEWAPPS_ENVIRONMENT": "pr-1",
        "REVIEWAPPS_PULL_REQUEST": "1",
        "REVIEWAPPS_COMMIT": commit,
    }
    assert {name: shown.get(name) for name in expected} == expected
    assert json.loads(shown["VCAP_APPLICATION"])["limits"]["mem"] == 96


def test_new_rules_are_deployed_without_a_build(town: Town) -> None:
    url = town.until_live(town.open("blue", {"app.py": SHOWS_ITS_ENVIRONMENT}))
    town.on_main({RULES: "environments: {review: {env: {GREETING: hello}}}\n"})
    town.until("the greeting", lambda: json.loads(page(url).text).get("GREETING") == "hello")
    town.until_idle()
    town.on_main({RULES: "environments: {review: {}}\n"})
    town.until("no greeting", lambda: "GREETING" not in json.loads(page(url).text))
    assert town.builds == 1
