"""A worker, from its wiring to its last signal."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from celery import Celery, signals
from celery.utils.nodenames import default_nodename, host_format

from reviewapps.coordination.due import QUEUES
from reviewapps.coordination.parent_death import bound_to
from reviewapps.logs import configure
from workers import logs
from workers.configuration import LOOK, configuration
from workers.needs import Settings, Wire
from workers.pump import beats
from workers.shutdown import LastWord, told_to_end
from workers.tasks import add_tasks


def main(argv: Sequence[str] | None = None) -> int:
    """Run a worker of the wired installation until it is told to end; its exit status."""
    settings, wire = _wired()
    return run(celery_app(settings, wire), argv, log_file=settings.log_file)


def _wired() -> tuple[Settings, Wire]:
    from reviewapps import wiring  # here, so that an app with other wiring needs no settings of ours

    return wiring.settings(), wiring.orchestrator


def celery_app(settings: Settings, wire: Wire) -> Celery:
    """Celery with both tasks; its workers also pump and keep the clock."""
    app = Celery("reviewapps", set_as_current=False)
    app.conf.update(configuration(settings))
    app.steps["worker"].add(LastWord)
    add_tasks(app, wire)
    _connect_signals(app, settings, wire)
    return app


def run(app: Celery, argv: Sequence[str] | None = None, *, log_file: Path | None = None) -> int:
    """Run a worker of this app until it is told to end; its exit status."""
    options = _options(argv)
    if options.die_with_parent:
        bound_to(os.getppid(), signal.SIGTERM)()
    configure(level=getattr(logging, options.log_level), file=options.log_file or log_file)
    if options.concurrency:
        app.conf.worker_concurrency = options.concurrency
    worker = app.Worker(  # not `celery worker`: the command line of Celery costs 8 MB that nobody needs
        hostname=host_format(default_nodename(f"{os.getpid()}@%h")),
        queues=options.queues,
        quiet=True,
        without_gossip=True,  # traffic and reconnect hazards, no use
        without_mingle=True,
    )
    try:
        worker.start()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    else:
        status = int(worker.exitcode or 0)
    return 0 if told_to_end() else status


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers", description="Run one reviewapps worker.")
    parser.add_argument("--concurrency", type=int, help="child processes (default: as configured)")
    parser.add_argument("--queues", default=",".join((*QUEUES, LOOK)), help="default: %(default)s, in order")
    parser.add_argument("--log-file", type=Path, help="append log lines here and not to stderr")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    parser.add_argument("--die-with-parent", action="store_true", help="end when the starter ends (Linux)")
    return parser.parse_args(argv)


def _connect_signals(app: Celery, settings: Settings, wire: Wire) -> None:
    threads = beats(app, settings, wire)
    bind_child = bound_to(os.getpid(), signal.SIGKILL)

    def share_memory(**_: Any) -> None:
        """Keep the garbage collector from writing to, and so copying, what the children inherit."""
        gc.collect()
        gc.freeze()
        gc.enable()

    def start(**_: Any) -> None:
        for thread in threads:
            thread.start()

    def stop(**_: Any) -> None:
        for thread in threads:
            thread.stop()

    def child(**_: Any) -> None:
        bind_child()

    def logging_is_ours(**_: Any) -> None:
        """Being connected is enough: Celery then leaves logging alone."""

    signals.celeryd_after_setup.connect(share_memory, weak=False)
    signals.worker_ready.connect(start, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    signals.worker_process_init.connect(child, weak=False)
    signals.setup_logging.connect(logging_is_ours, weak=False)
    signals.task_prerun.connect(logs.begin, weak=False)
    signals.task_postrun.connect(logs.end, weak=False)
