"""The same as the status page, for programs. What it answers is described at ``/api/openapi.json``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from reviewapps.overview import Overview, Passed, Row, State
from reviewapps.web.doors import Admitted
from reviewapps.web.looks import Seen
from reviewapps.web.site import Site


class EnvironmentAnswer(BaseModel):
    """One environment: a preview, or a shared one."""

    repository: str = Field(description="owner/name, as it was configured")
    name: str = Field(description="pr-12, dev", examples=["pr-12"])
    pull_request: int | None = Field(description="the number of the pull request that it follows")
    state: State
    runs: str | None = Field(description="what serves: a tag where one brought it, else a commit")
    commit: str | None = Field(description="the commit that should run")
    since: datetime | None = Field(description="when it came into its state")
    ends: datetime | None = Field(description="when it is removed without another push")
    memory_mb: int = Field(description="what it holds, as of the last whole look")
    address: str | None
    reason: str = Field(description="why it is not live")
    notes: list[str] = Field(
        description="a lock, a freeze, that somebody went back, or came over another tag"
    )


class PassedAnswer(BaseModel):
    """A pull request without a preview."""

    number: int
    why: str


class RepositoryAnswer(BaseModel):
    """One repository, as the last look saw it."""

    repository: str = Field(description="owner/name, as it was configured")
    looked_at: datetime | None = Field(description="null: not looked yet")
    trouble: str | None = Field(description="why looks failed since")
    held_back: str | None = Field(description="deletions that wait for somebody's word")
    environments: list[EnvironmentAnswer]
    without_preview: list[PassedAnswer]


class EnvironmentsAnswer(BaseModel):
    """Everything that this installation keeps."""

    instance: str
    repositories: list[RepositoryAnswer]


class Problem(BaseModel):
    """Why there is no answer."""

    error: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "no token, or not this one"},
    503: {"model": Problem, "description": "Redis does not answer"},
}


def api(site: Site) -> APIRouter:
    """Everything under ``/api``."""
    router = APIRouter(prefix="/api", responses=PROBLEMS)

    @router.get("/environments", summary="Every environment")
    def environments(visitor: Admitted) -> EnvironmentsAnswer:
        """All environments of all repositories, as the last look at each saw them."""
        return EnvironmentsAnswer(
            instance=site.told.instance,
            repositories=[_repository(seen) for seen in site.looks.all(visitor.may_read)],
        )

    @router.get(
        "/environments/{owner}/{repo}/{name}",
        summary="One environment",
        responses={404: {"model": Problem, "description": "there is none of that name"}},
    )
    def environment(visitor: Admitted, owner: str, repo: str, name: str) -> EnvironmentAnswer:
        """One environment, as the last look at its repository saw it."""
        repository = site.looks.named(f"{owner}/{repo}")
        if repository is not None and visitor.may_read(repository):
            for row in _rows(site.looks.seen(repository).overview):
                if row.environment.name == name:
                    return _environment(repository, row)
        raise HTTPException(404, f"there is no environment {owner}/{repo} {name}")

    @router.get("/openapi.json", include_in_schema=False)
    def described(visitor: Admitted, request: Request) -> dict[str, Any]:
        description: dict[str, Any] = request.app.openapi()
        return description

    return router


def _repository(seen: Seen) -> RepositoryAnswer:
    overview, trouble = seen.overview, seen.trouble
    return RepositoryAnswer(
        repository=seen.repository,
        looked_at=overview.looked_at if overview is not None else None,
        trouble=trouble.why if trouble is not None else None,
        held_back=overview.unsafe if overview is not None else None,
        environments=[_environment(seen.repository, row) for row in _rows(overview)],
        without_preview=[PassedAnswer(number=one.number, why=one.why) for one in _passed(overview)],
    )


def _rows(overview: Overview | None) -> tuple[Row, ...]:
    return () if overview is None else overview.rows


def _passed(overview: Overview | None) -> tuple[Passed, ...]:
    return () if overview is None else overview.passed


def _environment(repository: str, row: Row) -> EnvironmentAnswer:
    return EnvironmentAnswer(
        repository=repository,
        name=row.environment.name,
        pull_request=row.environment.number,
        state=row.state,
        runs=row.runs,
        commit=row.commit,
        since=row.since,
        ends=row.ends,
        memory_mb=row.memory_mb,
        address=row.address,
        reason=row.reason,
        notes=list(row.notes),
    )
