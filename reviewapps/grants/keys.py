"""The private key of a GitHub App, in whichever form it came through a variable, a file or a service."""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from reviewapps.model import Secret

PEM = "-----BEGIN"


def private_key(text: str) -> Secret:
    r"""The key as PEM: as it stands there, with ``\n`` written for the ends of its lines, or all of it in base64.
    ValueError, which tells nothing of it, where it is no RSA key without a password."""
    pem = text.strip().replace("\\n", "\n")
    if PEM not in pem:
        pem = _unpacked(pem)
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise ValueError("it cannot be read: it should be the .pem file that GitHub gave") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("it is not an RSA key, as GitHub's are")
    return Secret(pem.strip() + "\n")


def fingerprint(pem: str) -> str:
    """By which GitHub's page names the key, to tell it from the App's others."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"SHA256:{base64.b64encode(sha256(public).digest()).decode()}"


def _unpacked(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ValueError("it is neither PEM (-----BEGIN …) nor that in base64") from None
