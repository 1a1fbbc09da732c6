"""Git as a process: nobody's configuration, an end in time, and no file larger than it may be."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from typing import Final

BLOCK: Final = 512
"""Bytes of what ``ulimit -f`` counts."""

STREAMED: Final = "16m"
"""Of a file larger than this, git holds only a piece in memory."""

_PASSED_ON: Final = re.compile(r"(?i)path|(https?|all|no)_proxy|ssl_cert_(file|dir)|git_ssl_ca(info|path)")


class Failed(Exception):
    """It ended badly, or was ended; ``complained`` is what it said."""

    def __init__(self, complained: str) -> None:
        super().__init__(complained)
        self.complained = complained


def bounded(size: int) -> int:
    """The bytes at which a file ends that may have ``size``."""
    return size // BLOCK * BLOCK


def run(
    arguments: tuple[str, ...],
    variables: Mapping[str, str],
    seconds: float,
    stdin: bytes = b"",
    most: int | None = None,
) -> bytes:
    """What git prints. A file that it writes may have ``most`` bytes: git has no such setting for what it
    fetches, so the operating system holds it."""
    bound = ["sh", "-c", f'ulimit -f {(most or 0) // BLOCK} 2>/dev/null; exec "$@"', "sh"]
    process = subprocess.Popen(
        [*(bound if most is not None else ()), "git", *arguments],
        env=dict(variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        printed, complained = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with the children that do the talking
        process.communicate()
        raise Failed(f"no end after {seconds:.0f} s") from None
    if process.returncode:
        raise Failed(complained.decode(errors="replace"))
    return printed


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a git process: nobody's configuration, no prompts; this machine's proxy and CAs."""
    passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    told = {"core.bigFileThreshold": STREAMED, "pack.threads": "1"} | dict(settings or {})
    given = {"GIT_CONFIG_COUNT": str(len(told))}
    for number, (key, value) in enumerate(told.items()):
        given |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return (
        passed_on
        | given
        | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
        }
    )
