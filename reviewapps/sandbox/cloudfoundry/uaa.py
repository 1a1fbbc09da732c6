"""UAA: who may come in, and for how long."""

from __future__ import annotations

import base64
import json
import secrets

from aiohttp import BasicAuth, web

from reviewapps.sandbox.cloudfoundry.bodies import BROKEN_FORM
from reviewapps.sandbox.cloudfoundry.errors import invalid_token, not_authenticated
from reviewapps.sandbox.cloudfoundry.links import JSON
from reviewapps.sandbox.cloudfoundry.state import Token, User, new_guid
from reviewapps.sandbox.cloudfoundry.world import World

ALLOWED_FAILURES = 3
LOCK_SECONDS = 1800
SCOPE = "openid cloud_controller.read cloud_controller.write"
ADMIN = " cloud_controller.admin"


class LoginRefusedError(Exception):
    """A login that UAA refuses, in OAuth's words."""

    def __init__(self, error: str, description: str, status: int = 401) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class Uaa:
    """Users, clients and their tokens. ``failures`` are the times of the bad logins of each name."""

    def __init__(self, world: World) -> None:
        self._settings = world.settings
        self._clock = world.clock
        self._users = world.logins
        self._access = world.access_tokens
        self._refresh = world.refresh_tokens
        self.failures = world.bad_logins

    def add(self, user: User) -> None:
        self._users[user.name] = user

    def remove(self, user: User) -> None:
        """Let the user in no more, and end their sessions."""
        self._users.pop(user.name, None)
        for tokens in (self._access, self._refresh):
            for text in [text for text, token in tokens.items() if token.user is user]:
                del tokens[text]

    def user(self, name: str) -> User | None:
        return self._users.get(name)

    def caller(self, request: web.Request) -> User:
        """Whose token the request bears. Only code 1000 makes clients refresh theirs."""
        if not request.headers.get("Authorization", "").strip():
            raise not_authenticated()
        user = self.bearer(request)
        if user is None:
            raise invalid_token()
        return user

    def bearer(self, request: web.Request) -> User | None:
        """Whose token the request bears, if it bears one that is good."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        token = self._access.get(text.strip())
        if scheme.lower() != "bearer" or token is None or token.expires <= self._clock.seconds:
            return None
        return token.user

    def forget_tokens(self) -> None:
        """End all sessions, as a restart with new keys would."""
        self._access.clear()
        self._refresh.clear()

    def forget_expired(self) -> None:
        """Drop the sessions that are over, and the bad logins that lock nobody out any more."""
        now = self._clock.seconds
        for tokens in (self._access, self._refresh):
            for text in [text for text, token in tokens.items() if token.expires <= now]:
                del tokens[text]
        for name in [name for name, times in self.failures.items() if times[-1] <= now - LOCK_SECONDS]:
            del self.failures[name]

    def mount(self, router: web.UrlDispatcher) -> None:
        router.add_post("/oauth/token", self._grant)
        for path in ("/login", "/info"):
            router.add_get(path, self._login_page)
        router.add_post("/check_token", self._check)
        router.add_delete("/oauth/token/revoke/{jti}", self._revoke)

    async def _grant(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(self._granted(request, await _form(request)))
        except LoginRefusedError as refused:
            return web.json_response(refused.body, status=refused.status)

    def _granted(self, request: web.Request, form: dict[str, str]) -> JSON:
        match form.get("grant_type"):
            case "password":
                return self._tokens(self._checked(form.get("username", ""), form.get("password", "")))
            case "client_credentials":
                return self._tokens(self._client(request, form))
            case "refresh_token":
                return self._tokens(self._refreshed(form.get("refresh_token", "")))
            case None:
                raise LoginRefusedError("invalid_request", "Missing grant type", 400)
        raise LoginRefusedError("unsupported_grant_type", "Unsupported grant type", 400)

    def _checked(self, name: str, password: str) -> User:
        recent = [at for at in self.failures.get(name, []) if at > self._clock.seconds - LOCK_SECONDS]
        if len(recent) >= ALLOWED_FAILURES:
            text = "Your account has been locked because of too many failed attempts to login."
            raise LoginRefusedError("unauthorized", text)
        user = self._users.get(name)
        if user is None or user.is_client or user.secret != password:
            self.failures[name] = [*recent, self._clock.seconds]
            raise LoginRefusedError("unauthorized", "Bad credentials")
        self.failures.pop(name, None)
        if user.password_dies_at is not None and user.password_dies_at <= self._clock.seconds:
            text = "Your current password has expired. Please reset your password."
            raise LoginRefusedError("access_denied", text, 403)
        return user

    def _client(self, request: web.Request, form: dict[str, str]) -> User:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        header = request.headers.get("Authorization")
        if header and not secret:
            name, secret = _basic(header)
        user = self._users.get(name)
        if user is None or not user.is_client or user.secret != secret:
            raise LoginRefusedError("unauthorized", "Bad credentials")
        return user

    def _refreshed(self, text: str) -> User:
        token = self._refresh.get(text)
        if token is None or token.expires <= self._clock.seconds:
            raise LoginRefusedError(
                "invalid_token", "The token expired, was revoked, or the token ID is incorrect."
            )
        return token.user

    def _tokens(self, user: User) -> JSON:
        lifetime, jti = self._settings.token_seconds, new_guid()
        now = self._clock.seconds
        access = _jwt(_claims(user, jti, now, now + lifetime))
        self._access[access] = Token(user, now + lifetime, jti)
        granted: JSON = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": max(0, int(lifetime) - 1),
            "scope": _scope(user),
            "jti": jti,
        }
        if not user.is_client:
            refresh = f"{secrets.token_hex(16)}-r"
            until = now + self._settings.refresh_token_seconds
            self._refresh[refresh] = Token(user, until, jti)
            granted |= {"id_token": access, "refresh_token": refresh}
        return granted

    async def _login_page(self, request: web.Request) -> web.Response:
        here = f"{request.scheme}://{request.host}"
        return web.json_response(
            {
                "app": {"version": "77.0.0"},
                "prompts": {"username": ["text", "Email"], "password": ["password", "Password"]},
                "links": {
                    "uaa": here,
                    "login": here,
                    "passwd": "/forgot_password",
                    "register": "/create_account",
                },
                "zone_name": "uaa",
                "entityID": request.host,
                "commit_id": "sandbox",
                "idpDefinitions": {},
                "timestamp": "2026-01-01T00:00:00+0000",
            }
        )

    async def _check(self, request: web.Request) -> web.Response:
        """The claims of an access token, for those who were handed one and do not know us."""
        text = (await _form(request)).get("token", "")
        token = self._access.get(text)
        if token is None or token.expires <= self._clock.seconds:
            refused = LoginRefusedError("invalid_token", "The token is invalid or has expired", 400)
            return web.json_response(refused.body, status=refused.status)
        return web.json_response(_claims(token.user, token.jti, self._clock.seconds, token.expires))

    async def _revoke(self, request: web.Request) -> web.Response:
        """End the login of this id."""
        jti = request.match_info["jti"]
        for tokens in (self._access, self._refresh):
            for text in [text for text, token in tokens.items() if token.jti == jti]:
                del tokens[text]
        return web.json_response({})


async def _form(request: web.Request) -> dict[str, str]:
    """What a form says; nothing where there is none, or one in an encoding that nobody knows."""
    try:
        return {key: str(value) for key, value in (await request.post()).items()}
    except BROKEN_FORM:
        return {}


def _basic(header: str) -> tuple[str, str]:
    try:
        basic = BasicAuth.decode(header)
    except ValueError:
        raise LoginRefusedError("unauthorized", "Bad credentials") from None
    return basic.login, basic.password


def _claims(user: User, jti: str, now: float, expires: float) -> JSON:
    common: JSON = {"jti": jti, "iat": int(now), "exp": int(expires), "scope": _scope(user).split()}
    if user.is_client:
        return {**common, "client_id": user.name, "sub": user.name}
    who = {"user_id": user.guid, "user_name": user.name, "email": user.name, "origin": "uaa"}
    return {**common, **who, "client_id": "cf"}


def _scope(user: User) -> str:
    return SCOPE + ADMIN if user.is_admin else SCOPE


def _jwt(claims: JSON) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, secrets.token_urlsafe(16)])
