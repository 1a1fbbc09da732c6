"""What a named secret holds: a word, or the fields of an account as ``cf service-key`` prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reviewapps.errors import BadSettings
from reviewapps.grants.grants import Account, AppKey, SignIn
from reviewapps.grants.keys import PEM, private_key
from reviewapps.model import Secret
from reviewapps.signing import Ring

SHORTEST = 8
"""Characters of a password or bypass. They are also masked wherever they occur, so short ones would hide words."""

Found = str | Mapping[str, object]

SHORTEST_KEY = 32
"""Characters of a key that signs; whoever has a signature may guess at leisure."""

BLANK = "…"
"""What the examples hold in a secret's place."""

SHORTEST_TOKEN = 20
"""Characters; nothing else keeps people from guessing the status page's token."""


def not_a_blank(word: str) -> str:
    """The word, unless it is what an example says; ValueError else. What everybody can read there is no secret."""
    if BLANK in word:
        raise ValueError(f"it still holds the {BLANK} of an example")
    return word


def header_word(word: Secret) -> Secret:
    """The word, if a header can carry it; ValueError else."""
    if not word.isascii() or not word.isprintable() or " " in word:
        raise ValueError(
            "it holds a blank or a letter that no token has: was all of it copied, and nothing else?"
        )
    return word


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
            raise BadSettings(
                f"the secret `{name}` has neither `token` nor `app_id` and `private_key`; it has {_fields(found)}"
            )
        return _in_a_header(name, token.strip())
    return _in_a_header(name, word_of(name, found))


def _in_a_header(name: str, word: str) -> Secret:
    try:
        return header_word(Secret(word))
    except ValueError as wrong:
        raise BadSettings(f"the secret `{name}` is not usable: {wrong}") from None


def app_key_of(name: str, found: Found, app: str | None = None) -> AppKey | None:
    """A GitHub App's: the fields ``app_id`` (or ``client_id``) and ``private_key``, or, where ``app`` says the id,
    the key alone. None where the secret is a token."""
    if isinstance(found, str):
        key: str | None = found if app or PEM in found else None
    else:
        key = _text(found, "private_key")
        app = app or _number(found, "app_id") or _text(found, "client_id")
    if key is None:
        return None
    if app is None:
        raise BadSettings(f"the secret `{name}` is the key of an App: of which, `github.app_id` says")
    try:
        return AppKey(app, private_key(key))
    except ValueError as wrong:
        raise BadSettings(f"the secret `{name}` holds a private key, but {wrong}") from None


@dataclass(frozen=True)
class GateWords:
    """What opens the gate: the team's password and, where the operator chose one, the bypass for tests."""

    password: Secret
    bypass: Secret | None = None


def gate_words_of(name: str, found: Found) -> GateWords:
    """The gate's: a word is the password; else the fields ``password`` and ``bypass``."""
    if isinstance(found, str):
        return GateWords(_long(name, word_of(name, found)))
    password, bypass = _text(found, "password"), _text(found, "bypass")
    if password is None:
        raise BadSettings(f"the secret `{name}` has no `password`; it has {_fields(found)}")
    return GateWords(
        _long(name, password), _in_a_header(name, _long(name, bypass)) if bypass is not None else None
    )


def _long(name: str, word: str) -> Secret:
    if len(word) < SHORTEST:
        raise BadSettings(f"the secret `{name}` is easily guessed: it takes {SHORTEST} characters at least")
    return Secret(word)


def webhook_secret_of(found: Found) -> Secret | None:
    """What GitHub signs its webhooks with: the field ``webhook_secret``; None where there is none."""
    secret = _text(found, "webhook_secret") if isinstance(found, Mapping) else None
    return Secret(secret) if secret else None


def sign_in_of(found: Found) -> SignIn | None:
    """How people sign in: the fields ``client_id`` and ``client_secret``; None where there are none."""
    if not isinstance(found, Mapping):
        return None
    client, secret = _text(found, "client_id"), _text(found, "client_secret")
    return SignIn(client, Secret(secret)) if client and secret else None


def web_token_of(name: str, found: Found) -> Secret:
    """What the status page asks for: a word that nobody guesses."""
    token = word_of(name, found)
    if len(token) < SHORTEST_TOKEN:
        raise BadSettings(
            f"the secret `{name}` is shorter than {SHORTEST_TOKEN} characters, so it can be guessed"
        )
    return token


def ring_of(name: str, found: Found) -> Ring:
    """The keys that sign droplets: words with spaces or commas between them, or the field ``keys``. The first
    signs, all are believed."""
    told = found.get("keys") if isinstance(found, Mapping) else found
    words = told if isinstance(told, list) else str(told or "").replace(",", " ").split()
    keys = tuple(Secret(word) for word in words if isinstance(word, str))
    if not keys:
        raise BadSettings(f"the secret `{name}` holds no key; `openssl rand -hex 32` makes one")
    if any(len(key) < SHORTEST_KEY or BLANK in key for key in keys):
        raise BadSettings(
            f"the secret `{name}` holds a key of less than {SHORTEST_KEY} characters; "
            "`openssl rand -hex 32` makes a better one"
        )
    return Ring(keys)


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


def _number(found: Mapping[str, object], field: str) -> str | None:
    value = found.get(field)
    return str(value) if isinstance(value, int) else _text(found, field)


def _fields(found: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(found)) or "nothing of that kind"
