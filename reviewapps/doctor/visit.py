"""``reviewapps doctor``: look, judge, tell."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from rich.console import Console

from reviewapps.doctor import printed
from reviewapps.doctor.examination import examined
from reviewapps.doctor.finding import counted, exit_status
from reviewapps.doctor.looking import looked_at
from reviewapps.doctor.real_try import real_tries


def visit(
    environ: Mapping[str, str],
    console: Console,
    *,
    deploy: bool = False,
    ping: bool = False,
    as_json: bool = False,
) -> int:
    """The exit status: 1 with a failure, 0 with warnings. With ``deploy`` a small app is pushed and removed."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # what it tries again is told by the findings
    seen = looked_at(environ, ping=ping)
    findings = examined(seen)
    width = printed.width(findings)
    if not as_json:
        printed.told(findings, console, width)
    if deploy:
        tries = list(real_tries(seen))
        findings += tries
        if not as_json:
            printed.told(tries, console, width)
    if as_json:
        console.print(printed.as_json(findings), soft_wrap=True, highlight=False, markup=False)
    else:
        console.print(counted(findings), highlight=False)
    return exit_status(findings)
