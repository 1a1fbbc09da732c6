"""One repository on GitHub, as ``reconcile`` knows it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from reviewapps.approval import Evidence, Requires
from reviewapps.errors import OperatorMustAct, ReviewAppsError, TryLater
from reviewapps.github import parse
from reviewapps.github.approvals import Approvals
from reviewapps.github.comments import StickyComments
from reviewapps.github.conditional import Missing, kept
from reviewapps.github.connection import Connection
from reviewapps.github.credentials import Credentials
from reviewapps.github.deployments import Deployments
from reviewapps.github.elsewhere import Elsewhere
from reviewapps.github.git import Mirror
from reviewapps.github.history import History
from reviewapps.github.identity import Identity
from reviewapps.github.looking import RULES, Followed, next_look, root, whole_look
from reviewapps.github.past import INACTIVE
from reviewapps.github.proposals import Proposals
from reviewapps.github.refusals import Unfit
from reviewapps.github.snapshot import Recall, Snapshot, remember
from reviewapps.github.source import Source
from reviewapps.github.statuses import Statuses
from reviewapps.grants import Named
from reviewapps.model import Comment, Environment, PastDeploy, PullRequest, Tag, Tagging, Wanted
from reviewapps.outcome import Mark, Telling
from reviewapps.ports import Memory

_logger = logging.getLogger(__name__)

MOST_COMMITS: Final = 1024
"""Of so many commits it is known by heart when they were made."""


class RepositoryClient:
    """The repository ``owner/name``, found by its id after the first time.

    Everything is listed again where that is ``whole_every`` seconds ago. ``spend`` is called before every
    request, ``say`` with an audit line after every side effect that succeeded.
    """

    def __init__(
        self,
        name: str,
        *,
        api_url: str,
        credentials: Credentials,
        instance: str,
        memory: Memory,
        mirrors: Path,
        timeout: float,
        whole_every: float = 600,
        spend: Callable[[], None],
        say: Callable[..., None],
        followed: Followed = lambda _: (),
    ) -> None:
        self.name = name
        self._followed = followed
        self._credentials, self._timeout = credentials, timeout
        self._memory, self._mirrors, self._whole_every = memory, mirrors, whole_every
        self._recall = Recall(memory)
        self._connection = Connection(api_url, credentials, memory=memory, timeout=timeout, spend=spend)
        self._identity = Identity(self._connection, memory, name)
        self._comments = StickyComments(
            self._connection, memory, instance, self._identity.login, say, whole_every
        )
        self._deployments = Deployments(self._connection, memory, instance, self._identity.login, say)
        self._statuses = Statuses(self._connection, memory, instance, say, whole_every)
        self._source_of = lru_cache(1)(self._made_source)
        self._committed_at = lru_cache(MOST_COMMITS)(self._read_committed_at)

    # --- what is wanted ---

    def look(self) -> Wanted:
        """The repository as it is now. What it saw is kept only when all of it was read."""
        last = self._last()
        known = last if last and last.holder == self._connection.holder else None
        now = datetime.now(UTC)
        if known is None or (now - known.listed_at).total_seconds() >= self._whole_every:
            seen = self._whole_look(known, now)
        else:
            try:
                seen = next_look(self._connection, known, self._followed)
            except Missing:  # the default branch has another name now, or the name another repository
                seen = self._whole_look(known, now)
        if seen != known:
            remember(self._memory, seen)
        return seen.wanted

    def last_look(self) -> Wanted | None:
        """What the last look of any worker saw, without a request."""
        last = self._last()
        return last.wanted if last else None

    def pull_request(self, number: int) -> PullRequest | None:
        """This one as it is now. That it is missing is only believed of a repository that can be read."""
        api = root(self._identity.facts.id)
        path = f"{api}/pulls/{number}"
        answer = self._connection.read(path)
        if not answer.missing:
            return parse.understood(parse.pull_request, answer.body, path)
        kept(self._connection, api, parse.repository)
        return None

    def committed_at(self, commit: str) -> datetime:
        """When the commit was put where it is: each verdict asks it of every open pull request."""
        return self._committed_at(commit)

    def tagging(self, tag: Tag) -> Tagging | None:
        """The commit that a tag means; None where it means none."""
        return self._history.tagging(tag)

    def commit(self, ref: str) -> str | None:
        """The commit that a branch, a tag or the beginning of a commit's name means; None where it means none."""
        return self._history.commit(ref)

    def contains(self, commit: str, other: str) -> bool:
        """Whether ``other`` is the commit, or one of those that it stands on."""
        return self._history.contains(commit, other)

    def comments(self) -> tuple[Comment, ...]:
        """Our sticky comments that changed lately, newest first."""
        return self._comments.latest(self._identity.facts.id)

    def evidence(self, branch: str, running: str | None, head: str, requires: Requires) -> Evidence:
        """What there is for ``requires`` on the way from the running commit to a branch's new head."""
        approvals = Approvals(self._connection, self._memory, self._identity.facts)
        return approvals.evidence(branch, running, head, requires)

    # --- rules that are proposed ---

    def rules_blobs(self, commits: Sequence[str]) -> Mapping[str, str | None]:
        """What git calls the rules' contents at each of these commits; None where there are none."""
        return self._proposals.blobs(commits)

    def proposed_rules(self, commit: str) -> str | None:
        """The rules at a commit of a pull request, of a fork perhaps; None where there are none."""
        return self._proposals.text(commit)

    def changes_rules(self, base: str, commit: str) -> bool:
        """Whether a pull request of this head into this branch changes the rules."""
        return self._proposals.changes(base, commit)

    def unknown(self, named: Named) -> Named:
        """What of this is not on GitHub, as far as the token sees."""
        return self._proposals.unknown(named)

    def mark(self, environment: Environment, mark: Mark, page: str) -> None:
        """Let a commit have this line among its checks."""
        self._statuses.mark(environment, mark, page)

    # --- the source ---

    def file(self, commit: str, path: str) -> str | None:
        """A text file of a commit; None where there is none."""
        return self._source.file(commit, path)

    def tree(self, commit: str, path: str) -> str | None:
        """The git tree of a folder; None where there is none."""
        return self._source.tree(commit, path)

    def left_out(self, commit: str, path: str) -> tuple[str, ...]:
        """What of a folder is not uploaded and may be missed, in words."""
        return self._source.left_out(commit, path)

    def archive(self, commit: str, path: str) -> Path:
        """The folder as a zip, byte for byte the same each time."""
        return self._source.archive(commit, path)

    # --- what is told ---

    def deployed(self) -> frozenset[Environment]:
        """The environments that GitHub shows as deployed by us, among those of the latest hundred deployments."""
        return self._deployments.active(self._identity.facts.id)

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        """The environment's latest deploys, newest first, each as it was before it was replaced."""
        return self._deployments.history(environment, ours=ours)

    def elsewhere(self, environment: Environment) -> tuple[PastDeploy, ...]:
        """What waits in an environment that somebody else deploys to, and what runs."""
        return Elsewhere(self._connection, self._memory).latest(environment)

    def retire(self, environment: Environment) -> None:
        """Let every deployment of ours to the environment be inactive."""
        self._deployments.retire(environment)

    def tell(self, telling: Telling) -> None:
        """Let the comment, the deployment and the commit's status say this. A comment that cannot be written is no
        reason to keep the others from being told; it is tried again later.

        That all is gone the comment says last: whoever looks at everything goes by it, and takes what it says for
        told. A refusal that no other try ends keeps it from saying so no longer."""
        ends = telling.deployment == INACTIVE
        refused = None if ends else self._comment(telling)
        try:
            if telling.deployment is not None:
                self._deployments.tell(telling)
            self._statuses.tell(telling)
        except OperatorMustAct:
            if ends:
                self._comment(telling)
            raise
        except Unfit as refused_for_good:
            if not ends:
                raise
            self._comment(telling)
            raise OperatorMustAct(str(refused_for_good)) from refused_for_good
        if ends:
            refused = self._comment(telling)
        if refused is not None:
            after = refused.after if isinstance(refused, TryLater) else 60.0
            raise TryLater(str(refused), after=after) from refused

    def _comment(self, telling: Telling) -> ReviewAppsError | None:
        """Why the comment could not be written; None where it was, or there is none to write."""
        if telling.comment is None or telling.environment.number is None:
            return None
        try:
            self._comments.write(telling.environment, telling.comment, only_edit=telling.only_edit)
        except ReviewAppsError as refused:
            _logger.warning("%s: its comment was not written: %s", telling.environment.key, refused)
            return refused
        return None

    # --- how it is found ---

    def _last(self) -> Snapshot | None:
        facts = self._identity.remembered
        return self._recall.read(facts.id) if facts else None

    def _whole_look(self, known: Snapshot | None, now: datetime) -> Snapshot:
        repository = self._identity.described(known.repository if known else None)
        same = known if known and known.repository.value.id == repository.value.id else None
        return whole_look(self._connection, repository, same, now, self._followed)

    def _read_committed_at(self, commit: str) -> datetime:
        return self._history.committed_at(commit)

    @property
    def _history(self) -> History:
        return History(self._connection, self._memory, self._identity.facts.id)

    @property
    def _proposals(self) -> Proposals:
        return Proposals(self._connection, self._identity.facts, RULES)

    @property
    def _source(self) -> Source:
        facts = self._identity.facts
        return self._source_of(facts.id, facts.clone_url)

    def _made_source(self, repository: int, clone_url: str) -> Source:
        folder = self._mirrors / f"{repository}.git"
        mirror = Mirror(folder, clone_url, self._credentials, timeout=self._timeout)
        return Source(mirror, self._mirrors / "archives")
