"""The status page: what the last looks saw, as ``reviewapps list`` says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from reviewapps.overview import Overview, Row
from reviewapps.report.wording import listed
from reviewapps.web.doors import Admitted
from reviewapps.web.looks import Seen
from reviewapps.web.site import Site
from reviewapps.web.templates import HERE, page

STYLE: Final = (HERE / "style.css").read_bytes()


def pages(site: Site) -> APIRouter:
    """All repositories, and one alone."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home(request: Request, visitor: Admitted) -> Response:
        return shown(request, visitor, site.looks.all(visitor.may_read))

    @router.get("/style.css")
    def style() -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    @router.get("/{owner}/{repo}")
    def repository(request: Request, visitor: Admitted, owner: str, repo: str) -> Response:
        name = site.looks.named(f"{owner}/{repo}")
        if name is None or not visitor.may_read(name):
            raise HTTPException(404)
        return shown(request, visitor, [site.looks.seen(name)], alone=True)

    def shown(request: Request, visitor: Admitted, seen: list[Seen], *, alone: bool = False) -> Response:
        rows = [row for one in seen if one.overview is not None for row in one.overview.rows]
        return page(
            request,
            "status.html",
            seen=seen,
            alone=alone,
            summary=summary(rows),
            memory=sum(row.memory_mb for row in rows),
            signed_in=visitor.signed_in,
            mode=site.told.grants.mode,
            github=site.told.grants.github.pages,
            without_preview=without_preview,
            is_well=is_well,
        )

    return router


def is_well(seen: Seen) -> bool:
    """Whether the last look succeeded and found nothing that somebody has to mend."""
    found = seen.overview
    wrong = ("failed", "unreadable")
    return (
        found is not None
        and not seen.trouble
        and not found.unsafe
        and not any(row.state in wrong for row in found.rows)
    )


def summary(rows: Iterable[Row]) -> str:
    """How many are in which state, the most frequent first.

    >>> from reviewapps.model import Environment
    >>> summary([Row(Environment(1, name), "live") for name in ("pr-1", "dev")])
    '2 live'
    """
    states = Counter(row.state for row in rows)
    return ", ".join(f"{number} {state}" for state, number in states.most_common()) or "no environments"


def without_preview(overview: Overview) -> str:
    """The pull requests without a preview, and why.

    >>> from datetime import datetime
    >>> from reviewapps.overview import Passed
    >>> passed = (Passed(13, "bot"), Passed(14, "fork"))
    >>> without_preview(Overview("acme/shop", True, datetime(2026, 1, 2), passed=passed))
    '#13 bot and #14 fork'
    """
    return listed([f"#{one.number} {one.why}" for one in overview.passed])
