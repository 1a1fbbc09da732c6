"""What changed within each file of a difference, as GitHub gives it: the hunks, and nothing before them."""

from __future__ import annotations

import re
from dataclasses import replace

from reviewapps.sandbox.github.git import EMPTY_TREE, END, Bare
from reviewapps.sandbox.github.history import FileChange, changes

LARGEST, LARGEST_OF_ALL = 500_000, 1_000_000
"""Bytes of one file's patch, and of all together. GitHub leaves out what is larger, or has more lines:"""
MOST_LINES = 20_000

_FILE = re.compile(rb"^diff --git ", re.MULTILINE)
_HUNKS = re.compile(rb"^@@ .*", re.MULTILINE | re.DOTALL)


async def patched(git: Bare, before: str | None, after: str) -> list[FileChange]:
    """The files that differ between two commits (shas), each with its patch.

    There is none of what is binary, only has another name or mode, or is too large.
    """
    if (before, after) not in git.compared:
        git.compared[before, after] = await _patched(git, before, after)
    return list(git.compared[before, after])


async def _patched(git: Bare, before: str | None, after: str) -> list[FileChange]:
    changed = await changes(git, before, after)
    printed = await git.output("diff-tree", "--patch", "-r", "-M", END, before or EMPTY_TREE, after)
    parts, room = iter(_FILE.split(printed)[1:]), LARGEST_OF_ALL
    found = []
    for one in changed:
        # git shows a file that became a link as one that is gone and one that is new
        both = [_hunks(next(parts, b"")) for _ in range(2 if one.status == "changed" else 1)]
        hunks = b"\n".join(filter(None, both))
        shown = len(hunks) <= min(LARGEST, room) and hunks.count(b"\n") < MOST_LINES
        room -= len(hunks) if shown else 0
        text = hunks.decode(errors="replace") if shown else ""
        found.append(replace(one, patch=text or None))
    return found


def _hunks(part: bytes) -> bytes:
    hunks = _HUNKS.search(part)
    return hunks[0].removesuffix(b"\n") if hunks else b""
