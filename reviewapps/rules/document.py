"""YAML as plain values that know their lines.

Read as Go's yaml.v2 does, which the ``cf`` command uses: dates and ``12:30`` are text, not a day and not 750
minutes. Anchors and merge keys are written out here, so that a small file cannot unfold into a huge one
behind our back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

Scalar = str | int | float | bool | None
Value = Scalar | list["Value"] | dict[str, "Value"]
Way = tuple[str | int, ...]
"""From the top of a document to one of its values: ``("applications", 0, "name")``."""

LARGEST = 256 * 1024
"""Characters of a text; what PyYAML makes of more takes seconds."""

MOST_NODES = 20_000
"""Keys and values as they are written."""

MOST_VALUES = 20_000
MOST_UNFOLDED = 4 * LARGEST
"""Characters of all keys and values once anchors are written out: each of them is looked at and kept."""

DEEPEST = 40
TOO_MUCH = "is too large, or its anchors unfold into too much"
MERGE = "tag:yaml.org,2002:merge"


class Unreadable(Exception):
    """The text is not YAML, or not YAML that we take. ``line`` counts from 1; 0 where unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Document:
    """``value`` and the line of each of its values; an empty text is None."""

    value: Value
    lines: Mapping[Way, int]

    def line(self, way: Way) -> int:
        """Where the value at ``way`` stands, or the nearest around it."""
        while way and way not in self.lines:
            way = way[:-1]
        return self.lines.get(way, 0)


def document(text: str, *, repeated_keys: bool = False) -> Document:
    """What ``text`` says. Of repeated keys the last one counts, where they are let pass at all."""
    if len(text) > LARGEST:
        raise Unreadable(f"has more than {LARGEST // 1024} KB")
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        reading = _Reading(loader, repeated_keys)
        value = None if node is None else reading.value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(error.problem or "is not YAML", mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise Unreadable("holds characters that YAML does not allow") from error
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error
    return Document(value, reading.lines)


def text_of(scalar: Scalar) -> str:
    """The scalar as an environment variable shows it after ``cf push``: 1.0 is "1", no value is "".

    >>> [text_of(value) for value in (True, 8080, 1.10, None)]
    ['true', '8080', '1.1', '']
    """
    match scalar:
        case None:
            return ""
        case bool():
            return "true" if scalar else "false"
        case float():
            return repr(scalar).removesuffix(".0")
        case _:
            return str(scalar)


def kind(value: object) -> str:
    """What sort of value it is, in words for a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


class _Loader(yaml.SafeLoader):
    """Without the readings of YAML 1.1 that surprise: dates, numbers in base 60, ``=``. It stops at what is too
    much while it reads, not once it has read it."""

    nodes = depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next node, if it is not one too many."""
        self.nodes, self.depth = self.nodes + 1, self.depth + 1
        line = int(self.line) + 1
        if self.depth > DEEPEST:
            raise Unreadable("is nested too deeply", line)
        if self.nodes > MOST_NODES:
            raise Unreadable(TOO_MUCH, line)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        """With each character whole, in keys and values: those who write JSON escape one as a pair of halves, and
        of half a character nothing can be sent anywhere."""
        node: yaml.ScalarNode = super().compose_scalar_node(anchor)
        try:
            node.value = node.value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise Unreadable("holds half of a character", _line(node)) from error
        return node


INT = r"[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)"
FLOAT = r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"

_REPLACED = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "timestamp", "value")}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern in (("int", INT), ("float", FLOAT)):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list("-+.0123456789")
    )


class _Reading:
    """One walk over the nodes of a document."""

    def __init__(self, loader: _Loader, repeated_keys: bool) -> None:
        self.loader, self.repeated_keys = loader, repeated_keys
        self.lines: dict[Way, int] = {}
        self.left = MOST_VALUES
        self.characters_left = MOST_UNFOLDED

    def value(self, node: yaml.Node, way: Way) -> Value:
        self.lines.setdefault(way, _line(node))
        self.left -= 1
        if self.left < 0 or len(way) > DEEPEST:
            raise Unreadable(TOO_MUCH, _line(node))
        match node:
            case yaml.MappingNode():
                return self.mapping(node, way)
            case yaml.SequenceNode():
                return [self.value(item, (*way, at)) for at, item in enumerate(node.value)]
            case _:
                return self.scalar(node)

    def scalar(self, node: yaml.Node) -> Scalar:
        self.weigh(node)
        try:
            value = self.loader.construct_object(node)
            str(value)
        except (ValueError, OverflowError, LookupError, AttributeError) as error:
            # explicit tags on what they do not fit, endless numbers
            raise Unreadable("holds a value that cannot be read", _line(node)) from error
        if isinstance(value, str) and "\0" in value:
            raise Unreadable("holds the character NUL, which no variable can", _line(node))
        if not isinstance(value, Scalar):
            raise Unreadable(f"holds a value of the kind {node.tag}, which is not taken", _line(node))
        return value

    def mapping(self, node: yaml.MappingNode, way: Way) -> dict[str, Value]:
        merged: dict[str, Value] = {}
        own: dict[str, Value] = {}
        for key, value in node.value:
            if key.tag == MERGE:
                merged = self.merged(value, way) | merged
            else:
                name = self.key(key, own)
                self.lines[*way, name] = _line(key)
                own[name] = self.value(value, (*way, name))
        return merged | own

    def key(self, node: yaml.Node, own: Mapping[str, Any]) -> str:
        """A key as it is written: ``on:`` is "on", not true."""
        if not isinstance(node, yaml.ScalarNode):
            raise Unreadable("has a key that is not text", _line(node))
        self.weigh(node)
        name = str(node.value)
        if "\0" in name:
            raise Unreadable("has a key with the character NUL", _line(node))
        if name in own and not self.repeated_keys:
            raise Unreadable(f"has `{name}` twice in one place", _line(node))
        return name

    def weigh(self, node: yaml.Node) -> None:
        """Count its characters, before anything is done with them."""
        self.characters_left -= len(node.value)
        if self.characters_left < 0:
            raise Unreadable(TOO_MUCH, _line(node))

    def merged(self, node: yaml.Node, way: Way) -> dict[str, Value]:
        """What ``<<`` brings; of several mappings the first wins."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        values: dict[str, Value] = {}
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise Unreadable("merges with `<<` what is no mapping", _line(node))
            # one step down, so that a merge of itself ends too
            brought = self.value(source, (*way, "<<"))
            assert isinstance(brought, dict)  # noqa: S101 - a mapping node becomes a dict
            values = brought | values
        return values


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
