"""The JSON web token by which an App says who it is.

It is checked by the machine's time, not by the sandbox's: who signs it has no other, and shall be able to ask
for the next token after time was let pass here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import jwt

from reviewapps.sandbox.github.refusals import Refused, not_found
from reviewapps.sandbox.github.state import App
from reviewapps.sandbox.github.world import World

LONGEST = 600
DRIFT = 60
"""A clock may be so many seconds fast before GitHub refuses what it signs."""

UNDECODED = "A JSON web token could not be decoded"
ISSUER = "'Issuer' claim ('iss') must be an Integer"
ISSUED = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
EXPIRY = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the"
    " assertion expires"
)
TOO_FAR = "'Expiration time' claim ('exp') is too far in the future"


def asserted(world: World, assertion: str) -> App:
    """The App that signed this; 401 in GitHub's words for what is wrong with it, 404 for an unknown App."""
    app = _issuer(world, assertion)
    try:
        signed = jwt.PyJWS().decode(assertion, app.keys.public, algorithms=["RS256"])
        claims = json.loads(signed)
    except (jwt.PyJWTError, ValueError):
        raise Refused(401, UNDECODED) from None
    _require_timely(claims)
    return app


def _issuer(world: World, assertion: str) -> App:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        raise Refused(401, UNDECODED) from None
    issuer = claims.get("iss")
    if not isinstance(issuer, int | str):
        raise Refused(401, ISSUER)
    found = (app for app in world.apps.values() if str(issuer) in (str(app.id), app.client_id))
    app = next(found, None)
    if app is None:
        raise not_found("Integration not found")
    return app


def _require_timely(claims: Mapping[str, Any]) -> None:
    now, issued, expires = time.time(), _number(claims.get("iat")), _number(claims.get("exp"))
    if issued is None or issued > now + DRIFT:
        raise Refused(401, ISSUED)
    if expires is None or expires <= now:
        raise Refused(401, EXPIRY)
    if expires > now + LONGEST + DRIFT:
        raise Refused(401, TOO_FAR)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
