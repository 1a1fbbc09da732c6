"""What ``reconcile`` asks of the world. The rooms github, cloudfoundry and coordination answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from reviewapps.approval import Evidence, Requires
from reviewapps.grants import Named
from reviewapps.model import (
    Actual,
    App,
    Candidate,
    Capacity,
    Comment,
    Environment,
    LogLine,
    LogSource,
    PastDeploy,
    Progress,
    PullRequest,
    Said,
    Space,
    Tag,
    Tagging,
    Wanted,
)
from reviewapps.outcome import Event, Line, Mark, Queued, Telling
from reviewapps.steps import Step, UnderWay

POINTS = "points:github"
"""Under this, whoever paid last for an answer of GitHub's remembers how many more there are: [left, of]."""


class Lease(Protocol):
    """The right to touch one environment now. ``fence`` grows from holder to holder, as microseconds do;
    ``previous`` is that of the holder before, None where nobody knows of one."""

    @property
    def fence(self) -> int: ...

    @property
    def previous(self) -> int | None: ...

    def check(self) -> None:
        """Return if it is still ours; raise LeaseLost if not."""


class Memory(Protocol):
    """What may be forgotten at any moment: it costs time, never correctness."""

    def read(self, name: str) -> Any | None: ...

    def write(self, name: str, value: Any, seconds: float) -> None: ...


