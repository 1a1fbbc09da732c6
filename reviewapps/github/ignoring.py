"""A program: which paths no pattern of gitignore's takes away. It reads JSON and writes JSON.

Patterns are an author's text, and matching some of them takes for ever. A process for it can be ended.
"""

from __future__ import annotations

import json
import sys

from pathspec import GitIgnoreSpec


def answer(never: list[str], patterns: list[str], paths: list[str]) -> list[int] | str:
    """The places of the paths that stay; or which line is no pattern, in words."""
    for number, line in enumerate(patterns, 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            return f"line {number}: this is no pattern"
    ignored = GitIgnoreSpec.from_lines([*never, *patterns])
    return [at for at, path in enumerate(paths) if not ignored.match_file(path)]


if __name__ == "__main__":
    json.dump(answer(**json.load(sys.stdin)), sys.stdout)
