"""What a push wants to change, and how git is told what it may not.

The commands of a push stand before its pack, so the gate is asked first. What it refuses git's own `update`
hook turns away, ref by ref, in GitHub's words; the hook finds them in its environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import StreamReader

from reviewapps.sandbox.github.protection.gate import Refusal

# A record is ref, "always" or "forced", and the text; a forced one counts where history is rewritten.
HOOK = """#!/bin/sh
git merge-base --is-ancestor "$2" "$3" 2>/dev/null && rewritten=0 || rewritten=1
printf '%s' "$REFUSALS" | awk -v ref="$1" -v rewritten="$rewritten" '
  BEGIN { RS = "\\036"; FS = "\\037" }
  $1 == ref && ($2 == "always" || rewritten) && !refused { print $3 > "/dev/stderr"; refused = 1 }
  END { exit refused }'
"""
DECLINED = "hook declined"


@dataclass(frozen=True)
class Command:
    """One ref that a push moves."""

    old: str
    new: str
    ref: str


async def commands(content: StreamReader) -> tuple[bytes, list[Command]]:
    """The beginning of a push as it came, up to its pack, and what it wants."""
    read, found = b"", []
    try:
        while size := int(head := await content.readexactly(4), 16):
            line = await content.readexactly(size - 4)
            read += head + line
            words = line.split(b"\0")[0].decode(errors="replace").split()
            if len(words) == 3:
                found.append(Command(*words))
        return read + head, found
    except (asyncio.IncompleteReadError, ValueError):
        return read, found


def hook_environment(refusals: dict[str, list[Refusal]], folder: Path, rules_url: str) -> dict[str, str]:
    """The variables with which git turns these refs away; the hook is put into ``folder``."""
    hook = folder / "update"
    if not hook.exists():
        folder.mkdir(parents=True, exist_ok=True)
        hook.write_text(HOOK)
        hook.chmod(0o755)
    records = [
        "\037".join((ref, "forced" if one.when_forced else "always", _told(ref, one, rules_url)))
        for ref, found in refusals.items()
        for one in found
    ]
    configured = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath"}
    return configured | {"GIT_CONFIG_VALUE_0": str(folder), "REFUSALS": "\036".join(records)}


def _told(ref: str, refusal: Refusal, rules_url: str) -> str:
    reasons = "".join(f"\n- {reason}\n" for reason in refusal.reasons)
    if refusal.asked.ruleset is None:
        return f"error: GH006: Protected branch update failed for {ref}.\n{reasons}"
    review = f"Review all repository rules at {rules_url}?ref={ref.replace('/', '%2F')}"
    return f"error: GH013: Repository rule violations found for {ref}.\n{review}\n{reasons}"


def declined(refusals: list[Refusal]) -> str:
    """The few words beside the ref that git shows to who pushed."""
    if refusals[0].asked.ruleset is None:
        return f"protected branch {DECLINED}"
    return "push declined due to repository rule violations"


def reworded(report: bytes, words: dict[str, str]) -> bytes:
    """What `git receive-pack` answers, with GitHub's words for each ref instead of the hook's."""
    told = b""
    for packet in _packets(report):
        if packet[:1] == b"\x02" and DECLINED.encode() in packet:
            continue  # what git itself says, after the hook's own words
        if packet[:1] == b"\x01":  # the report; the other bands are progress and errors
            inside = b"".join(_packet(_reworded(line, words)) for line in _packets(packet[1:]))
            packet = b"\x01" + inside
        told += _packet(packet)
    return told


def _reworded(line: bytes, words: dict[str, str]) -> bytes:
    verdict, _, rest = line.decode(errors="replace").partition(" ")
    ref, _, why = rest.partition(" ")
    if verdict == "ng" and why.strip() == DECLINED and ref in words:
        return f"ng {ref} {words[ref]}\n".encode()
    return line


def _packets(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        size = int(stream[at : at + 4], 16)
        yield stream[at + 4 : at + size]
        at += size or 4


def _packet(content: bytes) -> bytes:
    return f"{len(content) + 4:04x}".encode() + content if content else b"0000"
