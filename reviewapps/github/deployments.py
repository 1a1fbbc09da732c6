"""GitHub's deployments: where a pull request shows that it is deployed, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.errors import TryLater
from reviewapps.github import parse, parse_told
from reviewapps.github.conditional import everything
from reviewapps.github.connection import Connection
from reviewapps.github.late import not_overtaken
from reviewapps.github.looking import root
from reviewapps.github.parse_told import Deployed, DeploymentStatus
from reviewapps.github.past import INACTIVE, past_deploys
from reviewapps.model import FORMAT, Environment, PastDeploy
from reviewapps.outcome import Telling
from reviewapps.ports import Memory

LONGEST_DESCRIPTION: Final = 140
TOLD_OF: Final = 20
MONTH: Final = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Told:
    """What is known of an environment's deployments: the one of ``commit``, what all was ``told`` last, and
    those that are known to be inactive."""

    told: str = ""
    commit: str = ""
    deployment: int | None = None
    inactive: frozenset[int] = field(default_factory=frozenset)


_TOLD: Final = TypeAdapter(Told)


class Deployments:
    """Our deployments: one per environment and commit, known by its payload; ``login`` tells the account that they
    are written by.

    They are of the ``task`` ``deploy:<environment>``, so that those of one environment can be listed, though
    all pull requests share the environment ``review`` on GitHub's page.
    """

    def __init__(
        self,
        connection: Connection,
        memory: Memory,
        instance: str,
        login: Callable[[], str],
        say: Callable[..., None],
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._instance = instance
        self._login = login
        self._say = say

    def tell(self, telling: Telling) -> None:
        """Let the commit's deployment have this status, and no other look alive once it has succeeded."""
        known, name = self._known(telling.environment), self._name(telling.environment)
        told = _digest(telling)
        if known.told == told:
            return

        def forget() -> None:
            self._remember(name, replace(known, told=""))

        with not_overtaken(self._connection, self._memory, name, forget):
            self._remember(name, self._tell(telling, known, told))

    def _tell(self, telling: Telling, known: Told, told: str) -> Told:
        current = None if telling.deployment == INACTIVE else self._tell_current(telling, known)
        inactive = known.inactive - {current or 0}
        if telling.deployment in ("success", INACTIVE):
            inactive = self._retire(telling.environment, current, inactive)
        return Told(told, telling.commit or "", current, inactive)

    def _remember(self, name: str, known: Told) -> None:
        self._memory.write(name, _TOLD.dump_python(known, mode="json"), MONTH)

    def active(self, repository: int) -> frozenset[Environment]:
        """The environments of which a deployment of ours looks alive, among the latest hundred deployments. That
        costs a request for each of ours whose environment is not known to be alive yet."""
        path = f"{root(repository)}/deployments?per_page=100"
        answer = self._connection.read(path)
        alive: set[Environment] = set()
        for one in parse.understood(parse.each(parse_told.deployed), answer.body, path):
            environment = Environment(repository, str(one.payload.get("environment", "")))
            if one.payload != self._payload(environment) or environment in alive:
                continue
            last = self._status(environment, one.id)
            if last is not None and last.state not in ("inactive", "failure", "error"):
                alive.add(environment)
        return frozenset(alive)

    def history(self, environment: Environment, *, ours: bool = True) -> tuple[PastDeploy, ...]:
        """The environment's latest deploys, ours or all, newest first, each as it was before it was replaced.

        Ours are what our own account said: anybody who may write deployments, as a workflow may, can make one with
        our payload, or say of one of ours that a commit went live which never did. People go back to what did."""
        task = f"&task={_task(environment)}" if ours else ""
        path = (
            f"{root(environment.repository)}/deployments?environment={_shown(environment)}"
            f"{task}&per_page={TOLD_OF}"
        )
        answer = self._connection.read(path)
        found = parse.understood(parse.each(parse_told.deployed), answer.body, path)
        if ours:
            deploys = self._past_of_ours(environment, found, self._login())
        else:
            deploys = (past for one in found for past in past_deploys(one, self._said(environment, one.id)))
        return tuple(sorted(deploys, key=lambda past: past.began_at, reverse=True))

    def _past_of_ours(
        self, environment: Environment, found: Iterable[Deployed], us: str
    ) -> Iterator[PastDeploy]:
        """Of what somebody else made, we said that it is replaced, too: so of that alone nothing is known."""
        for one in found:
            if one.payload == self._payload(environment):
                said = [status for status in self._said(environment, one.id) if status.by == us]
                if one.by == us or any(status.state != INACTIVE for status in said):
                    yield from past_deploys(one, said)

    def _said(self, environment: Environment, identity: int) -> tuple[DeploymentStatus, ...]:
        path = f"{self._deployment(environment, identity)}/statuses?per_page=100"
        answer = self._connection.read(path)
        return parse.understood(parse.each(parse_told.deployment_status), answer.body, path)

    def retire(self, environment: Environment) -> None:
        """Let every deployment of ours to the environment be inactive."""
        self._retire(environment, None, ())

    def _tell_current(self, telling: Telling, known: Told) -> int | None:
        """The id of the commit's deployment, which has the status now; None where there is no commit."""
        if telling.commit is None:
            return None
        status = _status(telling)
        same = known.deployment if known.commit == telling.commit else None
        if same is not None and self._add_status(telling.environment, same, status):
            return same
        found = self._listed(telling.environment, telling.commit)
        identity = min(found) if found else self._create(telling.environment, telling.commit)
        if not found or self._status(telling.environment, identity) != status:
            self._add_status(telling.environment, identity, status)
        return identity

    def _retire(
        self, environment: Environment, current: int | None, inactive: Iterable[int]
    ) -> frozenset[int]:
        """Those that are inactive now: all but ``current``. GitHub does it by itself only for some kinds."""
        others = frozenset(self._listed(environment)) - {current or 0}
        for identity in sorted(others.difference(inactive)):
            last = self._status(environment, identity)
            if last is None or last.state != INACTIVE:
                self._add_status(environment, identity, DeploymentStatus(INACTIVE, "", ""))
        return others

    def _listed(self, environment: Environment, commit: str | None = None) -> list[int]:
        """The ids of the environment's deployments that are ours."""
        path = (
            f"{root(environment.repository)}/deployments?environment={_shown(environment)}"
            f"&task={_task(environment)}&per_page=100" + (f"&sha={commit}" if commit else "")
        )
        found = everything(self._connection, path, parse.each(parse_told.deployed))
        return [one.id for one in found if one.payload == self._payload(environment)]

    def _create(self, environment: Environment, commit: str) -> int:
        path = f"{root(environment.repository)}/deployments"
        wanted = {
            "ref": commit,
            "task": _task(environment),
            "auto_merge": False,
            "required_contexts": [],
            "environment": _shown(environment),
            "transient_environment": not environment.shared,
            "production_environment": environment.name == "production",
            "payload": self._payload(environment),
        }
        answer = self._connection.write("POST", path, wanted)
        if answer.status != 201:
            raise TryLater(f"GitHub: POST {path} answered {answer.status} and made no deployment", after=60)
        identity = parse.understood(parse.identity, answer.body, path)
        self._say("deployment.created", environment=environment.key, deployment=identity, commit=commit)
        return identity

    def _status(self, environment: Environment, identity: int) -> DeploymentStatus | None:
        """What it was last said to be; None where nothing was said."""
        path = f"{self._deployment(environment, identity)}/statuses?per_page=1"
        answer = self._connection.read(path)
        if answer.missing:
            return None
        last = parse.understood(parse.each(parse_told.deployment_status), answer.body, path)
        return last[0] if last else None

    def _add_status(self, environment: Environment, identity: int, status: DeploymentStatus) -> bool:
        """Whether the deployment is still there and has the status now."""
        wanted = {"state": status.state, "description": status.description, "auto_inactive": False}
        if status.url:
            wanted["environment_url"] = status.url
        path = f"{self._deployment(environment, identity)}/statuses"
        answer = self._connection.write("POST", path, wanted)
        if not answer.missing:
            self._say(
                "deployment.status", environment=environment.key, deployment=identity, state=status.state
            )
        return not answer.missing

    def _payload(self, environment: Environment) -> dict[str, object]:
        return {
            "reviewapps": FORMAT,
            "instance": self._instance,
            "environment": environment.name,
            "repository": environment.repository,
        }

    def _known(self, environment: Environment) -> Told:
        value = self._memory.read(self._name(environment))
        try:
            return Told() if value is None else _TOLD.validate_python(value)
        except ValidationError:
            return Told()

    def _name(self, environment: Environment) -> str:
        return f"github/{self._instance}/{environment.key}/deployments"

    def _deployment(self, environment: Environment, identity: int) -> str:
        return f"{root(environment.repository)}/deployments/{identity}"


def _shown(environment: Environment) -> str:
    """The name on GitHub's page. One for all pull requests: each name would stay there for ever."""
    return environment.name if environment.shared else "review"


def _task(environment: Environment) -> str:
    return f"deploy:{environment.name}"


def _status(telling: Telling) -> DeploymentStatus:
    description = telling.description
    if len(description) > LONGEST_DESCRIPTION:
        description = description[: LONGEST_DESCRIPTION - 1] + "…"
    return DeploymentStatus(telling.deployment or INACTIVE, description, telling.url or "")


def _digest(telling: Telling) -> str:
    status = _status(telling)
    parts = (telling.commit or "", status.state, status.description, status.url)
    return sha256("\x00".join(parts).encode()).hexdigest()
