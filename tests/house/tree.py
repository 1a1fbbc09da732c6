"""The files of this project, and what of them is sent somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pathspec

ROOT = Path(__file__).parent.parent.parent
_LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    check=True,
    capture_output=True,
    text=True,
).stdout.splitlines()
TRACKED = [name for name in _LISTED if (ROOT / name).is_file()]
"""What git has, or would have after the next ``git add``: so a push sends it, and a new module is no surprise."""


def left_by(ignore: str, *more: str) -> set[str]:
    """What is sent of our files, and of these, past an ignore file. Docker's patterns begin at the root."""
    lines = (ROOT / ignore).read_text().splitlines()
    if ignore == ".dockerignore":
        lines = [re.sub(r"^(!?)(?!\*)", r"\1/", line) for line in lines]
    ignored = pathspec.PathSpec.from_lines("gitignore", lines)
    return {file for file in [*TRACKED, *more] if not ignored.match_file(file)}
