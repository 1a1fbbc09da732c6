"""Markdown as GitHub shows it."""

from __future__ import annotations

from reviewapps.sandbox.github.calls import Answer, Call, text
from reviewapps.sandbox.github.pages.markdown import rendered
from reviewapps.sandbox.github.routing import Routes

routes = Routes()


@routes.on("POST", "/markdown")
async def markdown(call: Call) -> Answer:
    """`text` as HTML."""
    wanted = await call.wanted(text=str, mode=str, context=str)
    html = rendered(text(wanted, "Markdown", "text"))
    return Answer(html.encode(), headers={"Content-Type": "text/html;charset=utf-8"})
