"""Text that strangers wrote (branch names, keys, log lines), made fit to be shown: nothing hidden in it, no
secrets, no end of it cut off in silence. What Markdown would make of it is ``markdown``'s part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reviewapps.model import Over, Refusal
from reviewapps.outcome import Building, Failed, Held, Live, Outcome, Removed

MASK = "•••"
MESSAGE_CHARACTERS = 1000
LOG_LINES, LOG_CHARACTERS = 30, 400
DECISION_LINES, DECISION_CHARACTERS = 100, 200
WORDS, WORD_CHARACTERS = 20, 80
MISTAKES, MISTAKE_CHARACTERS = 10, 300

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_LEAST_SECRET_LINE = 8
"""Of a secret of several lines, shorter lines (a brace, a bracket) are no secret by themselves."""


def plain(text: str) -> str:
    """``text`` without colours, control characters and what turns the direction of writing."""
    kept = _ANSI.sub("", text).replace("\t", "    ")
    return "".join(c for c in kept if c == "\n" or unicodedata.category(c) not in _HIDDEN)


def clipped(text: str, most: int) -> str:
    """``text`` in at most ``most`` characters, the last of them … where it was longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


@dataclass(frozen=True)
class Mask:
    """Hides secrets, the longest first, so that one inside another leaves nothing behind."""

    secrets: tuple[str, ...]

    @classmethod
    def over(cls, secrets: Iterable[str]) -> Mask:
        forms: set[str] = set()
        for secret in secrets:
            whole = plain(secret).strip()
            lines = (line.strip() for line in whole.split("\n"))
            forms |= {whole, " ".join(whole.split())}
            forms |= {line for line in lines if len(line) >= _LEAST_SECRET_LINE}
        return cls(tuple(sorted(forms - {""}, key=lambda form: (-len(form), form))))

    def text(self, text: str) -> str:
        shown = plain(text)
        for secret in self.secrets:
            shown = shown.replace(secret, MASK)
        return shown

    def line(self, text: str, most: int) -> str:
        """``text`` as one line."""
        return clipped(self.text(" ".join(plain(text).split())), most)

    def lines(self, text: str, most: int) -> tuple[str, ...]:
        """Each line of ``text``, clipped by itself."""
        return tuple(clipped(line.rstrip(), most) for line in self.text(text).strip("\n").split("\n"))

    def words(self, words: Iterable[str]) -> tuple[str, ...]:
        """A list of names, short enough to be read."""
        shown = [self.line(word, WORD_CHARACTERS) for word in words]
        more = (f"and {len(shown) - WORDS} more",) if len(shown) > WORDS else ()
        return (*shown[:WORDS], *more)


def fit(outcome: Outcome, secrets: Iterable[str]) -> Outcome:
    """The same outcome with every text of strangers in it made fit to be shown."""
    mask = Mask.over(secrets)
    match outcome:
        case Failed():
            return replace(outcome, refusal=_refusal(outcome.refusal, mask))
        case Building():
            return replace(
                outcome,
                source=outcome.source and mask.line(outcome.source, WORD_CHARACTERS),
                over=_over(outcome.over, mask),
            )
        case Live():
            return replace(
                outcome,
                source=outcome.source and mask.line(outcome.source, WORD_CHARACTERS),
                built_because=mask.line(outcome.built_because, MESSAGE_CHARACTERS),
                not_taken=mask.words(outcome.not_taken),
                services=mask.words(outcome.services),
                approved=mask.words(outcome.approved),
                over=_over(outcome.over, mask),
            )
        case Held():
            return replace(
                outcome, reasons=tuple(mask.line(one, MESSAGE_CHARACTERS) for one in outcome.reasons)
            )
        case Removed():
            shown = (replace(one, waits=mask.line(one.waits, MESSAGE_CHARACTERS)) for one in outcome.arrivals)
            return replace(outcome, arrivals=tuple(shown))
        case _:
            return outcome


def mistakes(found: Iterable[str], secrets: Iterable[str]) -> tuple[str, ...]:
    """What is wrong with rules that somebody wrote, short enough to be read."""
    mask = Mask.over(secrets)
    shown = tuple(mask.line(one, MISTAKE_CHARACTERS) for one in found)
    more = (f"and {len(shown) - MISTAKES} more",) if len(shown) > MISTAKES else ()
    return (*shown[:MISTAKES], *more)


def _over(over: tuple[Over, ...], mask: Mask) -> tuple[Over, ...]:
    return tuple(replace(one, source=one.source and mask.line(one.source, WORD_CHARACTERS)) for one in over)


def _refusal(refusal: Refusal, mask: Mask) -> Refusal:
    log = mask.lines("\n".join(refusal.log), LOG_CHARACTERS)[-LOG_LINES:] if refusal.log else ()
    decision = mask.lines(refusal.decision, DECISION_CHARACTERS)[:DECISION_LINES] if refusal.decision else ()
    return replace(
        refusal,
        message=mask.line(refusal.message, MESSAGE_CHARACTERS),
        log=log if any(log) else (),
        decision="\n".join(decision).strip("\n"),
    )
