"""``python -m workers``: one worker, with every flag that it needs."""

from __future__ import annotations

import gc
import sys

gc.disable()  # all that is imported stays; a worker that is ready enables it again

from workers.app import main  # noqa: E402

sys.exit(main())
