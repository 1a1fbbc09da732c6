"""Databases of environments, in the operator's own PostgreSQL: an instance for each would take minutes."""

from reviewapps.databases.server import Database, DatabaseServer

__all__ = ["Database", "DatabaseServer"]
