"""From a package to a droplet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.processes import LogLine


@dataclass(frozen=True)
class Staged:
    """What a build found out: {"web": "python app.py"}, "python_buildpack", "python"."""

    process_types: dict[str, str]
    buildpack: str
    detected: str


class StagingFailed(Exception):  # noqa: N818 - Cloud Foundry's own word
    """A build ended without a droplet; ``error`` is what Cloud Foundry says in a build's ``error``."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


async def stage(
    package: Path,
    droplet: Path,
    *,
    buildpacks: Sequence[str],
    env: Mapping[str, str],
    workdir: Path,
    log: LogLine,
    timeout: float = 900,
) -> Staged:
    """What the build of ``package`` (a zip) found out, with ``droplet`` (a .tgz) written."""
    raise NotImplementedError
