"""Addresses and times, as the Cloud Controller writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from aiohttp import web

from reviewapps.sandbox.cloudfoundry.state import Row

JSON = dict[str, Any]


class Links:
    """Builds links to where the caller found us, since clients follow them as they are written."""

    def __init__(self, base: str) -> None:
        self.base = base

    @classmethod
    def of(cls, request: web.Request) -> Links:
        scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
        return cls(f"{scheme}://{request.host}")

    def __call__(self, path: str, method: str = "") -> JSON:
        """One link object: {"href": …}, and the method where it is not GET."""
        href = f"{self.base}/v3/{path}"
        return {"href": href, "method": method} if method else {"href": href}


def timestamp(seconds: float) -> str:
    """``2026-01-02T03:04:05Z``."""
    return _written(int(seconds))


@lru_cache(maxsize=10_000)  # lists show the same times again and again
def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamped(row: Row) -> JSON:
    """What every resource begins with."""
    return {
        "guid": row.guid,
        "created_at": timestamp(row.created_at),
        "updated_at": timestamp(row.updated_at),
    }


def metadata(row: Row) -> JSON:
    """The row's labels and annotations; always both."""
    return {"labels": row.labels, "annotations": row.annotations}


def to_one(row: Row | None) -> JSON:
    """A relationship to one row, or to none."""
    return {"data": {"guid": row.guid} if row else None}