class Counters(Protocol):
    """What happened how often, for whoever watches the installation. It never raises."""

    def count(self, name: str, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


class Slack(Protocol):
    """One repository's news on their way to Slack. They are only taken here; sending them is nobody's turn."""

    def channel(self, kind: str, event: Event) -> str:
        """Where this is said of environments of that kind; "" where it is not."""

    def say(self, line: Line) -> None:
        """Take the line. It may be lost, so that what has to arrive is looked at again."""

    def sent(self, key: str) -> Said | None:
        """What was sent last under this key; None where nothing was, or it is forgotten."""

    def wait(self, channel: str) -> float | None:
        """Seconds until what was taken should be sent; None while Slack does not take anything."""


class Outbox(Protocol):
    """Lines that wait for Slack's channels, by key, and when something may be sent. All of it may be lost."""

    def put(self, line: Line) -> None: ...

    def channels(self) -> list[str]: ...

    def waiting(self, channel: str) -> list[Queued]: ...

    def sent(self, lines: Sequence[Queued], place: str, ts: str) -> None: ...

    def drop(self, lines: Sequence[Queued]) -> None: ...

    def last(self, key: str) -> Said | None: ...

    def now(self) -> float: ...

    def rest(self, channel: str, seconds: float) -> None: ...

    def rests(self, channel: str) -> bool: ...

    def failed(self, channel: str) -> int: ...

    def succeeded(self, channel: str) -> None: ...

    def fails(self, channel: str) -> bool: ...

    def alone(self, channel: str) -> AbstractContextManager[bool]: ...


class GitHub(Protocol):
    """One repository on GitHub. Everything it returns was read completely, or it raises."""

    def look(self) -> Wanted:
        """The repository as it is now."""

    def last_look(self) -> Wanted | None:
        """What the last look of any worker saw; None where that is forgotten."""

    def pull_request(self, number: int) -> PullRequest | None:
        """This one as it is now; None where it does not exist. Never from a cache."""

    def committed_at(self, commit: str) -> datetime: ...

    def tagging(self, tag: Tag) -> Tagging | None:
        """The commit that a tag means; None where it means none, but a tree or a blob."""

    def commit(self, ref: str) -> str | None:
        """The commit that a branch, a tag or the beginning of a commit's name means; None where it means none."""

    def contains(self, commit: str, other: str) -> bool:
        """Whether ``other`` is the commit, or one of those that it stands on."""

    def comments(self) -> tuple[Comment, ...]:
        """Our sticky comments that changed lately, newest first."""

    def evidence(self, branch: str, running: str | None, head: str, requires: Requires) -> Evidence:
        """What there is for ``requires`` on the way from the running commit to a branch's new head. None where
        nothing of ours runs, or what runs was taken over. Sign-offs are not among it: whoever keeps them adds
        them."""

    def rules_blobs(self, commits: Sequence[str]) -> Mapping[str, str | None]:
        """What git calls the contents of ``.reviewapps.yml`` at each of these commits, of forks too, by one
        question; None where there is none."""

    def proposed_rules(self, commit: str) -> str | None:
        """``.reviewapps.yml`` at a commit, of a fork perhaps, without git; None where there is none. BadRules
        where it is no text."""

    def changes_rules(self, base: str, commit: str) -> bool:
        """Whether a pull request of this head into this branch changes ``.reviewapps.yml``."""

    def unknown(self, named: Named) -> Named:
        """What of this is not there, or not to be seen from here."""

    def mark(self, environment: Environment, mark: Mark, page: str) -> None:
        """Let a commit have this line among its checks, which leads to ``page``. What stands there already is not
        sent again."""

    def file(self, commit: str, path: str) -> str | None:
        """A text file of a commit, fetched with git; None where there is none."""

    def tree(self, commit: str, path: str) -> str | None:
        """The git tree of a folder (``""`` is the top); None where there is none."""

    def left_out(self, commit: str, path: str) -> tuple[str, ...]:
        """What of the folder is not uploaded and may be missed, in words. BadSource where none of it can be."""

    def archive(self, commit: str, path: str) -> Path:
        """The tree's blobs as a zip, byte for byte the same each time."""

    def deployed(self) -> frozenset[Environment]:
        """The environments that GitHub shows as deployed by us, among those of the latest hundred deployments."""

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        """The latest deploys to the environment, by us or by whoever, newest first. One that was replaced by a
        later one has the state that it had before."""

    def elsewhere(self, environment: Environment) -> tuple[PastDeploy, ...]:
        """Of an environment that somebody else deploys to what waits there ("queued", ``about`` for what), as far
        as it is an installation like this one, and what runs ("success"); each where something says so."""

    def retire(self, environment: Environment) -> None:
        """Let every deployment of ours to the environment be inactive."""

    def tell(self, telling: Telling) -> None:
        """Let the comment and the deployment say this. What they say already is not sent again."""


class CloudFoundry(Protocol):
    """The spaces of Cloud Foundry that one repository's environments live in."""

    def domain(self, environment: Environment) -> str:
        """The domain under which the environment's address is made."""

    def look(self) -> Space:
        """All that bears our instance's labels."""

    def candidate(self, environment: Environment, name: str) -> Candidate | None:
        """The app of this name, whoever made it, as one that may be taken over; None where there is none."""

    def memory(self) -> Mapping[str, int]:
        """The MB that each of our apps is sized for, by guid: of all its processes' instances together."""

    def capacity(self, kind: str, plenty: int) -> Capacity:
        """What limits the memory of the space where environments of this kind live; no more than its quotas where
        each has ``plenty`` (MB) left."""

    def guarded(self, space: Space) -> frozenset[str]:
        """The guids of those of ``space``'s routes that a gate stands before, as long as that is up; where there
        should be none, of those that one stands before all the same."""

    def serviced(self) -> frozenset[Environment]:
        """The environments that have services of their own, by one listing."""

    def unbound(self, space: Space) -> frozenset[str]:
        """The guids of those of ``space``'s routes that a gate should stand before, and that none is bound to.
        Asks nobody where there are no such routes."""

    def visits(self) -> Mapping[str, datetime]:
        """When each address was visited last by somebody who knew the password, as far as the gates before them
        remember; raises TryLater where one does not answer."""

    def under_way(self, kind: UnderWay, guids: Sequence[str] = ()) -> Progress:
        """Whose things of this kind are being worked on, by one listing. With ``guids`` (of builds or deployments)
        only those are asked for, and told which of them came to a good end."""

    def carry_out(self, step: Step, actual: Actual) -> Actual:
        """Do one step of a plan; what is there afterwards."""

    def held(self, check: Callable[[], None]) -> AbstractContextManager[None]:
        """As long as this lasts, ``check`` comes before each request that changes something, and may raise."""

    def log(self, app: App, source: LogSource, lines: int) -> tuple[str, ...]:
        """The last lines that staging or the app wrote; empty where they are gone."""

    def tail(self, app: App, since: int) -> tuple[LogLine, ...]:
        """What staging and the app wrote since that time, oldest first; raises where it cannot be had."""
