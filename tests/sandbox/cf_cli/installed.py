"""The cf command line that is installed here, if one is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CF = shutil.which("cf")
SECONDS = 180
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Told:
    """What a command printed, and its exit status."""

    status: int
    text: str

    def line(self, *words: str) -> bool:
        """Whether some line holds all of these words."""
        return any(all(word in line for word in words) for line in self.text.splitlines())

    def value(self, key: str) -> str:
        """Of a line such as ``instances:  1/1``; empty where there is none."""
        found = re.search(rf"^\s*{re.escape(key)}:?\s+(.*)$", self.text, re.MULTILINE)
        return found[1].strip() if found else ""


@dataclass
class InstalledCf:
    """The client with a home folder of its own, so that nobody's login is touched."""

    home: Path
    done: list[str] = field(default_factory=list)

    def __call__(self, *words: str, cwd: Path | None = None, fails: bool = False) -> Told:
        """Run ``cf WORDS``; another outcome than the expected one fails the test, with what was printed."""
        ran = subprocess.run(
            [str(CF), *words],
            cwd=cwd or self.home,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        told = Told(ran.returncode, COLOURS.sub("", ran.stdout + ran.stderr))
        assert (told.status != 0) == fails, f"cf {' '.join(words)} ended with {told.status}\n{told.text}"
        self.done.append(words[0])
        return told

    def folder(self, name: str, files: Mapping[str, str]) -> Path:
        """A folder to push."""
        folder = self.home / name
        folder.mkdir(exist_ok=True)
        for path, text in files.items():
            (folder / path).write_text(text)
        return folder

    def follow(self, *words: str) -> Following:
        """``cf logs APP``, which goes on until it is ended."""
        process = subprocess.Popen(
            [str(CF), *words],
            cwd=self.home,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.done.append(words[0])
        return Following(process)

    def _environment(self) -> dict[str, str]:
        own = {
            "CF_HOME": str(self.home),
            "CF_COLOR": "false",
            "LANG": "en_US.UTF-8",
            "CF_STARTUP_TIMEOUT": "1",
        }
        return {**os.environ, **own}


class Following:
    """The lines of a command that goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(10)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(COLOURS.sub("", line))
