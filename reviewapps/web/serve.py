"""The server: one process, which ends within seconds when it is told to."""

from __future__ import annotations

import signal

import uvicorn

from reviewapps.errors import BadSettings
from reviewapps.logs import configure
from reviewapps.settings import Settings
from reviewapps.web.app import application

STOPS_WITHIN = 6
"""Seconds that answers under way have; Cloud Foundry and docker kill after 10."""

AT_ONCE = 200
"""Connections; more are told 503, so that nobody can fill our memory with bodies that they do not finish."""


def serve(told: Settings) -> None:
    """Answer until told to end. BadSettings where everybody could read what nobody is asked for."""
    if told.exposed:
        raise BadSettings(told.exposed)
    configure(form=told.log)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            stop, lambda *_: None
        )  # uvicorn's own stands while it serves; afterwards a good end is one
    uvicorn.Server(_configuration(told)).run()


def _configuration(told: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application(told),
        host=told.bind.host,
        port=told.bind.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=AT_ONCE,
        timeout_graceful_shutdown=STOPS_WITHIN,
    )
