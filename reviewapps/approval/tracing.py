"""How each commit came into the branch: along its first parents, from the running commit to the head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from reviewapps.approval.evidence import Commit, Evidence, Move, Pull

How = Literal["merged", "pushed", "untold"]


@dataclass(frozen=True)
class Landing:
    """Commits that came together. ``pull`` brought them, where they were merged; ``pushed`` came without one.
    ``untold``: GitHub does not say (yet) how."""

    how: How
    commits: tuple[Commit, ...]
    pull: Pull | None = None


def landings(evidence: Evidence) -> tuple[Landing, ...]:
    """All that came since the running commit, oldest first; every commit is in exactly one of them."""
    by_sha = {commit.sha: commit for commit in evidence.commits}
    line = trunk(evidence.head, evidence.commits)
    kinds, pulls = _kinds(evidence, line), _pulls(evidence, line)
    seen: set[str] = set()
    found: list[Landing] = []
    for commit in reversed(line):
        brought = _brought(commit, by_sha, seen)
        how = kinds[commit.sha]
        pull = pulls.get(commit.sha) if how == "merged" else None
        if how == "merged" and pull is None:  # whose merge it was, GitHub may tell a little later
            how = "pushed" if evidence.moves is None else "untold"
        if found and (found[-1].how, found[-1].pull) == (how, pull):
            brought = (*found.pop().commits, *brought)
        found.append(Landing(how, brought, pull))
    left = tuple(sorted((c for c in evidence.commits if c.sha not in seen), key=lambda commit: commit.sha))
    return (Landing("pushed", left), *found) if left else tuple(found)


def trunk(head: str, commits: Iterable[Commit]) -> tuple[Commit, ...]:
    """The head and its first parents, newest first, as far as they are there: the branch's own line."""
    by_sha = {commit.sha: commit for commit in commits}
    line: list[Commit] = []
    at = by_sha.get(head)
    while at is not None:
        line.append(at)
        at = by_sha.get(at.parents[0]) if at.parents else None
    return tuple(line)


def _kinds(evidence: Evidence, line: Iterable[Commit]) -> dict[str, How]:
    """What sort of move brought each commit of the line. A move brings all down to where it began; whatever
    no move brings is untold. A GitHub that tells of no moves is believed about pull requests alone."""
    if evidence.moves is None:
        return {commit.sha: "merged" for commit in line}
    return {
        sha: "untold" if move is None else "merged" if move.merge else "pushed"
        for sha, move in movers(evidence, line).items()
    }


def movers(evidence: Evidence, line: Iterable[Commit]) -> dict[str, Move | None]:
    """The move that brought each commit of the line, None where none did."""
    # What a merge ended at, GitHub made; whoever pushes that once more changes nothing of it.
    by_end = {move.after: move for move in sorted(evidence.moves or (), key=lambda move: move.merge)}
    found: dict[str, Move | None] = {}
    current = None
    for commit in line:
        if current is not None and commit.sha == current.before:
            current = None
        current = by_end.get(commit.sha, current)
        found[commit.sha] = current
    return found


def _brought(commit: Commit, by_sha: Mapping[str, Commit], seen: set[str]) -> tuple[Commit, ...]:
    """The commit and all behind it that is not ``seen``, which it is afterwards."""
    found: list[Commit] = []
    waiting = [commit.sha]
    while waiting:
        at = waiting.pop()
        if at in by_sha and at not in seen:
            seen.add(at)
            found.append(by_sha[at])
            waiting += by_sha[at].parents
    return tuple(found)


def _pulls(evidence: Evidence, line: Iterable[Commit]) -> dict[str, Pull]:
    """The pull request that each commit of the line was merged for, as far as there is one.

    Of a merge the other parent must be the very head that the pull request had: all that lies behind it is then
    what its reviewers saw. A rebase leaves several commits, of which the last is what the pull request was
    merged as. GitHub may name more pull requests for a commit than brought it: every one that merely has it.
    """
    into = sorted((p for p in evidence.pulls if p.base == evidence.branch), key=lambda pull: pull.number)
    associated = frozenset(evidence.associated)
    found: dict[str, Pull] = {}
    rebased: Pull | None = None
    for commit in line:
        own = [pull for pull in into if (commit.sha, pull.number) in associated]
        merged = [pull for pull in own if pull.merged_as == commit.sha]
        if len(commit.parents) == 2:
            merged = [pull for pull in merged if pull.head == commit.parents[1]]
        if len(commit.parents) != 1 or merged or rebased not in own:
            rebased = merged[0] if merged and len(commit.parents) == 1 else None
        pull = merged[0] if merged and len(commit.parents) in (1, 2) else rebased
        if pull is not None:
            found[commit.sha] = pull
    return found
