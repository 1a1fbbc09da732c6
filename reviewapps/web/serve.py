"""The server: one process, which ends within seconds when it is told to."""

from __future__ import annotations

import gc
import signal
import sys

import uvicorn

from reviewapps.errors import BadSettings
from reviewapps.logs import configure
from reviewapps.settings import Settings
from reviewapps.web.app import application
from reviewapps.web.bounded import BoundedHeads

STOPS_WITHIN = 6
"""Seconds that answers under way have; Cloud Foundry and docker kill after 10."""

AT_ONCE = 200
"""Connections; more are told 503, so that nobody can fill our memory with bodies that they do not finish."""


def serve(told: Settings) -> None:
    """Answer until told to end. BadSettings where everybody could read what nobody is asked for."""
    if told.exposed:
        raise BadSettings(told.exposed)
    configure()
    for stop in (signal.SIGTERM, signal.SIGINT):
        # before uvicorn's own stands, and once more after it: uvicorn then raises again what it was ended by
        signal.signal(stop, lambda *_: sys.exit(0))
    configuration = _configuration(told)
    gc.collect()
    gc.freeze()  # what is here stays: to look through it took longer than to answer ten webhooks
    uvicorn.Server(configuration).run()


def _configuration(told: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application(told),
        host=told.bind.host,
        port=told.bind.port,
        http=BoundedHeads,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=AT_ONCE,
        timeout_graceful_shutdown=STOPS_WITHIN,
    )
