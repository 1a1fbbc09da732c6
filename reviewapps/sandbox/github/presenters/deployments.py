"""Deployments and their statuses."""

from __future__ import annotations

from reviewapps.sandbox.github.presenters import apps
from reviewapps.sandbox.github.presenters.accounts import simple_user
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Deployment, DeploymentStatus, Repository


def deployment(deployment: Deployment, repository: Repository, urls: Urls) -> JSON:
    """A deployment."""
    api = urls.repository(repository, "deployments", deployment.id)
    return {
        "id": deployment.id,
        "node_id": node_id("DE", deployment.id),
        "url": api,
        "sha": deployment.sha,
        "ref": deployment.ref,
        "task": deployment.task,
        "environment": deployment.environment,
        "original_environment": deployment.environment,
        "payload": deployment.payload,
        "description": deployment.description,
        "creator": simple_user(deployment.creator, urls),
        "created_at": deployment.created_at,
        "updated_at": deployment.updated_at,
        "statuses_url": f"{api}/statuses",
        "repository_url": urls.repository(repository),
        "transient_environment": deployment.transient_environment,
        "production_environment": deployment.production_environment,
        "performed_via_github_app": apps.app(deployment.via, urls) if deployment.via else None,
    }


def deployment_status(
    status: DeploymentStatus, deployment: Deployment, repository: Repository, urls: Urls
) -> JSON:
    """One status of a deployment."""
    api = urls.repository(repository, "deployments", deployment.id)
    return {
        "id": status.id,
        "node_id": node_id("DES", status.id),
        "url": f"{api}/statuses/{status.id}",
        "state": status.state,
        "creator": simple_user(status.creator, urls),
        "description": status.description,
        "environment": status.environment,
        "environment_url": status.environment_url,
        "log_url": status.log_url,
        "target_url": status.log_url,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "deployment_url": api,
        "repository_url": urls.repository(repository),
        "performed_via_github_app": apps.app(status.via, urls) if status.via else None,
    }
