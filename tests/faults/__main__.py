"""``python -m tests.faults``: every request that changes something goes wrong once, in each of three ways.

Prints a line for each day as it ends, and exits with 1 if anything was odd. It takes a while; ``--every 5``
takes every fifth request, ``--match TEXT`` those in whose description the text stands. With ``--reads`` those
go wrong that change nothing: one of each kind, with all repetitions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from reviewapps import logs
from tests.contract.answers import listen
from tests.faults.campaign import READS_GO_WRONG, WRITES_GO_WRONG, Kind, Request, day


def main() -> int:
    """Run the campaign; its exit status."""
    options = _options()
    listen()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        homes = Path(folder)
        logs.configure(file=homes / "log")
        healthy = day(homes / "healthy")
        if healthy.odd:
            print("Without any fault:", *healthy.odd, sep="\n  ")
            return 1
        known = healthy.reads if options.reads else healthy.writes
        kinds = READS_GO_WRONG if options.reads else WRITES_GO_WRONG
        chosen = [request for request in known if options.match in str(request)][:: options.every]
        print(f"{len(chosen)} of {len(known)} requests go wrong, each in {len(kinds)} ways:", flush=True)
        odd = sum(_tried(homes, request, kind) for request in chosen for kind in kinds)
    print(f"{odd} of {len(chosen) * len(kinds)} days did not end well")
    return 1 if odd else 0


def _tried(homes: Path, request: Request, kind: Kind) -> bool:
    """Whether the day was odd; tells how it went."""
    began = time.monotonic()
    went = day(homes / f"day-{began}", request, kind)
    print(
        f"{'ODD' if went.odd else 'ok ':3}  {kind:5}  {time.monotonic() - began:4.1f} s  {request}",
        flush=True,
    )
    for what in went.odd:
        print(f"       {what}", flush=True)
    return bool(went.odd)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--match", default="")
    parser.add_argument("--reads", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
