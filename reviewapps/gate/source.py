"""The gate's app, as it is pushed."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path

PROCFILE = "web: exec python3 -m gate\n"
_APP = Path(__file__).parent / "app"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@cache
def archive() -> bytes:
    """The app as a zip, byte for byte the same each time."""
    files = {f"gate/{path.name}": path.read_text() for path in sorted(_APP.glob("*.py"))}
    files |= {"Procfile": PROCFILE, "requirements.txt": ""}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return made.getvalue()


@cache
def source_digest() -> str:
    """40 hex digits of the app's own code."""
    return hashlib.sha256(archive()).hexdigest()[:40]
