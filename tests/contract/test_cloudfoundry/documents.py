"""Answers of the v3 API as its documentation shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reviewapps.cloudfoundry import labels
from reviewapps.model import (
    Attempt,
    Environment,
)

PREVIEW = Environment(7, "pr-12")
OURS = labels.owner("acme", PREVIEW, "shop")
NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, UTC)
ATTEMPT = Attempt("a1", "c" * 40, "f" * 40, NOON)


def app(**changes: Any) -> dict[str, Any]:
    return {
        "guid": "A",
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:06Z",
        "name": "shop-pr-12",
        "state": "STOPPED",
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": [], "stack": "cflinuxfs4"}},
        "relationships": {
            "space": {"data": {"guid": "S"}},
            "current_droplet": {"data": {"guid": None}},
        },
        "metadata": {"labels": OURS, "annotations": {}},
        "links": {},
    } | changes


def annotated(notes: dict[str, Any], marks: dict[str, str] | None = None) -> dict[str, Any]:
    return app(metadata={"labels": OURS | (marks or {}), "annotations": notes})
