"""``python3 -m gate``: serves until SIGTERM, then ends what is under way and goes."""

from __future__ import annotations

import os
import signal
import threading
import time

from .entrance import Entrance
from .gate import Gate
from .server import serving

LAST_REQUESTS = 8.0
"""Seconds for what is under way; Cloud Foundry kills ten seconds after SIGTERM."""


def main() -> None:
    told = os.environ
    entrance = Entrance(
        root=bytes.fromhex(told["GATE_ROOT"]),
        salt=bytes.fromhex(told["GATE_SALT"]),
        bypass=told["GATE_BYPASS"],
        asks=told["GATE_ASKS"] == "yes",
        now=time.time,
    )
    gate = Gate(entrance, tuple(told["GATE_DOMAINS"].split(",")))
    host = told.get("VCAP_APP_HOST", "0.0.0.0")  # noqa: S104 - a container's own
    server = serving(gate, host, int(told["PORT"]))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    gate.await_last(LAST_REQUESTS)


if __name__ == "__main__":
    main()
