"""Each line is one JSON object that says whom it concerns, and none tells a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from reviewapps.logs import QUIET, configure, new_tick
from workers import logs


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Any]:
    """A function that returns what was logged so far."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    configure(level=logging.DEBUG, file=tmp_path / "log")
    yield lambda: [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    logs.end()
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    structlog.reset_defaults()


def test_a_line_names_the_task_and_the_environment_until_the_task_ends(lines: Any) -> None:
    logs.begin(task=SimpleNamespace(name="reviewapps.settle"), args=["1/pr-12"], kwargs={"tick": new_tick()})
    logging.getLogger("reviewapps.x").info("settled")
    logs.end()
    logging.getLogger("reviewapps.x").info("idle")
    settled, idle = lines()
    assert (settled["task"], settled["environment"]) == ("reviewapps.settle", "1/pr-12")
    assert len(settled["tick"]) == 8
    assert not {"environment", "tick"} & idle.keys()


def test_a_look_names_its_repository(lines: Any) -> None:
    logs.begin(task=SimpleNamespace(name="reviewapps.look"), args=["acme/shop"], kwargs={})
    logging.getLogger("reviewapps.x").info("looked")
    assert lines()[0]["repository"] == "acme/shop"


def test_both_ways_to_log_end_in_the_same_lines(lines: Any) -> None:
    structlog.get_logger("audit").info("audit", action="create app", app="shop-pr-12")
    logging.getLogger("audit").info("audit", extra={"action": "create app", "app": "shop-pr-12"})
    first, second = ({**line, "timestamp": ""} for line in lines())
    assert first == second
    assert first["action"] == "create app"


def test_a_trace_stays_on_its_line(lines: Any) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("reviewapps.x").exception("failed")
    (line,) = lines()
    assert line["exception"].splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("name", ["cloudfoundry_client.client", "oauth2_client.client", "urllib3", "github"])
def test_who_prints_secrets_at_debug_never_may(lines: Any, name: str) -> None:
    logging.getLogger(name).debug("Authorization: bearer secret")
    assert lines() == []


def test_what_is_no_json_is_written_as_text(lines: Any) -> None:
    logging.getLogger("reviewapps.x").info("here", extra={"where": Path("/tmp")})
    assert lines()[0]["where"] == "/tmp"
