"""Blobs as ``git cat-file --batch`` gives them, one after the other, never whole in memory unless wanted so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from reviewapps.errors import Unavailable
from reviewapps.github.git import Mirror


class Blob:
    """A blob on its way out of git; reading ends with it."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source = source
        self._left = size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        read = self._source.read(wanted)
        if len(read) < wanted:
            raise Unavailable("git cat-file ended in the middle of a file")
        self._left -= wanted
        return read

    def finish(self) -> None:
        """Read the line's end that git puts after every object."""
        self._source.read(1)


class Blobs:
    """Blobs of a mirror by their ids; each has to be read to its end before the next one is asked for."""

    def __init__(self, asked: IO[bytes], answered: IO[bytes]) -> None:
        self._asked, self._answered = asked, answered

    @contextmanager
    def blob(self, id: str, size: int) -> Iterator[Blob]:
        self._asked.write(f"{id}\n".encode())
        self._asked.flush()
        described = self._answered.readline().decode()
        if described.split() != [id, "blob", str(size)]:
            raise Unavailable(f"git cat-file: {described.strip() or f'it ended before {id}'}")
        blob = Blob(self._answered, size)
        yield blob
        blob.finish()


@contextmanager
def blobs(mirror: Mirror) -> Iterator[Blobs]:
    """All blobs that the mirror has."""
    with mirror.reader() as reader:
        assert reader.stdin is not None and reader.stdout is not None  # noqa: S101 - for the type checker
        yield Blobs(reader.stdin, reader.stdout)
