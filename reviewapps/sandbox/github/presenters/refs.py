"""Refs, branches and tags."""

from __future__ import annotations

from reviewapps.sandbox.github.git import Ref
from reviewapps.sandbox.github.presenters.protection import summary
from reviewapps.sandbox.github.presenters.urls import Urls, node_id
from reviewapps.sandbox.github.state import JSON, Repository


def git_ref(ref: Ref, repository: Repository, urls: Urls) -> JSON:
    """A ref as the git database has it: an annotated tag points at its tag object."""
    target = {"sha": ref.sha, "type": ref.type}
    return {
        "ref": ref.name,
        "node_id": node_id("REF", f"{repository.id}:{ref.name}"),
        "url": urls.repository(repository, "git", ref.name),
        "object": target | {"url": urls.repository(repository, f"git/{ref.type}s", ref.sha)},
    }


def branch_summary(ref: Ref, repository: Repository, urls: Urls, *, protected: bool) -> JSON:
    """A branch in the list of them."""
    commit = {"sha": ref.commit, "url": urls.repository(repository, "commits", ref.commit)}
    return {"name": short(ref), "commit": commit, **_protection(short(ref), repository, urls, protected)}


def _protection(name: str, repository: Repository, urls: Urls, protected: bool) -> JSON:
    return {
        "protected": protected,
        "protection": summary(repository.protections.get(name)),
        "protection_url": urls.repository(repository, "branches", name, "protection"),
    }


def branch(name: str, commit: JSON, repository: Repository, urls: Urls, *, protected: bool) -> JSON:
    """A branch alone."""
    api = urls.repository(repository, "branches", name)
    return {
        "name": name,
        "commit": commit,
        "_links": {"self": api, "html": urls.page(repository, "tree", name)},
        **_protection(name, repository, urls, protected),
    }


def tag(ref: Ref, repository: Repository, urls: Urls) -> JSON:
    """A tag in the list of them, with the commit behind it."""
    commit = {"sha": ref.commit, "url": urls.repository(repository, "commits", ref.commit)}
    return {
        "name": short(ref),
        "node_id": node_id("REF", f"{repository.id}:{ref.name}"),
        "commit": commit,
        "zipball_url": urls.repository(repository, "zipball", ref.name),
        "tarball_url": urls.repository(repository, "tarball", ref.name),
    }


def short(ref: Ref) -> str:
    """The name without refs/heads or refs/tags."""
    return ref.name.split("/", 2)[2]
