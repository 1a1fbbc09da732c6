"""GitHub's GraphQL API, as far as an approvals check and a merge queue ask it."""

from __future__ import annotations

from reviewapps.sandbox.github.graphql.execution import answer
from reviewapps.sandbox.github.graphql.patience import TakesTooLong

__all__ = ["TakesTooLong", "answer"]
