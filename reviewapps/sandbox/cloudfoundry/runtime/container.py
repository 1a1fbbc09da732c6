"""The inside of a container: a droplet's files, an environment, and a shell that runs a command there.

A droplet is laid out as in Cloud Foundry: ``app/`` is the app's home, ``deps/`` what the buildpacks added,
``profile.d/*.sh`` is read before the command starts.
"""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime.output import LogLine
from reviewapps.sandbox.cloudfoundry.runtime.processes import ProcessGroup

_LAUNCH = """
for script in ../profile.d/*.sh ./.profile.d/*.sh ./.profile; do [ -r "$script" ] && . "$script"; done
exec /bin/sh -c "$0"
"""


def unpack(droplet: Path, folder: Path) -> None:
    """Lay the container out in ``folder``. Raises OSError or TarError when the droplet is not one."""
    furnish(folder)
    with tarfile.open(droplet) as archive:
        archive.extractall(folder, filter="tar")


def furnish(folder: Path) -> None:
    """Make the folders that every container has, with the interpreter of this machine in ``bin``."""
    for name in ("app", "deps", "tmp", "bin", "profile.d"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # The interpreter itself and not a virtual environment's: our own packages are not the app's.
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(Path(sys.executable).resolve())


def environment(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """``env`` with what every container adds to it; nothing else of this machine is seen inside."""
    return {
        "LANG": "en_US.UTF-8",
        "USER": "vcap",
        **env,
        "HOME": str(folder / "app"),
        "TMPDIR": str(folder / "tmp"),
        "DEPS_DIR": str(folder / "deps"),
        "PATH": os.pathsep.join([str(folder / "bin"), env.get("PATH") or os.environ.get("PATH", os.defpath)]),
    }


async def launch(command: str, folder: Path, env: Mapping[str, str], log: LogLine) -> ProcessGroup:
    """``command``, started by a shell in the app's home."""
    shell = ["/bin/sh", "-c", _LAUNCH, command]
    return await ProcessGroup.start(shell, folder=folder / "app", env=environment(folder, env), log=log)
