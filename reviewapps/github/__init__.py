"""GitHub: what it wants to exist, the source it keeps, and what we tell people there."""

from reviewapps.github.client import RepositoryClient

__all__ = ["RepositoryClient"]
