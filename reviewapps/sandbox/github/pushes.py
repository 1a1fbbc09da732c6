"""What a push wants to change, and how git is told what it may not.

The commands of a push stand before its pack, so the gate is asked first. What it refuses git's own `update`
hook turns away, ref by ref, in GitHub's words. The `pre-receive` hook turns everything away where git found
other commands than the gate was asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import StreamReader

from reviewapps.sandbox.github.git import is_ref_name
from reviewapps.sandbox.github.protection.gate import Refusal

# Beside the hooks lies what was asked, and what is refused of it. A record is ref, "always" or "forced", and
# the text; a forced one counts where history is rewritten.
UPDATE = """#!/bin/sh
[ -s "$(dirname "$0")/refusals" ] || exit 0
git merge-base --is-ancestor "$2" "$3" 2>/dev/null && rewritten=0 || rewritten=1
ref="$1" awk -v rewritten="$rewritten" '
  BEGIN { RS = "\\036"; FS = "\\037" }
  $1 == ENVIRON["ref"] && ($2 == "always" || rewritten) && !refused { print $3 > "/dev/stderr"; refused = 1 }
  END { exit refused }' "$(dirname "$0")/refusals"
"""
PRE_RECEIVE = """#!/bin/sh
grep -Fxv -f "$(dirname "$0")/commands" >&2
[ $? -eq 1 ]
"""
DECLINED = "hook declined"
MOST = 1024 * 1024  # bytes of commands
_COMMAND = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) (refs/[^\0\n]+)\n?")
_SHALLOW = re.compile(rb"shallow [0-9a-f]{40}\n?")
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")


@dataclass(frozen=True)
class Command:
    """One ref that a push moves."""

    old: str
    new: str
    ref: str


class Unreadable(Exception):
    """A push that does not begin as git's do."""


async def commands(content: StreamReader) -> tuple[bytes, list[Command]]:
    """The beginning of a push as it came, up to its pack, and what it wants.

    :class:`Unreadable` for whatever git might read otherwise: it gets to see nothing of that.
    """
    read, found = bytearray(), dict[str, Command]()
    try:
        while line := await _line(content, read):
            if _SHALLOW.fullmatch(line) is None:
                command = _command(line)
                if command.ref in found:
                    raise Unreadable(f"multiple updates of {command.ref}")
                found[command.ref] = command
    except asyncio.IncompleteReadError:
        raise Unreadable("unexpected end") from None
    return bytes(read), list(found.values())


async def _line(content: StreamReader, read: bytearray) -> bytes:
    """The next line, which is added to ``read``; nothing at the end of the commands."""
    read += (head := await content.readexactly(4))
    size = int(head, 16) if _LENGTH.fullmatch(head) else -1
    if size != 0 and not 4 < size <= MOST - len(read):
        raise Unreadable("bad line length")
    read += (line := await content.readexactly(size - 4) if size else b"")
    return line


def _command(line: bytes) -> Command:
    found = _COMMAND.fullmatch(line.partition(b"\0")[0])
    try:
        old, new, ref = [word.decode() for word in found.groups()] if found else ("", "", "")
    except UnicodeDecodeError:
        ref = ""
    if not is_ref_name(ref):
        raise Unreadable("unknown command")
    return Command(old, new, ref)


def install_hooks(
    asked: list[Command], refusals: dict[str, list[Refusal]], folder: Path, rules_url: str
) -> None:
    """Put hooks into ``folder`` that let git do what was ``asked``, but for what is refused; for one push."""
    for name, script in (("update", UPDATE), ("pre-receive", PRE_RECEIVE)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o700)
    records = [
        "\037".join((ref, "forced" if one.when_forced else "always", _told(ref, one, rules_url)))
        for ref, found in refusals.items()
        for one in found
    ]
    (folder / "refusals").write_text("\036".join(records))
    (folder / "commands").write_text("".join(f"{one.old} {one.new} {one.ref}\n" for one in asked))


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
