"""The files that people install from say what is true: commands, variables, services and files that there are."""

from __future__ import annotations

import importlib.util
import re
import shlex
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from reviewapps import __version__
from reviewapps.cli import app
from reviewapps.settings import PREFIX, VARIABLES
from reviewapps.settings.bound import REDIS
from reviewapps.settings.secrets import SERVICE
from reviewapps.web.health import ALIVE
from tests.house.tree import ROOT, TRACKED, left_by

WORKFLOW = "examples/workflows/reviewapps.yml"
KEPT = {PREFIX + name.upper() for name in VARIABLES}


def loaded(name: str) -> Any:
    # YAML 1.1 reads the key `on` as true
    return yaml.safe_load((ROOT / name).read_text())


def deployed(name: str) -> dict[str, Any]:
    (found,) = loaded(name)["applications"]
    return dict(found)


def processes(name: str) -> dict[str, dict[str, Any]]:
    """What a manifest starts, by type."""
    only = deployed(name)
    return {one["type"]: one for one in only.get("processes", [{"type": "web", **only}])}


def commands() -> list[tuple[str, str]]:
    """Every command that a file starts us with, and the file."""
    manifests = [(n, p["command"]) for n in MANIFESTS for p in processes(n).values()]
    composed = [
        (COMPOSE, one["command"]) for name, one in loaded(COMPOSE)["services"].items() if name != "redis"
    ]
    steps = [(WORKFLOW, step["run"]) for step in loaded(WORKFLOW)["jobs"]["look"]["steps"]]
    started = [*manifests, *composed, ("Dockerfile", shlex.join(yaml.safe_load(dockerfile("CMD")[0])))]
    return [*started, *(one for one in steps if not one[1].startswith("pipx"))]


def dockerfile(instruction: str) -> list[str]:
    """What follows each of these instructions."""
    return re.findall(rf"^{instruction} (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


MANIFESTS = ["manifest.yml", "manifest.scaled.yml"]
COMPOSE = "docker-compose.yml"


@pytest.mark.parametrize(("file", "line"), commands())
def test_every_command_exists_with_all_its_options(file: str, line: str) -> None:
    words = shlex.split(line.removeprefix("python -m "))
    assert importlib.util.find_spec(words[0]) is not None
    if words[0] == "reviewapps":
        group = get_command(app)
        assert isinstance(group, TyperGroup)
        name, command, rest = group.resolve_command(group.make_context("reviewapps", words[1:]), words[1:])
        assert command is not None, name
        command.make_context(name, list(rest))  # fails at an option that there is not


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_alive_where_the_page_says_so_and_runs_where_a_route_leads(name: str) -> None:
    web = processes(name)["web"]
    assert deployed(name)["routes"] == [{"route": "((route))"}]
    assert (web["health-check-type"], web["health-check-http-endpoint"]) == ("http", ALIVE)
    assert "--no-web" not in web["command"]
    others = [one for kind, one in processes(name).items() if kind != "web"]
    assert {one["health-check-type"] for one in others} <= {"process"}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_asks_for_little_and_names_what_it_needs(name: str) -> None:
    assert all(int(one["memory"].removesuffix("M")) <= 384 for one in processes(name).values())
    assert deployed(name).get("env", {}).keys() <= KEPT
    assert SERVICE in deployed(name)["services"]
    # what has no service to share a Redis through has no second process that would need one
    alone = len(processes(name)) == 1 and deployed(name)["instances"] == 1
    assert alone != (f"cf create-service {REDIS} " in (ROOT / name).read_text())


def test_compose_gives_every_process_its_variables_and_one_redis() -> None:
    services = loaded(COMPOSE)["services"]
    ours = {name: one for name, one in services.items() if name != "redis"}
    assert ours.keys() == {"web", "worker"}
    for one in ours.values():
        assert one["env_file"] == ".env"
        assert one["environment"].keys() <= KEPT
        assert one["environment"]["REVIEWAPPS_REDIS_URL"] == "redis://redis:6379/0"
        assert one["depends_on"]["redis"] == {"condition": "service_healthy"}
        assert one["stop_grace_period"] >= "11s"
    assert ALIVE in " ".join(ours["web"]["healthcheck"]["test"])
    assert all(port.startswith("127.0.0.1:") for port in ours["web"]["ports"])


def test_the_example_of_an_env_file_names_variables_that_there_are_and_no_usable_secret() -> None:
    text = (ROOT / ".env.example").read_text()
    told = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert told.keys() <= KEPT
    assert {"REVIEWAPPS_REPOSITORIES", "REVIEWAPPS_WEB_TOKEN"} <= told.keys()
    secret = re.compile("TOKEN|PASSWORD|SECRET")
    assert all("…" in value for name, value in told.items() if secret.search(name))


def test_every_file_that_the_image_copies_is_there_and_is_sent() -> None:
    copied = [source for line in dockerfile("COPY") for source in line.split()[:-1]]
    sent = left_by(".dockerignore")
    assert copied
    assert [one for one in copied if not any(f"{file}/".startswith(f"{one}/") for file in sent)] == []
    assert {file.split("/")[0] for file in sent} == set(copied)


def test_a_push_sends_the_product_and_its_settings_and_nothing_private() -> None:
    private = [".env", "secrets.json", ".reviewapps/redis/appendonly.aof", ".git/config", "tests/x.py"]
    sent = left_by(".cfignore", *private, "reviewapps.toml")
    assert {"reviewapps.toml", "requirements.txt", "requirements.lock"} <= sent
    assert {file for file in TRACKED if file.startswith(("reviewapps/", "workers/"))} <= sent
    assert sent.isdisjoint(private)
    assert not any(file.startswith(("tests/", "bench/", "docs/")) for file in sent)


def test_the_workflow_looks_at_every_event_and_one_at_a_time() -> None:
    workflow = loaded(WORKFLOW)
    assert workflow[True].keys() == {"pull_request", "push", "schedule", "workflow_dispatch"}
    assert workflow[True]["push"] == {"branches": ["**"], "tags": ["**"]}
    assert {"opened", "reopened", "synchronize", "closed", "labeled"} <= set(
        workflow[True]["pull_request"]["types"]
    )
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert not re.search(r"\$\{\{", workflow["concurrency"]["group"]), "one group for all events"
    writes = dict.fromkeys(("pull-requests", "deployments", "statuses"), "write")
    assert workflow["permissions"] == {"contents": "read", **writes}


def test_the_workflow_installs_a_tag_and_tells_what_is_required() -> None:
    job = loaded(WORKFLOW)["jobs"]["look"]
    install, look = job["steps"]
    assert re.search(rf'"git\+https://github\.com/\S+/reviewapps@v{re.escape(__version__)}"', install["run"])
    assert look["env"].keys() <= KEPT
    required = {"REPOSITORIES", "GITHUB_TOKEN", "CF_USER", "CF_PASSWORD", "CF_ORG", "CF_SPACE"}
    assert {PREFIX + name for name in required} <= look["env"].keys()
    within = re.search(r"--within (\d+)m", look["run"])
    assert within is not None and int(within[1]) < job["timeout-minutes"]
