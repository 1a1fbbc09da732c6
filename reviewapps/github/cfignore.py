"""`.cfignore`: which files the author leaves out."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from reviewapps.errors import BadSource, Unavailable
from reviewapps.github import ignoring

CFIGNORE: Final = ".cfignore"
MATCH_SECONDS: Final = 20.0

NEVER_UPLOADED: Final = (
    CFIGNORE,
    ".DS_Store",
    ".git",
    ".gitignore",
    ".hg",
    ".svn",
    "_darcs",
    "manifest.yml",
    "manifest.yaml",
)
"""What the `cf` command line leaves out too; `.cfignore` may bring some of it back."""

_OF_PYTHON: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")

_logger = logging.getLogger(__name__)

T = TypeVar("T")


def without_ignored(
    files: Sequence[T], patterns: bytes | None, path: Callable[[T], str], seconds: float = MATCH_SECONDS
) -> list[T]:
    """Those of ``files`` that are uploaded. BadSource where a line of ``patterns`` is none, or where they are
    too much to be matched, or take more than so many ``seconds``."""
    if patterns is None:
        never = set(NEVER_UPLOADED)
        return [file for file in files if never.isdisjoint(path(file).split("/"))]
    lines = patterns.decode(errors="replace").splitlines()
    answer = _answer(
        {"never": NEVER_UPLOADED, "patterns": lines, "paths": [path(file) for file in files]}, seconds
    )
    if isinstance(answer, str):
        raise BadSource(f"`{CFIGNORE}`, {answer}")
    return [files[at] for at in answer]


def _answer(asked: dict[str, Sequence[str]], seconds: float) -> list[int] | str:
    try:
        done = subprocess.run(
            [sys.executable, "-P", ignoring.__file__],
            input=json.dumps(asked),
            env={name: os.environ[name] for name in _OF_PYTHON if name in os.environ},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadSource(f"`{CFIGNORE}`: to match its patterns takes longer than {seconds:.0f} s") from None
    if done.returncode:
        # a reason is read by authors, and what a program complains of is ours
        _logger.error("%s: matching complained: %s", CFIGNORE, done.stderr[-2000:])
        raise Unavailable(f"{CFIGNORE}: matching ended with exit status {done.returncode}")
    answer: list[int] | str = json.loads(done.stdout)
    return answer
