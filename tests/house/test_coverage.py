"""The tables of endpoints in docs/sandbox.md are true: what is there is in them, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.contract.coverage import DOCUMENT, ROOT, SUPPORTED, mounted, parts

MOUNTED = {
    server: {f"{method} {template}" for method, template in found} for server, found in mounted().items()
}
AGAIN = "run: make coverage"


@pytest.mark.parametrize("server", MOUNTED)
def test_the_table_has_every_endpoint_that_the_server_mounts_and_no_other(server: str) -> None:
    assert rows(server).keys() == MOUNTED[server], AGAIN


@pytest.mark.parametrize("server", MOUNTED)
def test_every_endpoint_is_tested_by_files_that_are_there(server: str) -> None:
    files = {name: re.findall(r"\]\((.*?)\)", tested) for name, (_, tested) in rows(server).items()}

    assert {name for name, found in files.items() if not found} == set(), AGAIN
    named = {file for found in files.values() for file in found}
    assert {
        file for file in named if not (DOCUMENT.parent / file).resolve().is_relative_to(ROOT / "tests")
    } == set()
    assert {file for file in named if not (DOCUMENT.parent / file).exists()} == set(), AGAIN


@pytest.mark.parametrize("server", MOUNTED)
def test_what_is_said_to_be_supported_in_part_is_there_and_said_so_in_the_table(server: str) -> None:
    assert SUPPORTED[server].keys() <= MOUNTED[server]
    told = {name: supported for name, (supported, _) in rows(server).items() if supported != "yes"}
    assert told == SUPPORTED[server], AGAIN


def rows(server: str) -> dict[str, tuple[str, str]]:
    """What is said to be supported, and by what it is tested, by endpoint."""
    _, table, _ = parts(server, DOCUMENT.read_text())
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {endpoint.strip("`"): (supported, tested) for endpoint, supported, tested in lines}
