"""The pages' templates; every text in them is escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from reviewapps.report.wording import day, moment
from reviewapps.web.wording import ago, is_commit

HERE = Path(__file__).parent / "pages"

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_TEMPLATES.filters |= {"moment": moment, "day": day, "is_commit": is_commit}


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page that this template makes."""
    now = datetime.now(UTC)
    text = _TEMPLATES.get_template(template).render(
        **values, instance=request.app.state.site.told.instance, ago=lambda at: ago(now - at), now=now
    )
    return HTMLResponse(text, status)
