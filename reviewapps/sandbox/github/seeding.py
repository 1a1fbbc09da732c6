"""Many pull requests at once, for whoever wants to see what thousands are like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from reviewapps.sandbox.github.git import Bare, is_ref_name
from reviewapps.sandbox.github.refusals import invalid
from reviewapps.sandbox.github.state import PullRequest, Repository, User
from reviewapps.sandbox.github.world import World

MOST = 10_000
_EPOCH = 1_600_000_000
_ALL = "refs/seeding/all"  # a branch for all of them, while they are written: thousands of files are slow


async def open_many(
    world: World, repository: Repository, user: User, count: int, base: str
) -> list[PullRequest]:
    """So many new pull requests into ``base``, each of a branch ``topic-N`` with one commit and one file.

    An empty repository gets a first commit. One git process writes them all; nobody is asked for a review.
    """
    sha = await repository.git.branch_head(base) or await _begun(repository.git, base)
    numbers = [repository.next_number() for _ in range(count)]
    heads = await _topics(repository.git, sha, numbers)
    now = world.clock.timestamp
    made = [
        PullRequest(
            id=world.next_id(),
            number=number,
            repository=repository,
            title=f"Topic {number}",
            body=None,
            user=user,
            base_ref=base,
            base_sha=sha,
            head=repository,
            head_owner=repository.owner,
            head_ref=f"topic-{number}",
            head_sha=heads[number],
            created_at=now,
            updated_at=now,
            last_pusher=user,
        )
        for number in numbers
    ]
    repository.pull_requests |= {pull.number: pull for pull in made}
    repository.pushed_at = repository.updated_at = now
    repository.known_refs = await repository.git.heads_and_tags()  # nobody is told of what was always there
    return made


async def _begun(git: Bare, base: str) -> str:
    if await git.refs() or not is_ref_name(f"refs/heads/{base}"):
        raise invalid("PullRequest", "base")
    committer = f"committer GitHub <noreply@github.com> {_EPOCH} +0000"
    first = f"commit refs/heads/{base}\n{committer}\ndata 6\nBegin\n\n"
    await git.output("fast-import", "--quiet", stdin=first.encode())
    return await git.text("rev-parse", f"refs/heads/{base}")


async def _topics(git: Bare, base: str, numbers: list[int]) -> dict[int, str]:
    stream = "".join(_commits(base, numbers)).encode()
    with TemporaryDirectory() as folder:
        marks = Path(folder) / "marks"
        await git.output("fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin=stream)
        words = (line.split() for line in marks.read_text().splitlines())
        heads = {int(mark.removeprefix(":")): sha for mark, sha in words}
    await git.delete_ref(_ALL)
    for form in ("refs/heads/topic-{}", "refs/pull/{}/head"):
        git.pack({form.format(number): sha for number, sha in heads.items()})
    return heads


def _commits(base: str, numbers: list[int]) -> Iterator[str]:
    for number in numbers:
        title = f"Topic {number}\n"
        yield (
            f"commit {_ALL}\nmark :{number}\n"
            f"committer GitHub <noreply@github.com> {_EPOCH + number} +0000\n"
            f"data {len(title)}\n{title}from {base}\n"
            f"M 100644 inline topics/{number}\ndata {len(title)}\n{title}\n"
        )
