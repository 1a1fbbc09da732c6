"""The ``reviewapps`` command, as somebody types it in a town."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from typer.testing import CliRunner, Result

from reviewapps.cli import app
from tests.stories.town import QUICK, Town


@dataclass
class Terminal:
    """Somebody types commands; ``told`` are settings on top of the town's, ``environment`` is one of its own."""

    town: Town
    told: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] | None = None

    def types(self, *words: str, status: int = 0) -> str:
        """What the command printed, once it ended with this status."""
        result = self._run(words)
        assert result.exit_code == status, result.output
        return result.stdout

    def is_refused(self, *words: str) -> str:
        """The sentence with which the command ended."""
        result = self._run(words)
        assert result.exit_code == 1, result.output
        return str(result.stderr.splitlines()[-1])

    def reads(self, *words: str) -> Any:
        """What the command says to a program."""
        return json.loads(self.types(*words, "--json"))

    def _run(self, words: tuple[str, ...]) -> Result:
        env = self.environment or self.town.playground.environment(**{**QUICK, **self.told})
        before = structlog.get_config()  # the command sends the log elsewhere
        try:
            return CliRunner().invoke(app, words, env=env)
        finally:
            structlog.configure(**before)
