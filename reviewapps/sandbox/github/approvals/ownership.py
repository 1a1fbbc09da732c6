"""Code owners as people and teams: whom the CODEOWNERS of a base branch names for what a change touches."""

from __future__ import annotations

from reviewapps.sandbox.github import history
from reviewapps.sandbox.github.approvals.codeowners import LARGEST, PLACES, CodeOwners, Mistake, parsed
from reviewapps.sandbox.github.git import Bare
from reviewapps.sandbox.github.recent import Recent
from reviewapps.sandbox.github.state import PullRequest, Repository, Team, User
from reviewapps.sandbox.github.world import World

Owners = tuple[User | Team, ...]


class Ownership:
    """Reads CODEOWNERS. What it read stays known under the commits that it was read from."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._files: Recent[tuple[int, str], CodeOwners | None] = Recent()
        self._names: Recent[tuple[int, str, str], list[tuple[str, ...]]] = Recent()

    async def groups(self, pull: PullRequest) -> list[Owners]:
        """For each different set of owners of what ``pull`` changes: any one of them is enough."""
        # What was merged is judged as it was before: the base branch has all of it now.
        merged = pull.merged_at is not None
        base = pull.base_sha if merged else await pull.repository.git.branch_head(pull.base_ref)
        if base is None:
            return []
        key = (pull.repository.id, base, pull.head_sha)
        if key not in self._names:
            self._names[key] = await self._owner_names(pull.repository, base, pull.head_sha)
        groups = [tuple(self._resolved(pull.repository, names)) for names in self._names[key]]
        return [group for group in dict.fromkeys(groups) if group]

    async def _owner_names(self, repository: Repository, base: str, head: str) -> list[tuple[str, ...]]:
        if (repository.id, base) not in self._files:
            found = await code_owners(repository.git, base)
            self._files[repository.id, base] = found[1] if found else None
        owners = self._files[repository.id, base]
        if owners is None:
            return []
        common = await repository.git.merge_base(base, head)
        changed = await history.changes(repository.git, common, head)
        return list(dict.fromkeys(owners.of(file.filename) for file in changed))

    def _resolved(self, repository: Repository, names: tuple[str, ...]) -> list[User | Team]:
        found = (self.resolved(repository, name) for name in names)
        return [owner for owner in found if owner is not None]

    def resolved(self, repository: Repository, name: str) -> User | Team | None:
        """Who is meant; None for nobody, and for somebody who may not write here."""
        if not name.startswith("@"):
            user = self._world.author(name)
        elif "/" in name:
            owner, _, slug = name[1:].partition("/")
            team = repository.team(slug) if owner.lower() == repository.owner.login.lower() else None
            writes = team is not None and repository.team_roles.get(slug) in ("write", "maintain", "admin")
            return team if writes else None
        else:
            user = self._world.user(name[1:])
        return user if user is not None and repository.may_write(user) else None

    async def mistakes(self, repository: Repository, commit: str) -> tuple[str, list[Mistake]] | None:
        """The path of the file at ``commit`` and what is wrong with it; None where there is no file."""
        found = await code_owners(repository.git, commit)
        if found is None:
            return None
        path, owners = found
        unknown = [
            Mistake(line.number, column, "Unknown owner", line.source, _wish(name))
            for line in owners.lines
            for name, column in line.owners
            if self.resolved(repository, name) is None
        ]
        return path, sorted([*owners.mistakes, *unknown], key=lambda one: (one.line, one.column))


def _wish(name: str) -> str:
    if "/" in name:
        return (
            f"make sure the team {name} exists, is publicly visible, and has write access to the repository"
        )
    return f"make sure {name} exists and has write access to the repository"


async def code_owners(git: Bare, commit: str) -> tuple[str, CodeOwners] | None:
    """The path and the meaning of the CODEOWNERS file at ``commit``; too large a file counts as none."""
    listed = await git.text("ls-tree", "-z", "--format=%(objectname) %(path)", commit, "--", *PLACES)
    blobs = {path: sha for sha, _, path in (one.partition(" ") for one in listed.split("\0")) if path}
    for place in PLACES:
        if place in blobs:
            content = await git.output("cat-file", "blob", blobs[place])
            return (place, parsed(content.decode(errors="replace"))) if len(content) < LARGEST else None
    return None
