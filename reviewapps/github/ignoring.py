"""A program: which paths no pattern of gitignore's takes away. It reads JSON and writes JSON.

Patterns are an author's text, and matching some of them takes for ever. A process for it can be ended.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Final

import re2
from pathspec import GitIgnoreSpec

LONGEST_SHOWN: Final = 40
NOT_TAKEN: Final = (ValueError, re.error, re2.error)
"""A line becomes an expression of Python's and one of RE2's, which each have an error of their own."""


def answer(never: list[str], patterns: list[str], paths: list[str]) -> list[int] | str:
    """The places of the paths that stay; or what is wrong with the patterns, in words that stand behind
    the name of their file."""
    for number, line in enumerate(patterns, 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except NOT_TAKEN:
            shown = line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"
            return f"line {number}: `{shown}` is no pattern"
    try:
        ignored = GitIgnoreSpec.from_lines([*never, *patterns])
    except NOT_TAKEN:
        return "whose patterns are too much to be matched together"
    return [at for at, path in enumerate(paths) if not ignored.match_file(path)]


if __name__ == "__main__":
    json.dump(answer(**json.load(sys.stdin)), sys.stdout)
