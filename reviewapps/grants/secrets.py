"""What a named secret holds: a word, or the fields of an account as ``cf service-key`` prints them."""

from __future__ import annotations

from collections.abc import Mapping

from reviewapps.errors import BadSettings
from reviewapps.grants.grants import Account
from reviewapps.model import Secret

Found = str | Mapping[str, object]


def word_of(name: str, found: Found) -> Secret:
    """A secret that is one word."""
    if isinstance(found, str) and found.strip():
        return Secret(found.strip())
    raise BadSettings(f"the secret `{name}` should be one word")


def github_token_of(name: str, found: Found) -> Secret:
    """GitHub's token: a word, or the field ``token``."""
    if isinstance(found, Mapping):
        token = found.get("token")
        if not isinstance(token, str) or not token:
            raise BadSettings(f"the secret `{name}` has no `token`; it has {_fields(found)}")
        return Secret(token)
    return word_of(name, found)


def account_of(name: str, found: Found) -> Account:
    """Cloud Foundry's account: ``username`` (or ``user``) and ``password``, or ``client_id`` and
    ``client_secret``; a word is ``user:password``."""
    if isinstance(found, str):
        name_there, colon, word = found.strip().partition(":")
        found = {"username": name_there, "password": word} if colon else {}
    user, password = _text(found, "username") or _text(found, "user"), _text(found, "password")
    client, secret = _text(found, "client_id"), _text(found, "client_secret")
    if user and password:
        return Account(user=user, password=Secret(password))
    if client and secret:
        return Account(client_id=client, client_secret=Secret(secret))
    raise BadSettings(
        f"the secret `{name}` needs username and password (as `cf service-key` prints them), or client_id and "
        f"client_secret; it has {_fields(found)}"
    )


def _text(found: Mapping[str, object], field: str) -> str | None:
    value = found.get(field)
    return value if isinstance(value, str) and value else None


def _fields(found: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(found)) or "nothing of that kind"
