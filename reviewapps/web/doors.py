"""The door: who is let in, and how one signs in."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.requests import ClientDisconnect

from reviewapps.web.access import COOKIE, Visitor
from reviewapps.web.site import Site
from reviewapps.web.templates import page

LONGEST_FORM = 4096
"""Bytes."""

LONGEST = 10.0
"""Seconds that a form may take to come in."""


class NotForAll(Exception):
    """Somebody who may read some repositories asked for what tells of all."""


class NotSignedIn(Exception):
    """Somebody who may not read asked for something."""


def admitted(request: Request) -> Visitor:
    """Who asks. Raises NotSignedIn."""
    site: Site = request.app.state.site
    visitor = site.access.visitor(request.headers.get("authorization", ""), request.cookies.get(COOKIE, ""))
    if visitor is None:
        raise NotSignedIn
    return visitor


def trusted(visitor: Annotated[Visitor, Depends(admitted)]) -> Visitor:
    """Who asks, if they may read everything. Raises NotSignedIn or NotForAll."""
    if visitor.repositories is not None:
        raise NotForAll
    return visitor


Admitted = Annotated[Visitor, Depends(admitted)]
Trusted = Annotated[Visitor, Depends(trusted)]


def doors(site: Site) -> APIRouter:
    """Sign in and out."""
    router = APIRouter(include_in_schema=False)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await form_of(request)
        if not site.access.knows(form.get("token", "").strip()):
            return asked(request, back=local(form.get("back", "/")), wrong="That is not the token.")
        return signed_in(site.access.session(), local(form.get("back", "/")))

    @router.post("/sign-out")
    async def sign_out() -> Response:
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
        return answer

    return router


def signed_in(session: tuple[str, int], back: str) -> Response:
    """To where somebody wanted to go, with their session."""
    answer = RedirectResponse(back, 303)
    answer.set_cookie(COOKIE, *session, secure=True, httponly=True, samesite="lax")
    return answer


def asked(request: Request, *, back: str, wrong: str = "", status: int = 401) -> Response:
    """The page that asks who that is; ``back`` is where they want to go."""
    site: Site = request.app.state.site
    answer = page(request, "sign-in.html", status, back=back, wrong=wrong, access=site.access)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def form_of(request: Request, within: float = LONGEST) -> dict[str, str]:
    """What a form says; nothing where it is too long, or does not come in within so many seconds: strangers send
    it, and only so many connections are answered at once."""
    body = b""
    try:
        async with asyncio.timeout(within):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST_FORM:
                    return {}
    except (TimeoutError, ClientDisconnect):
        return {}
    fields = parse_qs(body.decode("latin-1"), encoding="utf-8", errors="replace")
    return {name: values[0] for name, values in fields.items()}


def local(path: str) -> str:
    """The path, if it is one of this site; else the first page.

    >>> local("/acme/shop"), local("//evil.example"), local("https://evil.example")
    ('/acme/shop', '/', '/')
    """
    plain = path.startswith("/") and path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and not path.startswith("//") else "/"
