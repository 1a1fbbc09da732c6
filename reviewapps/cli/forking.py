"""A process that runs one of our modules and begins with all that this one has imported.

A new Python would import most of it again, which takes a second of a core and 60 MB. Only a process of one thread
may fork so, before it has a connection to anything.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from reviewapps.coordination.parent_death import bound_to, titled

HANDED_DOWN = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
"""Signals that a parent may have taken for itself, and its children want for themselves."""

_FORK = multiprocessing.get_context("fork")


class Fork:
    """``python -m module``, by another way. In a session of its own, so that Ctrl-C is its parent's; where the
    kernel can do so, it ends when its parent is killed.

    ``until_told`` names a module: this is imported, and then all waits until ``go`` is called."""

    def __init__(self, module: str, environ: Mapping[str, str], until_told: str | None = None) -> None:
        told, self._go = _FORK.Pipe(duplex=False)
        self._process: BaseProcess = _FORK.Process(
            target=_become, args=(module, dict(environ), until_told, told, self._go, os.getpid())
        )
        gc.freeze()  # or the collector would write to, and so copy, what both have
        with _held_back():
            self._process.start()
        told.close()
        if until_told is None:
            self.go()

    def go(self) -> None:
        """Let it begin, if it is still there."""
        with suppress(BrokenPipeError):
            self._go.send(None)

    def poll(self) -> int | None:
        """Its status once it has ended: negative where that was by a signal."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int | None:
        """The same, after so many seconds at most."""
        self._process.join(max(0.0, seconds))
        return self.poll()

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


@contextmanager
def _held_back() -> Iterator[None]:
    """Signals that come meanwhile come afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDED_DOWN)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become(
    module: str,
    environ: dict[str, str],
    until_told: str | None,
    told: Connection,
    parents_end: Connection,
    parent: int,
) -> None:
    os.setsid()
    titled(module)
    for number in HANDED_DOWN:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bound_to(parent, signal.SIGTERM)()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDED_DOWN)
    parents_end.close()
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = [module]
    if until_told is not None:
        importlib.import_module(until_told)
    _await(told)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _await(told: Connection) -> None:
    """Return when told to go on. Ends this process where nobody is left who could tell."""
    with told:
        try:
            told.recv()
        except EOFError:
            sys.exit(0)
