"""Sign in with GitHub: who may read a repository there may read of it here. Their token is not kept."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

import requests
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from reviewapps.grants import GitHubAccess, SignIn
from reviewapps.web.doors import asked, local, signed_in
from reviewapps.web.site import Site
from reviewapps.web.templates import page

RETURN = "__Host-reviewapps-return"
WITHIN = 600
"""Seconds that somebody may take to sign in at GitHub; its code lives as long."""

PATIENCE = 10.0
"""Seconds per request."""


class Refused(Exception):
    """GitHub did not say who that is; the message says why."""


def github(site: Site) -> APIRouter:
    """To GitHub and back, where there is an App for it."""
    router = APIRouter(prefix="/sign-in/github", include_in_schema=False)
    access, there, sign_in = site.access, site.told.grants.github, site.access.sign_in
    if sign_in is None:
        return router

    @router.get("")
    def leave(back: str = "/") -> Response:
        """To GitHub, with a word that only this browser can bring back."""
        word = secrets.token_urlsafe(16)
        asking = {"client_id": sign_in.client_id, "state": access.sealed([word, local(back)])}
        answer = RedirectResponse(f"{there.pages}/login/oauth/authorize?{urlencode(asking)}", 303)
        answer.set_cookie(RETURN, word, WITHIN, secure=True, httponly=True, samesite="lax")
        return answer

    @router.get("/callback")
    def come_back(request: Request, code: str = "", state: str = "") -> Response:
        """With GitHub's code: a session for what its person may read there."""
        words = access.unsealed(state, WITHIN)
        brought = request.cookies.get(RETURN, "")
        if len(words) != 2 or not secrets.compare_digest(words[0].encode(), brought.encode()):
            return asked(request, back="/", wrong="This sign-in was begun elsewhere, or too long ago.")
        try:
            readable = _readable(there, _token(there, sign_in, code), site.looks.repositories)
        except Refused as refused:
            return asked(request, back=words[1], wrong=str(refused))
        except requests.RequestException:
            return page(request, "problem.html", 503, text="GitHub does not answer. Please try again.")
        if not readable:
            return asked(
                request, back="/", wrong="You may read none of these repositories on GitHub.", status=403
            )
        answer = signed_in(access.session(readable), words[1])
        answer.delete_cookie(RETURN, secure=True, httponly=True, samesite="lax")
        return answer

    return router


def _token(there: GitHubAccess, sign_in: SignIn, code: str) -> str:
    answer = requests.post(
        f"{there.pages}/login/oauth/access_token",
        data={"client_id": sign_in.client_id, "client_secret": sign_in.client_secret, "code": code},
        headers={"Accept": "application/json"},
        timeout=PATIENCE,
    )
    answer.raise_for_status()
    token = _object(answer).get("access_token")
    if not isinstance(token, str):
        raise Refused("GitHub did not take that sign-in. Please try again.")
    return token


def _readable(there: GitHubAccess, token: str, repositories: tuple[str, ...]) -> list[str]:
    """Those that who bears this token may read. Raises RequestException where GitHub does not say."""
    with requests.Session() as session:
        session.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"})
        return [name for name in repositories if _may_read(session, f"{there.url.rstrip('/')}/repos/{name}")]


def _may_read(session: requests.Session, url: str) -> bool:
    answer = session.get(url, timeout=PATIENCE)
    if answer.status_code in (401, 403, 404, 451):
        return False
    answer.raise_for_status()
    return answer.status_code == 200


def _object(answer: requests.Response) -> dict[str, Any]:
    found = answer.json()
    return found if isinstance(found, dict) else {}
