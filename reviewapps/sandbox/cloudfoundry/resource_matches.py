"""Files by their fingerprints, as clients name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reviewapps.sandbox.cloudfoundry.errors import unprocessable
from reviewapps.sandbox.cloudfoundry.state import Resource

_MOST = 5000
_PREAMBLE = "Resources array contains at least one resource with a"


def resource_of(said: dict[str, Any]) -> Resource:
    """The file that is named in the words of version 3, or of version 2, of the API. What is no text, or no
    number, is nothing: such a file is known nowhere."""
    checksum = said.get("checksum")
    sha1 = checksum.get("value") if isinstance(checksum, dict) else said.get("sha1")
    size = said.get("size_in_bytes", said.get("size"))
    words = {"path": said.get("path", said.get("fn")), "sha1": sha1, "mode": said.get("mode")}
    texts = {name: word if isinstance(word, str) else "" for name, word in words.items()}
    sha1_or_none = texts["sha1"] if _is_sha1(texts["sha1"]) else ""
    return Resource(
        path=texts["path"],
        sha1=sha1_or_none,
        size=size if isinstance(size, int) else -1,
        mode=texts["mode"],
    )


def listed(said: object) -> list[dict[str, Any]]:
    """The files that are asked for; 422 with every reason why that is no list of files."""
    if reasons := list(dict.fromkeys(_reasons(said))):
        raise unprocessable(", ".join(reasons))
    return said if isinstance(said, list) else []


def _reasons(said: object) -> Iterator[str]:
    if not isinstance(said, list):
        yield "Resources must be an array"
    if not said:
        yield "Resources must have at least 1 resource"
    if isinstance(said, list):
        if len(said) > _MOST:
            yield f"Resources can have at most {_MOST} resources)"
        for one in said:
            yield from _reasons_of(one if isinstance(one, dict) else {})


def _reasons_of(said: dict[str, Any]) -> Iterator[str]:
    checksum, size = said.get("checksum"), said.get("size_in_bytes")
    if not isinstance(checksum, dict):
        yield f"{_PREAMBLE} non-object checksum"
    elif not isinstance(checksum.get("value"), str):
        yield f"{_PREAMBLE} non-string checksum value"
    elif len(checksum["value"]) != 40:
        yield f"{_PREAMBLE} non-SHA1 checksum value"
    if not isinstance(size, int) or isinstance(size, bool):
        yield f"{_PREAMBLE} non-integer size_in_bytes"
    elif size < 0:
        yield f"{_PREAMBLE} negative size_in_bytes"


def _is_sha1(text: str) -> bool:
    return len(text) == 40 and set(text) <= set("0123456789abcdef")
