"""The ``reviewapps`` command as people start it, and the processes that live in a folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from tests import forks
from tests.contract.answers import ANSWERS

COMMAND = str(Path(sys.executable).with_name("reviewapps"))


def ended(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own, once it has ended by itself."""
    with tempfile.TemporaryDirectory() as folder, witnessed(*words) as command:
        return forks.ended(command, _environment(env), Path(folder))


@contextlib.contextmanager
def running(*words: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, in a session of its own; killed at the end, should it still be there."""
    with (
        witnessed(*words) as command,
        subprocess.Popen(
            command,
            env=_environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_as_from_a_terminal,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def _as_from_a_terminal() -> None:
    """Ctrl-C counts, also where the tests run in the background of a shell, which lets it be ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextlib.contextmanager
def witnessed(*words: str) -> Iterator[list[str]]:
    """The command line; where the command starts servers of its own, what they answer is checked, too."""
    if words[0] not in ("demo", "sandbox"):
        yield [COMMAND, *words]
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tally.json"
        yield [sys.executable, "-m", "tests.contract.witness", str(file), *words]
        if file.exists():  # who was killed at once had nothing to tell
            ANSWERS.add(json.loads(file.read_text()))


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The process and all that it started, whatever sessions they are in."""
    first = psutil.Process(process.pid)
    return [first, *first.children(recursive=True)]


def called(process: psutil.Process) -> str:
    """What a process is called, nothing once it is gone. What ``run`` forks has the command line of it."""
    try:
        return str(process.name())
    except psutil.Error:
        return ""


def residents(home: Path) -> list[str]:
    """The command lines of the processes that have to do with this folder."""
    return [line for line in map(_words, psutil.process_iter()) if str(home) in line]


def _words(process: psutil.Process) -> str:
    """Where a process is and what it was started with; nothing where it is gone or not ours to see."""
    try:
        return " ".join([process.cwd(), *process.cmdline()])
    except psutil.Error:
        return ""


def _environment(given: Mapping[str, str] | None) -> dict[str, str]:
    if given is not None:
        return dict(given)
    return {name: value for name, value in os.environ.items() if not name.startswith("REVIEWAPPS_")}
