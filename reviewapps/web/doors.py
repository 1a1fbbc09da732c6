"""The door: who is let in, and how one signs in."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from reviewapps.web.access import COOKIE, SIGNED_IN_FOR, Visitor
from reviewapps.web.site import Site
from reviewapps.web.templates import page

LONGEST_FORM = 4096
"""Bytes."""


class NotSignedIn(Exception):
    """Somebody who may not read asked for something."""


def admitted(request: Request) -> Visitor:
    """Who asks. Raises NotSignedIn."""
    site: Site = request.app.state.site
    visitor = site.access.visitor(request.headers.get("authorization", ""), request.cookies.get(COOKIE, ""))
    if visitor is None:
        raise NotSignedIn
    return visitor


Admitted = Annotated[Visitor, Depends(admitted)]


def doors(site: Site) -> APIRouter:
    """Sign in and out."""
    router = APIRouter(include_in_schema=False)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await _form(request)
        if not site.access.knows(form.get("token", "").strip()):
            return asked(request, back=_local(form.get("back", "/")), wrong=True)
        answer = RedirectResponse(_local(form.get("back", "/")), 303)
        answer.set_cookie(
            COOKIE, site.access.session(), SIGNED_IN_FOR, secure=True, httponly=True, samesite="lax"
        )
        return answer

    @router.post("/sign-out")
    async def sign_out() -> Response:
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
        return answer

    return router


def asked(request: Request, *, back: str, wrong: bool = False) -> Response:
    """The page that asks for the token; ``back`` is where who knows it goes."""
    answer = page(request, "sign-in.html", 401, back=back, wrong=wrong)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return {}
    fields = parse_qs(body.decode("latin-1"), encoding="utf-8", errors="replace")
    return {name: values[0] for name, values in fields.items()}


def _local(path: str) -> str:
    """The path, if it is one of this site; else the first page.

    >>> _local("/acme/shop"), _local("//evil.example"), _local("https://evil.example")
    ('/acme/shop', '/', '/')
    """
    plain = path.startswith("/") and path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and not path.startswith("//") else "/"
