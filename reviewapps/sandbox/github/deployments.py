"""GitHub's own rules for deployments and their statuses."""

from __future__ import annotations

from reviewapps.sandbox.github.checks import latest_statuses
from reviewapps.sandbox.github.merging import Merging
from reviewapps.sandbox.github.refusals import Refused, invalid
from reviewapps.sandbox.github.state import (
    JSON,
    App,
    Deployment,
    DeploymentStatus,
    Repository,
    User,
)
from reviewapps.sandbox.github.webhooks.events import Events
from reviewapps.sandbox.github.world import World

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
LONGEST_DESCRIPTION = 140


class Deployments:
    """Makes deployments, moves them through their states, and says which may be deleted."""

    def __init__(self, world: World, merging: Merging, events: Events) -> None:
        self._world = world
        self._events = events
        self._merging = merging

    async def create(
        self, repository: Repository, creator: User, wanted: JSON, via: App | None = None
    ) -> Deployment | None:
        """A new deployment; None where the default branch was merged into its branch instead."""
        ref, description = wanted.get("ref") or "", wanted.get("description")
        sha = await repository.git.commit_named(ref)
        if sha is None:
            raise Refused(422, f"No ref found for: {ref}")
        require_short("Deployment", description)
        if wanted.get("auto_merge", True) and await self._auto_merged(repository, ref, creator):
            return None
        self._require_contexts(repository, sha, wanted.get("required_contexts"))
        now, environment = self._world.clock.timestamp, wanted.get("environment") or "production"
        deployment = Deployment(
            id=self._world.next_id(),
            sha=sha,
            ref=ref,
            task=wanted.get("task") or "deploy",
            environment=environment,
            payload=wanted.get("payload") or {},
            description=description,
            creator=creator,
            transient_environment=bool(wanted.get("transient_environment", False)),
            production_environment=bool(wanted.get("production_environment", environment == "production")),
            created_at=now,
            updated_at=now,
            via=via,
        )
        repository.deployments[deployment.id] = deployment
        self._world.environment(repository, environment)
        await self._events.announce("deployment", "created", repository, creator, deployment=deployment)
        return deployment

    async def _auto_merged(self, repository: Repository, ref: str, user: User) -> bool:
        return await self._merging.merge_branch(repository, ref, repository.default_branch, user)

    def _require_contexts(self, repository: Repository, sha: str, contexts: list[str] | None) -> None:
        latest = latest_statuses(repository, sha)
        wanted = [status.context for status in latest] if contexts is None else contexts
        green = {status.context for status in latest if status.state == "success"}
        missing = [context for context in wanted if context not in green]
        if missing:
            raise Refused(409, f"Conflict: Commit status checks failed for {repository.full_name}: {missing}")

    async def add_status(
        self,
        repository: Repository,
        deployment: Deployment,
        creator: User,
        wanted: JSON,
        via: App | None = None,
    ) -> DeploymentStatus:
        """A new status. A success makes earlier deployments to the same lasting environment inactive."""
        if wanted.get("state") not in STATES:
            raise invalid("DeploymentStatus", "state")
        require_short("DeploymentStatus", wanted.get("description"))
        if wanted["state"] == "success" and wanted.get("auto_inactive", True):
            self._supersede(repository, deployment, creator)
        status = self._added(deployment, creator, wanted, via)
        if status.state != "inactive":  # of that GitHub tells nobody
            told = {"deployment": deployment, "deployment_status": status}
            await self._events.announce("deployment_status", "created", repository, creator, **told)
        return status

    def _supersede(self, repository: Repository, newest: Deployment, creator: User) -> None:
        for earlier in repository.deployments.values():
            lasting = not earlier.transient_environment and not earlier.production_environment
            same = earlier.environment == newest.environment and earlier.id < newest.id
            if same and lasting and earlier.state == "success":
                self._added(earlier, creator, {"state": "inactive"})

    def _added(
        self, deployment: Deployment, creator: User, wanted: JSON, via: App | None = None
    ) -> DeploymentStatus:
        now = self._world.clock.timestamp
        status = DeploymentStatus(
            id=self._world.next_id(),
            state=wanted["state"],
            creator=creator,
            description=wanted.get("description") or "",
            environment_url=wanted.get("environment_url") or "",
            log_url=wanted.get("log_url") or wanted.get("target_url") or "",
            environment=wanted.get("environment") or deployment.environment,
            created_at=now,
            via=via,
        )
        deployment.statuses.append(status)
        deployment.environment, deployment.updated_at = status.environment, now
        return status

    def delete(self, repository: Repository, deployment: Deployment) -> None:
        """Forget it: only what is not active may go, or the only one that there is."""
        if len(repository.deployments) > 1 and deployment.state not in ("inactive", "error", "failure"):
            raise Refused(422, "We cannot delete an active deployment unless it is the only deployment.")
        del repository.deployments[deployment.id]


def require_short(resource: str, description: str | None) -> None:
    """422 for a description longer than GitHub takes."""
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        message = f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)"
        raise invalid(resource, "description", message)
