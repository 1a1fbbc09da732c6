"""What a variable takes, beyond a plain word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from reviewapps.grants.secrets import header_word, not_a_blank
from reviewapps.model import Secret
from reviewapps.rules.units import duration, megabytes


def _listed(text: object) -> object:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


def _hidden(text: object) -> object:
    return Secret(not_a_blank(text.strip())) if isinstance(text, str) else text


def _of_redis(address: Secret) -> Secret:
    """Never shown, since it may hold a password; the library's own words show parts of it."""
    try:
        parts = urlsplit(address)
        usable = not address or (parts.scheme in REDIS and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("write redis://HOST:PORT/0, rediss://:PASSWORD@HOST:PORT/0 or unix:///PATH")
    return address


def _lasting(text: object) -> object:
    return duration(text) if isinstance(text, str) else text


def _located(text: object) -> object:
    return Bind.at(text) if isinstance(text, str) else text


def _sized(text: object) -> object:
    return megabytes(text) if isinstance(text, str) else text


@dataclass(frozen=True)
class Bind:
    """Where a server listens. ``port`` 0 is any free one.

    >>> Bind.at("[::1]:8080"), Bind.at("0.0.0.0:80").loopback
    (Bind(host='::1', port=8080), False)
    """

    host: str
    port: int

    @classmethod
    def at(cls, text: str) -> Bind:
        """The address that is written as ``host:port``."""
        host, colon, port = text.rpartition(":")
        if not (host and colon and port.isdecimal() and int(port) < 65536):
            raise ValueError(f"`{text}` is not written as host:port")
        return cls(host.removeprefix("[").removesuffix("]"), int(port))

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can come here."""
        return self.host in LOOPBACK


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
REDIS = frozenset({"redis", "rediss", "unix"})

Address = Annotated[Bind, BeforeValidator(_located)]
Hidden = Annotated[Secret, BeforeValidator(_hidden)]
Token = Annotated[Hidden, AfterValidator(header_word)]
RedisAddress = Annotated[Hidden, AfterValidator(_of_redis)]
Seconds = Annotated[float, Field(gt=0)]
Duration = Annotated[timedelta, BeforeValidator(_lasting)]
Size = Annotated[int, BeforeValidator(_sized), Field(gt=0)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
