"""``python -m reviewapps.web`` is ``reviewapps web``, without what only the other commands need (60 MB)."""

from __future__ import annotations

import os
import sys

from reviewapps.errors import ReviewAppsError
from reviewapps.settings import settings
from reviewapps.web.serve import serve

try:
    serve(settings(os.environ))
except (ReviewAppsError, OSError) as wrong:
    sys.exit(f"reviewapps: {wrong}")
