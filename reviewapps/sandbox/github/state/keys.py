"""A pair of RSA keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(eq=False)
class KeyPair:
    """Both keys in PEM, as GitHub hands them out; made when one is first asked for, since that takes a while."""

    _made: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def private(self) -> str:
        return self._both[0]

    @property
    def public(self) -> str:
        return self._both[1]

    @property
    def _both(self) -> tuple[str, str]:
        if self._made is None:
            self._made = _new()
        return self._made


def _new() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
