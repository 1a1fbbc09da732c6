"""The ``reviewapps`` command as people start it, with every answer of its servers checked.

python -m tests.contract.witness FILE demo --home …

What was heard is in FILE when it has ended.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from reviewapps import cli
from tests.contract.answers import ANSWERS, listen


def main() -> None:
    """Do what the command does, then tell."""
    file = Path(sys.argv.pop(1))
    listen()
    try:
        cli.main()
    finally:
        file.write_text(json.dumps(ANSWERS.tally()))


if __name__ == "__main__":
    main()
