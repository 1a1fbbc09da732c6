"""Files for this user's eyes only, which are there in whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, content: bytes) -> Path:
    """``path``, with this content and no other. On disk when this returns."""
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return half.replace(path)
