"""One build under way, as buildpacks see it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.container import environment
from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup

_PASSED = re.compile(r"PIP_.*|NPM_CONFIG_.*|.*_PROXY|SSL_.*|.*_CA_.*|REQUESTS_.*", re.IGNORECASE)
"""How this machine reaches its registries: mirrors, proxies and certificates."""


class CompileFailedError(Exception):
    """A buildpack's command ended with ``status``."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


class MissingToolError(Exception):
    """A buildpack needs a program that this machine has not."""

    def __init__(self, tool: str) -> None:
        super().__init__(f"{tool} is not on this machine's PATH")


@dataclass(frozen=True)
class Build:
    """The droplet to be in ``folder``, laid out like a container, and the staging environment in ``env``.

    ``index`` is the place of a buildpack among those of the app; where it ``links_packages``, those that this
    machine has installed are linked instead of fetched.
    """

    folder: Path
    env: Mapping[str, str]
    log: LogLine
    index: int = 0
    links_packages: bool = False

    @property
    def app(self) -> Path:
        """The app's own files."""
        return self.folder / "app"

    @property
    def deps(self) -> Path:
        """Where a buildpack puts what it adds."""
        return self.folder / "deps" / str(self.index)

    def heading(self, text: str) -> None:
        """Say what comes next, as buildpacks do."""
        self.log("OUT", f"-----> {text}")

    def line(self, stream: str, text: str) -> None:
        """Say one line below a heading."""
        self.log(stream, f"       {text}")

    def profile(self, script: str) -> None:
        """Let ``script`` be read by the shell before each command that runs in the droplet."""
        with (self.folder / "profile.d" / f"{self.index}.sh").open("a") as file:
            file.write(script)

    def needs(self, *tools: str) -> None:
        """Raise MissingToolError where one of these programs is not there to be run."""
        path = environment(self.folder, self.env)["PATH"]
        for tool in tools:
            if shutil.which(tool, path=path) is None:
                raise MissingToolError(tool)

    async def run(self, command: Sequence[str], **more: str) -> None:
        """Run ``command`` in the app's folder, ``more`` added to its environment.

        Raises CompileFailedError when it ends with anything but 0.
        """
        machine = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
        env = environment(self.folder, {**machine, "CF_STACK": "cflinuxfs4", **self.env, **more})
        group = await ProcessGroup.start(command, folder=self.app, env=env, log=self.line)
        try:
            status = await group.exit_status()
        finally:
            await group.stop(grace=0)
        if status:
            raise CompileFailedError(status)


def cache(tool: str) -> str:
    """The folder in which ``tool`` keeps what it downloaded, for all builds; never a part of a droplet."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(caches) / "reviewapps" / tool)


def procfile(app: Path) -> dict[str, str]:
    """The commands of an app's Procfile by process type; none without one."""
    path = app / "Procfile"
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8", errors="replace")
    return dict(re.findall(r"^([A-Za-z0-9_-]+):[ \t]*(\S.*?)\s*$", text, re.MULTILINE))
