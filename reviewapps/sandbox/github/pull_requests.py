"""What happens to pull requests: opened, pushed to, closed, reopened."""

from __future__ import annotations

from reviewapps.sandbox.github.approvals import Reviews
from reviewapps.sandbox.github.git import ABSENT, GitError, is_ref_name
from reviewapps.sandbox.github.history import Size, shas_between, size_between
from reviewapps.sandbox.github.protection import requirements, review_rule
from reviewapps.sandbox.github.recent import Recent
from reviewapps.sandbox.github.refusals import Refused, invalid
from reviewapps.sandbox.github.state import BaseChange, Label, PullRequest, Repository, User
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.webhooks.pushes import Pushes
from reviewapps.sandbox.github.world import World


class PullRequests:
    """Opens and closes pull requests, and keeps them in step with the branches they follow."""

    def __init__(self, world: World, reviews: Reviews, events: Events, pushes: Pushes) -> None:
        self._world = world
        self._reviews = reviews
        self._events = events
        self._pushes = pushes
        self._sizes: Recent[tuple[int, str, str], Size] = Recent()  # commits never change

    async def announce(self, action: str, pull: PullRequest, user: User, **told: object) -> None:
        """Tell what ``user`` did to it; ``told`` are further members of the payload."""
        await self._events.announce("pull_request", action, pull.repository, user, pull_request=pull, **told)

    async def open(
        self,
        repository: Repository,
        user: User,
        *,
        title: str,
        body: str | None,
        base: str,
        head: str,
        head_repository: Repository,
        draft: bool = False,
    ) -> PullRequest:
        """A new pull request, once GitHub's conditions hold: both branches exist, differ, and are free."""
        base_sha = await repository.git.branch_head(base)
        head_sha = await head_repository.git.branch_head(head)
        if base_sha is None:
            raise invalid("PullRequest", "base")
        if head_sha is None:
            raise invalid("PullRequest", "head")
        self._require_none_open(repository, base, head_repository, head)
        now = self._world.clock.timestamp
        pull = PullRequest(
            id=self._world.next_id(),
            number=repository.next_number(),
            repository=repository,
            title=title,
            body=body,
            user=user,
            base_ref=base,
            base_sha=base_sha,
            head=head_repository,
            head_owner=head_repository.owner,
            head_ref=head,
            head_sha=head_sha,
            created_at=now,
            updated_at=now,
            draft=draft,
            last_pusher=user,
        )
        await self._add(pull, head_repository)
        await self.announce("opened", pull, user)
        await self._reviews.ask_owners(pull, user)
        return pull

    async def _add(self, pull: PullRequest, head: Repository) -> None:
        """Let it be among those of its repository, unless it brings nothing or another was faster."""
        repository = pull.repository
        await self._keep_head(pull, pull.head_sha)
        try:
            if not await shas_between(repository.git, pull.base_sha, pull.head_sha):
                message = f"No commits between {pull.base_ref} and {pull.head_ref}"
                raise invalid("PullRequest", "head", message)
            self._require_none_open(repository, pull.base_ref, head, pull.head_ref)
        except Refused:
            await repository.git.delete_ref(pull.head_git_ref)
            raise
        repository.pull_requests[pull.number] = pull

    def _require_none_open(self, base: Repository, base_ref: str, head: Repository, head_ref: str) -> None:
        for pull in base.open_pull_requests:
            if (pull.base_ref, pull.head, pull.head_ref) == (base_ref, head, head_ref):
                name = f"{head.owner.login}:{head_ref}"
                raise invalid("PullRequest", "head", f"A pull request already exists for {name}.")

    async def _keep_head(self, pull: PullRequest, sha: str) -> None:
        git = pull.repository.git
        if pull.head is not None and pull.comes_from_a_fork:
            await git.fetch(pull.head.git, f"+refs/heads/{pull.head_ref}:{pull.head_git_ref}")
        else:
            await git.update_ref(pull.head_git_ref, sha)

    async def size(self, pull: PullRequest) -> Size:
        """How much it changes."""
        key = (pull.repository.id, pull.base_sha, pull.head_sha)
        if key not in self._sizes:
            self._sizes[key] = await size_between(pull.repository.git, pull.base_sha, pull.head_sha)
        return self._sizes[key]

    async def with_commit(self, repository: Repository, sha: str) -> list[PullRequest]:
        """The pull requests that hold the commit, or that were merged as it."""
        git, pulls = repository.git, list(repository.pull_requests.values())
        holding = await git.refs_containing("refs/pull", sha)
        found = [one for one in pulls if one.head_git_ref in holding]
        bases = {one.base_sha for one in found}
        with_it = {base for base in bases if await git.is_ancestor(sha, base)}
        brought = {one.number for one in found if one.base_sha not in with_it}
        landed = {
            one.number: (*([one.merge_commit_sha] if one.merged_at else ()), *one.landed) for one in pulls
        }
        return [one for one in pulls if one.number in brought or sha in landed[one.number]]

    async def close(self, pull: PullRequest, user: User) -> None:
        """Close it, unmerged."""
        if pull.state == "open":
            pull.state, pull.closed_at = "closed", self._world.clock.timestamp
            self._world.touch(pull)
            await self.announce("closed", pull, user)

    async def mark_merged(self, pull: PullRequest, user: User, commit: str) -> None:
        """Close it, merged by ``user`` as ``commit``."""
        now = self._world.clock.timestamp
        pull.state, pull.closed_at, pull.updated_at = "closed", now, now
        pull.merged_at, pull.merged_by, pull.merge_commit_sha = now, user, commit
        pull.repository.contributors.add(pull.user.login)
        if pull.repository.git.target(pull.merge_git_ref):
            await pull.repository.git.delete_ref(pull.merge_git_ref)
        await self.announce("closed", pull, user)

    async def reopen(self, pull: PullRequest, user: User) -> None:
        """Open it again, if its branch is still there and was not rewritten meanwhile."""
        if pull.state == "open":
            return
        head = await pull.head.git.branch_head(pull.head_ref) if pull.head else None
        if pull.merged_at is not None or pull.head is None or head is None:
            raise invalid("PullRequest", "state", "state cannot be changed. The branch is gone or merged.")
        self._require_none_open(pull.repository, pull.base_ref, pull.head, pull.head_ref)
        if not await pull.head.git.is_ancestor(pull.head_sha, head):
            message = f"state cannot be changed. The {pull.head_ref} branch was force-pushed or recreated."
            raise invalid("PullRequest", "state", message)
        await self._follow(pull, head)
        pull.state, pull.closed_at = "open", None
        self._world.touch(pull)
        await self.announce("reopened", pull, user)

    async def edit(self, pull: PullRequest, user: User, title: str, body: str | None) -> None:
        """Give it another title and text."""
        before = {"title": pull.title, "body": pull.body}
        pull.title, pull.body = title, body
        self._world.touch(pull)
        now = {"title": title, "body": body}
        changes = {name: {"from": before[name] or ""} for name in before if before[name] != now[name]}
        if changes:
            await self.announce("edited", pull, user, changes=changes)

    async def retarget(self, pull: PullRequest, base: str, user: User) -> None:
        """Let it wish to be merged into another branch."""
        sha = await pull.repository.git.branch_head(base)
        if sha is None:
            raise invalid("PullRequest", "base")
        changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
        now = self._world.clock.timestamp
        pull.base_changes.append(BaseChange(self._world.next_id(), pull, user, pull.base_ref, base, now))
        pull.base_ref, pull.base_sha = base, sha
        self._world.touch(pull)
        await self.announce("edited", pull, user, changes=changes)

    async def set_draft(self, pull: PullRequest, draft: bool, user: User) -> None:
        """Make it a draft, or ready for review; then its code owners are asked."""
        if pull.draft != draft:
            pull.draft = draft
            self._world.touch(pull)
            await self.announce("converted_to_draft" if draft else "ready_for_review", pull, user)
            await self._reviews.ask_owners(pull, user)

    async def label(self, pull: PullRequest, labels: list[Label], user: User) -> None:
        """Let it bear these labels and no others."""
        gone = [one for one in pull.labels if one not in labels]
        new = [one for one in labels if one not in pull.labels]
        pull.labels = labels
        self._world.touch(pull)
        for action, some in (("unlabeled", gone), ("labeled", new)):
            for one in some:
                await self.announce(action, pull, user, label=one)

    async def refs_changed(self, repository: Repository, user: User) -> None:
        """Bring every pull request from or into ``repository`` in step with its branches.

        It reads the branches as they are and asks nobody what was pushed, so that it may run twice.
        """
        repository.pushed_at = repository.updated_at = self._world.clock.timestamp
        await self.catch_up(repository, user)

    async def catch_up(self, repository: Repository, user: User) -> None:
        """Do so where nothing may have been pushed. What is in step stays as it is."""
        await self._pushes.announce(repository, user)
        heads = {name: ref.sha for name, ref in (await repository.git.refs("refs/heads/")).items()}
        for pull in self._world.pull_requests():
            if pull.state == "open" and pull.head is repository:
                await self._keep_in_step(pull, heads.get(f"refs/heads/{pull.head_ref}"), user)
        for base_ref in {pull.base_ref for pull in repository.open_pull_requests}:
            await self._close_into(repository, base_ref, heads.get(f"refs/heads/{base_ref}"), user)

    async def _close_into(self, repository: Repository, base_ref: str, base: str | None, user: User) -> None:
        waiting = [pull for pull in repository.open_pull_requests if pull.base_ref == base_ref]
        arrived = await repository.git.refs_within("refs/pull", base) if base else set()
        for pull in waiting:
            if base is None:
                await self.close(pull, user)
            elif pull.head_git_ref in arrived and base != pull.base_sha:
                await self.mark_merged(pull, user, base)

    async def _keep_in_step(self, pull: PullRequest, head: str | None, user: User) -> None:
        before = pull.head_sha
        if head is None:
            await self.close(pull, user)
        elif head != before:
            await self._follow(pull, head)
            rule = review_rule(requirements(pull.repository, pull.base_ref))
            await self._reviews.pushed(pull, user, rule)
            self._world.touch(pull)
            await self.announce("synchronize", pull, user, before=before, after=head)

    async def _follow(self, pull: PullRequest, head: str) -> None:
        await self._keep_head(pull, head)
        pull.head_sha = head
        pull.base_sha = await pull.repository.git.branch_head(pull.base_ref) or pull.base_sha


async def create_ref(repository: Repository, ref: str, sha: str) -> None:
    """Make a branch or a tag; 422 where it exists or its object does not."""
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise Refused(422, "Reference name must start with 'refs' and have at least two slashes.")
    if not ref.startswith(("refs/heads/", "refs/tags/")) or not is_ref_name(ref):
        raise Refused(422, f"{ref} is not a valid ref name.")
    if repository.git.target(ref) is not None:
        raise Refused(422, "Reference already exists")
    try:
        await repository.git.update_ref(ref, sha, ABSENT)
    except GitError:
        raise Refused(422, "Object does not exist") from None
