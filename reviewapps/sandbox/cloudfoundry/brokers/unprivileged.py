"""PostgreSQL refuses to run as root. Where we are root, as in most containers, it runs as ``nobody``."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.brokers.backing import BrokerFailure

_USER = "nobody"


def prefix(*needed: Path) -> list[str]:
    """The words to put before a command that must not run as root; none where we are not root.

    What the command needs may lie in a folder of root's alone (``/root``, pytest's folders), which nobody
    else may pass. Then, and only then, the command keeps the one capability to pass it, also where it asks with
    `access` whether it may, as initdb does.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise BrokerFailure(
            "PostgreSQL does not run as root, and setpriv (util-linux), to run it as nobody, is not here"
        )
    user = pwd.getpwnam(_USER)
    words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not all(_passable(path) for path in needed):
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    return [*words, "--"]


def hand_over(path: Path) -> None:
    """Let ``path`` be the user's whom PostgreSQL runs as."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(_USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def _passable(path: Path) -> bool:
    """Whether everybody may walk to ``path``."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
