"""Each command is found without the rooms of the others."""

from __future__ import annotations

import subprocess
import sys

from reviewapps.cli import ROOMS, app

OF = {command: room for room, commands in ROOMS.items() for command in commands.split()}


def test_every_command_is_in_the_room_that_is_said_to_have_it() -> None:
    found = {
        command.name or command.callback.__name__: command.callback.__module__.rpartition(".")[2]
        for command in app.registered_commands
        if command.callback is not None
    }
    assert found == OF


SANDBOX_ALONE = """
import sys
from typer.testing import CliRunner
from reviewapps import cli

alone = cli._app_for(["sandbox"])
print(*sys.modules)
print(CliRunner().invoke(alone, ["sandbox", "--help"], prog_name="reviewapps").output)
"""


def test_who_wants_a_world_imports_no_client_of_the_platforms_and_is_asked_as_ever() -> None:
    command = [sys.executable, "-c", SANDBOX_ALONE]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    had, _, told = said.partition("\n")
    assert "Usage: reviewapps sandbox [OPTIONS]" in told
    assert not {"github", "cloudfoundry_client", "psycopg"} & set(had.split())
