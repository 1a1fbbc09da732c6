"""``make audit``: whether a weakness is known of what ``requirements.lock`` names.

``pip-audit`` by itself ends well, and says that it found nothing, where it could ask about nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[2] / "requirements.lock"
WEAK, UNASKED = 1, 3


def judged(dependencies: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit status, and what to say: each weakness with the version that mends it, and what was not asked."""
    weak = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        for one in dependencies
        for flaw in one.get("vulns", ())
    ]
    unasked = [one["name"] for one in dependencies if "skip_reason" in one]
    lines = [*weak]
    if unasked or not dependencies:
        lines.append(
            f"NOT AUDITED: {len(unasked)} of {len(dependencies)} packages: PyPI did not tell of them"
        )
    if not lines:
        lines.append(f"{len(dependencies)} packages, and no known weakness")
    status = WEAK if weak else UNASKED if unasked or not dependencies else 0
    return status, lines


def main(say_only: bool) -> int:
    """The exit status; with ``say_only`` what could not be asked is said and no failure."""
    words = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--require-hashes", "--disable-pip"]
    told = subprocess.run([*words, "--progress-spinner=off", "-f", "json"], capture_output=True, text=True)
    try:
        dependencies = json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        dependencies = []
        print(told.stderr.strip()[-500:], file=sys.stderr)
    status, lines = judged(dependencies)
    print("\n".join(f"audit: {line}" for line in lines))
    return 0 if status == UNASKED and say_only else status


if __name__ == "__main__":
    sys.exit(main("--say-only" in sys.argv[1:]))
