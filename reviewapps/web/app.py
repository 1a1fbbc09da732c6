"""The web application, put together."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from reviewapps import __version__
from reviewapps.settings import Settings
from reviewapps.web.api import api
from reviewapps.web.doors import NotForAll, NotSignedIn, asked, doors
from reviewapps.web.github import github
from reviewapps.web.headers import SaidToBrowsers
from reviewapps.web.health import health
from reviewapps.web.metrics import metrics
from reviewapps.web.pages import pages
from reviewapps.web.site import site
from reviewapps.web.templates import page
from reviewapps.web.webhooks import webhooks


def application(told: Settings) -> FastAPI:
    """The application of one installation. Asks nobody anything yet."""
    app = FastAPI(
        title="reviewapps",
        summary="What an installation of reviewapps keeps, as its last looks saw it.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would lead to whatever Host somebody sent
        openapi_url=None,  # ours stands behind the door
    )
    app.state.site = ours = site(told)
    for room in (webhooks, health, metrics, doors, github, api, pages):
        app.include_router(room(ours))
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(NotForAll, _not_for_all)
    app.add_exception_handler(RedisError, _without_redis)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_middleware(SaidToBrowsers, open=ours.access.open)
    return app


async def _not_signed_in(request: Request, _: Exception) -> Response:
    if not _for_people(request):
        headers = {"WWW-Authenticate": "Bearer"}
        return JSONResponse({"error": "send Authorization: Bearer and the token"}, 401, headers)
    return asked(request, back=request.url.path)


async def _not_for_all(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "this tells of all repositories, so it asks for the token"}, 403)


async def _without_redis(request: Request, _: Exception) -> Response:
    return _problem(
        request, 503, "Redis does not answer, so there is nothing to show. Is a worker running here?"
    )


async def _refused(request: Request, refused: Exception) -> Response:
    status = refused.status_code if isinstance(refused, HTTPException) else 500
    text = refused.detail if isinstance(refused, HTTPException) else "Something went wrong"
    return _problem(request, status, "There is nothing here." if text == "Not Found" else text)


async def _misread(request: Request, _: Exception) -> Response:
    return _problem(request, 400, "The address is not one of this site's.")


def _problem(request: Request, status: int, text: str) -> Response:
    if _for_people(request):
        return page(request, "problem.html", status, text=text)
    return JSONResponse({"error": text}, status)


def _for_people(request: Request) -> bool:
    """Whether a page is wanted, and not data."""
    return not request.url.path.startswith(("/api/", "/metrics", "/webhooks/"))
