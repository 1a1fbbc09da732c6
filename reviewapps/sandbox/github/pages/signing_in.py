"""Signing in at an App with an account of this GitHub: the web flow of OAuth.

GitHub asks the person who is signed in whether the App may know them. Nobody is signed in here: the page asks who
that is, and ``?login=`` answers for them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from reviewapps.sandbox.github.sign_ins import Granted
from reviewapps.sandbox.github.state import User
from reviewapps.sandbox.github.world import World

LIFETIME = 600
"""Seconds that a code may be turned into a token."""


class SigningIn:
    """Sends people back to the App with a code, and gives the App their token for it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def mount(self, app: web.Application) -> None:
        """Serve both steps."""
        app.router.add_get("/login/oauth/authorize", self._authorize)
        app.router.add_post("/login/oauth/access_token", self._access_token)

    async def _authorize(self, request: web.Request) -> web.Response:
        known = self._world.sign_ins.get(request.query.get("client_id", ""))
        if known is None:
            return web.Response(status=404, text="There is no App of this client_id.\n")
        back = request.query.get("redirect_uri", known.callback)
        if not _leads_to(known.callback, back):
            wrong = {"error": "redirect_uri_mismatch", "state": request.query.get("state", "")}
            return _redirect(known.callback, wrong)
        user = self._world.user(request.query.get("login", ""))
        if user is None:
            return self._who_is_it(request)
        code = secrets.token_hex(10)
        known.codes[code] = Granted(user, self._world.clock.seconds + LIFETIME)
        return _redirect(back, {"code": code, "state": request.query.get("state", "")})

    def _who_is_it(self, request: web.Request) -> web.Response:
        people = [user for user in self._world.users.values() if user.type == "User"]
        links = "".join(f'<li><a href="{_as(request, one)}">{escape(one.login)}</a></li>' for one in people)
        page = f"<!doctype html><title>Sign in</title><h1>Who are you?</h1><ul>{links}</ul>"
        return web.Response(text=page, content_type="text/html")

    async def _access_token(self, request: web.Request) -> web.Response:
        told = await _told(request)
        answer = self._exchanged(
            *(str(told.get(name, "")) for name in ("client_id", "client_secret", "code"))
        )
        if "json" in request.headers.get("Accept", ""):
            return web.json_response(answer)
        return web.Response(text=urlencode(answer), content_type="application/x-www-form-urlencoded")

    def _exchanged(self, client: str, secret: str, code: str) -> dict[str, str]:
        """A token, once for each code; GitHub tells errors with a status of 200."""
        known = self._world.sign_ins.get(client)
        if known is None or not secrets.compare_digest(known.secret.encode(), secret.encode()):
            text = "The client_id and/or client_secret passed are incorrect."
            return {"error": "incorrect_client_credentials", "error_description": text}
        granted = known.codes.pop(code, None)
        if granted is None or granted.expires_at <= self._world.clock.seconds:
            text = "The code passed is incorrect or expired."
            return {"error": "bad_verification_code", "error_description": text}
        token = f"ghu_{secrets.token_hex(18)}"
        self._world.tokens[token] = granted.user
        return {"access_token": token, "token_type": "bearer", "scope": ""}


async def _told(request: web.Request) -> Mapping[str, object]:
    """What the App says: as JSON or as a form."""
    if request.content_type != "application/json":
        return await request.post()
    try:
        told = await request.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _leads_to(callback: str, back: str) -> bool:
    """GitHub's rule: host and port of the callback, and its path or one below."""
    registered, wanted = urlsplit(callback), urlsplit(back)
    same = (registered.scheme, registered.netloc) == (wanted.scheme, wanted.netloc)
    return same and (wanted.path + "/").startswith(registered.path.rstrip("/") + "/")


def _redirect(back: str, words: dict[str, str]) -> web.Response:
    joined = "&" if urlsplit(back).query else "?"
    told = urlencode({name: value for name, value in words.items() if value})
    return web.Response(status=302, headers={"Location": f"{back}{joined}{told}"})


def _as(request: web.Request, user: User) -> str:
    return escape(str(request.rel_url.update_query(login=user.login)))
