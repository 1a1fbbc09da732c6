"""How fast the sandbox's GitHub answers, with nobody checking its answers.

python -m bench.sandbox_github
"""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from reviewapps.sandbox.world import WRITERS, World

MANY = 2_000
SECONDS = 3.0
READERS = 4


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        for row in rows(world):
            print(row, flush=True)


def rows(world: World) -> Iterator[str]:
    """A row per figure, of a fresh world."""
    client = Client(world)
    began = time.monotonic()
    client.post("/_sandbox/pulls/many", f'{{"repository": "{world.repository}", "count": {MANY}}}')
    yield f"| {MANY:,} pull requests seeded | {time.monotonic() - began:.2f} s |"
    repository = f"/repos/{world.repository}"
    began = time.monotonic()
    pages = [client.get(f"{repository}/pulls?per_page=100&page={page}") for page in range(1, MANY // 100 + 1)]
    took, size = time.monotonic() - began, sum(map(len, pages)) / 1e6
    yield f"| … all listed, {len(pages)} pages of 100 ({size:.0f} MB) | {took:.2f} s |"
    for what, path in (
        ("a pull request", "/pulls/{}"),
        ("its reviews", "/pulls/{}/reviews"),
        ("its comments", "/issues/{}/comments"),
        ("a branch", "/branches/topic-{}"),
        ("the statuses of a branch", "/commits/topic-{}/status"),
        ("a page of 30", "/pulls?page={}"),
    ):
        yield f"| reads a second: {what} | {_rate(world, repository + path):.0f} |"


def _rate(world: World, path: str) -> float:
    """Answers a second to a few readers at once, each asking for one number after the other."""
    until, counts = time.monotonic() + SECONDS, [0] * READERS

    def read(reader: int) -> None:
        client = Client(world)
        while time.monotonic() < until:
            client.get(path.format(1 + (reader * 11 + counts[reader]) % 60))
            counts[reader] += 1

    threads = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


class Client:
    """One connection, kept open; cheap, so that the server is what is measured."""

    def __init__(self, world: World) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(world.github.url).netloc, timeout=60)
        self._headers = {"Authorization": f"token {world.tokens[WRITERS[0]]}"}

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
