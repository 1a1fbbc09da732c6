"""Merging without a working tree: `git merge-tree` and `git commit-tree` on bare repositories."""

from __future__ import annotations

from reviewapps.sandbox.github.git import END, Bare, GitError, Signature
from reviewapps.sandbox.github.history import Commit, commits, shas_between
from reviewapps.sandbox.github.protection import Gate
from reviewapps.sandbox.github.pull_requests import PullRequests
from reviewapps.sandbox.github.recent import Recent
from reviewapps.sandbox.github.refusals import Refused
from reviewapps.sandbox.github.state import PullRequest, Repository, User
from reviewapps.sandbox.github.world import World

METHODS = ("merge", "squash", "rebase")


class Merging:
    """Carries one branch's commits into another, as the three buttons of GitHub do."""

    def __init__(self, world: World, pull_requests: PullRequests, gate: Gate) -> None:
        self._world = world
        self._pull_requests = pull_requests
        self._gate = gate
        self._trees: Recent[tuple[int, str, str], str | None] = Recent()  # commits never change

    async def mergeable(self, pull: PullRequest) -> bool | None:
        """Whether it goes into its base branch without a conflict; None for a closed one.

        As on GitHub whoever asks finds the test merge made afterwards: in ``merge_commit_sha``, and for git in
        `refs/pull/N/merge`. In a conflict both stay as they were.
        """
        git, head = pull.repository.git, pull.head_sha
        base = await git.branch_head(pull.base_ref) if pull.state == "open" else None
        if base is None:
            return None
        key = (pull.repository.id, base, head)
        if key not in self._trees:
            self._trees[key] = await _tree_of_both(git, base, head)
        tree = self._trees[key]
        if tree is not None and not await self._is_tested(pull, base, head):
            await self._keep_test_merge(pull, tree, base, head)
        return tree is not None

    async def _is_tested(self, pull: PullRequest, base: str, head: str) -> bool:
        git, made = pull.repository.git, pull.merge_commit_sha
        if made is None or git.target(pull.merge_git_ref) != made:
            return False
        return (await commits(git, [made]))[0].parents == (base, head)

    async def _keep_test_merge(self, pull: PullRequest, tree: str, base: str, head: str) -> None:
        git, message = pull.repository.git, f"Merge {head} into {base}"
        made = await self._commit(git, tree, [base, head], message, pull.user)
        if pull.state == "open" and pull.head_sha == head:  # nobody was faster
            pull.merge_commit_sha = made
            await git.update_ref(pull.merge_git_ref, made)
            if pull.merged_at is not None:
                await git.delete_ref(pull.merge_git_ref)

    async def merge(
        self, pull: PullRequest, user: User, method: str = "merge", title: str = "", message: str = ""
    ) -> str:
        """The commit as which the pull request is now merged; 405 or 409 where it cannot be."""
        base = await pull.repository.git.branch_head(pull.base_ref)
        if pull.draft:
            raise Refused(405, "Pull Request is still a draft")
        if pull.state != "open" or base is None:
            raise Refused(405, "Pull Request is not mergeable")
        try:
            merged = await self.trial(pull, base, user, method, title, message)
        except GitError:
            raise Refused(405, "Pull Request is not mergeable") from None
        await self._gate.require_mergeable(pull, user)
        await self.land(pull, user, merged, base)
        return merged

    async def land(self, pull: PullRequest, user: User, merged: str, base: str) -> None:
        """Move the base branch from ``base`` to ``merged``; 409 where it is elsewhere by now."""
        repository = pull.repository
        try:
            await repository.git.update_ref(f"refs/heads/{pull.base_ref}", merged, base)
        except GitError:
            raise Refused(409, "Base branch was modified. Review and try the merge again.") from None
        pull.landed = frozenset(await shas_between(repository.git, base, merged))
        await self._pull_requests.mark_merged(pull, user, merged)
        await self._pull_requests.refs_changed(repository, user)

    async def trial(
        self, pull: PullRequest, base: str, user: User, method: str, title: str = "", message: str = ""
    ) -> str:
        """The commit that would be merged onto ``base``, in no branch yet; :class:`GitError` in a conflict."""
        git, head = pull.repository.git, pull.head_sha
        if method == "rebase":
            return await self._rebased(git, base, head)
        tree = await merged_tree(git, base, head)
        if method == "squash":
            subject = title or f"{pull.title} (#{pull.number})"
            return await self._commit(git, tree, [base], f"{subject}\n\n{message}".strip(), user)
        subject = title or f"Merge pull request #{pull.number} from {pull.head_owner.login}/{pull.head_ref}"
        return await self._commit(git, tree, [base, head], f"{subject}\n\n{message or pull.title}", user)

    async def _rebased(self, git: Bare, onto: str, head: str) -> str:
        for commit in await commits(git, await shas_between(git, onto, head)):
            if len(commit.parents) == 1:
                onto = await self._picked(git, commit, onto)
        return onto

    async def _picked(self, git: Bare, commit: Commit, onto: str) -> str:
        # A stand-in with the target's tree and the commit's own parent makes that parent the merge base.
        stand_in = await self._commit(git, f"{onto}^{{tree}}", [commit.parents[0]], "stand-in")
        tree = await merged_tree(git, stand_in, commit.sha)
        return await self._commit(git, tree, [onto], commit.message, signature=commit.author)

    async def merge_branch(self, repository: Repository, into: str, other: str, user: User) -> bool:
        """Merge branch ``other`` into branch ``into``; False where nothing was missing, 409 in a conflict."""
        git = repository.git
        head, sha = await repository.git.branch_head(into), await repository.git.branch_head(other)
        if head is None or sha is None or await git.is_ancestor(sha, head):
            return False
        try:
            tree = await merged_tree(git, head, sha)
        except GitError:
            raise Refused(409, f"Conflict merging {other} into {into}") from None
        merged = await self._commit(git, tree, [head, sha], f"Merge branch '{other}' into {into}", user)
        await self._gate.require_pushable(repository, user, f"refs/heads/{into}", head, merged)
        try:
            await git.update_ref(f"refs/heads/{into}", merged, head)
        except GitError:
            raise Refused(409, f"{into} was modified. Review and try the merge again.") from None
        await self._pull_requests.refs_changed(repository, user)
        return True

    async def _commit(
        self,
        git: Bare,
        tree: str,
        parents: list[str],
        message: str,
        user: User | None = None,
        signature: Signature | None = None,
    ) -> str:
        github = Signature("GitHub", "noreply@github.com", self._world.clock.timestamp)
        author = Signature(user.login, user.email, github.date) if user else signature or github
        arguments = [word for parent in parents for word in ("-p", parent)]
        signed = author.environment("AUTHOR") | github.environment("COMMITTER")
        written = message.rstrip("\n") + "\n"  # not as an argument: it may be longer than those can be
        made = await git.output(
            "commit-tree", tree, *arguments, "-F", "-", stdin=written.encode(), environment=signed
        )
        return made.decode().strip()


async def _tree_of_both(git: Bare, base: str, head: str) -> str | None:
    try:
        return await merged_tree(git, base, head)
    except GitError:
        return None


async def merged_tree(git: Bare, ours: str, theirs: str) -> str:
    """The tree of both; :class:`GitError` where they conflict."""
    return await git.text("merge-tree", "--write-tree", END, ours, theirs)
