"""How fast the sandbox's GitHub answers, with nobody checking its answers.

python -m bench.sandbox_github
"""

from __future__ import annotations

import http.client
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

from reviewapps.sandbox.world import WRITERS, World

MANY = 2_000
SECONDS = 3.0
READERS = 2  # processes of their own
READ = (
    ("a pull request", "/pulls/{}"),
    ("its reviews", "/pulls/{}/reviews"),
    ("its comments", "/issues/{}/comments"),
    ("a branch", "/branches/topic-{}"),
    ("the statuses of a branch", "/commits/topic-{}/status"),
    ("a page of 30 pull requests", "/pulls?page={}"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        for row in rows(world):
            print(row, flush=True)


def rows(world: World) -> Iterator[str]:
    """A row per figure, of a fresh world."""
    door = Door(world.github.url, world.tokens[WRITERS[0]])
    client = Client(door)
    world.github.world.allowance.user = 1_000_000  # the server is measured, not its limits
    began = time.monotonic()
    client.post("/_sandbox/pulls/many", f'{{"repository": "{world.repository}", "count": {MANY}}}')
    yield f"| {MANY:,} pull requests seeded | {time.monotonic() - began:.2f} s |"
    repository = f"/repos/{world.repository}"
    began = time.monotonic()
    pages = [client.get(f"{repository}/pulls?per_page=100&page={page}") for page in range(1, MANY // 100 + 1)]
    took, size = time.monotonic() - began, sum(map(len, pages)) / 1e6
    yield f"| … all listed, {len(pages)} pages of 100 ({size:.0f} MB) | {took:.2f} s |"
    with ProcessPoolExecutor(READERS, mp_context=get_context("spawn")) as readers:
        for what, path in READ:
            counts = readers.map(_reads, [door] * READERS, [repository + path] * READERS, range(READERS))
            yield f"| reads a second: {what} | {sum(counts) / SECONDS:.0f} |"


def _reads(door: Door, path: str, reader: int) -> int:
    """The answers to one reader who asks for one number after the other."""
    client, count, until = Client(door), 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        client.get(path.format(1 + (reader * 11 + count) % 60))
        count += 1
    return count


@dataclass(frozen=True)
class Door:
    """Where the sandbox is, and the token that opens it."""

    url: str
    token: str


class Client:
    """One connection, kept open; cheap, so that the server is what is measured."""

    def __init__(self, door: Door) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=60)
        self._headers = {"Authorization": f"token {door.token}"}

    def get(self, path: str) -> bytes:
        """The body of a 200."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: str) -> bytes:
        """The body of a 201."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        self._connection.request(method, path, body=body, headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 201), (method, path, answer.status, content[:200])
        return content


if __name__ == "__main__":
    main()
