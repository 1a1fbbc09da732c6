"""``((vars))`` in a manifest, filled in as ``cf push --vars-file … --var …`` does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reviewapps.rules.document import Scalar, Value, text_of

MOST_FILLED = 256 * 1024
"""Characters that vars fill into one manifest: a short text may name a long value very often."""

_VAR = re.compile(r"\(\(!?([-/.\w]+)\)\)")


class Unfillable(Exception):
    """A var whose value cannot stand inside a text, or vars that fill in too much."""


@dataclass
class Variables:
    """What ``((vars))`` stand for; ``missing`` collects those asked for that have no value.

    A value that fills a whole field keeps its type. What was filled in is not looked at again.
    """

    values: dict[str, Value]
    missing: set[str] = field(default_factory=set)
    characters_left: int = MOST_FILLED

    def filled(self, value: Value) -> Value:
        """``value`` with every var filled in; one without a value is left as it is written."""
        match value:
            case dict():
                return {self.inside(key): self.filled(item) for key, item in value.items()}
            case list():
                return [self.filled(item) for item in value]
            case str():
                whole = _VAR.fullmatch(value)
                return self.inside(value) if whole is None else self.of(whole[1], value)
            case _:
                return value

    def of(self, name: str, otherwise: str) -> Value:
        """The value of one var; a dot leads into a mapping."""
        found: Value = self.values.get(name)
        if name not in self.values:
            found = self.values
            for part in name.split("."):
                if not isinstance(found, dict) or part not in found:
                    self.missing.add(name)
                    return otherwise
                found = found[part]
        self._weigh(found)
        return found

    def inside(self, text: str) -> str:
        """``text`` with its vars filled in as text."""

        def piece(found: re.Match[str]) -> str:
            value = self.of(found[1], found[0])
            if not isinstance(value, Scalar):
                raise Unfillable(f"(({found[1]})) stands inside a text, so it has to be text or a number")
            return text_of(value)

        return _VAR.sub(piece, text)

    def _weigh(self, value: Value) -> None:
        """Count what is filled in, before it is."""
        match value:
            case dict():
                for key, item in value.items():
                    self._weigh(key)
                    self._weigh(item)
            case list():
                for item in value:
                    self._weigh(item)
            case _:
                self.characters_left -= 1 + len(text_of(value))
        if self.characters_left < 0:
            raise Unfillable(f"its vars fill in more than {MOST_FILLED // 1024} KB")


def names_in(value: Value) -> frozenset[str]:
    """The vars that ``value`` mentions."""
    return frozenset(name for text in _texts(value) for name in _VAR.findall(text))


def _texts(value: Value) -> Iterator[str]:
    match value:
        case dict():
            for key, item in value.items():
                yield key
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case str():
            yield value
