"""``python -m workers``: one worker, with every flag that it needs."""

from __future__ import annotations

import sys

from workers.app import main

sys.exit(main())
