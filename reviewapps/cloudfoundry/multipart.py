"""A file as multipart/form-data, read while it is sent.

requests builds such a body in memory, twice the size of the file, and sends an empty file when it has to
repeat itself with a fresh token. This one starts again from the beginning whenever it is sent.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1024 * 1024


class FilePart:
    """One part named ``name`` that holds ``file``."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.zip"\r\n'
            "Content-Type: application/zip\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._file = file

    def __len__(self) -> int:
        return len(self._head) + os.fstat(self._file.fileno()).st_size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        yield self._head
        while chunk := self._file.read(CHUNK):
            yield chunk
        yield self._tail
