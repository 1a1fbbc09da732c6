"""How much a query may ask for, found out before any of it is looked up.

GitHub counts the nodes that a query could bring at most, `first` or `last` of one connection times those of
the ones around it, and takes a point for every hundred times that some connection would be looked at. How deep
and how broad a query may be here, GitHub does not tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
)

from reviewapps.sandbox.github.graphql.asking import LARGEST_PAGE, Refusal
from reviewapps.sandbox.github.state import JSON

MOST_TOKENS = 5_000
MOST_NODES = 500_000
MOST_FIELDS = 5_000  # with fragments written out
LOOKS_PER_POINT = 100
MOST_REPEATED = 100  # times that one answer is asked for: each pair of them is compared
DEEPEST = 40


@dataclass(frozen=True)
class Size:
    """What a document could bring at most, and the points that it costs."""

    nodes: int
    cost: int


def measured(document: DocumentNode, variables: JSON) -> Size:
    """The size of the largest operation; a Refusal where one asks for too much."""
    walks = []
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            defaults = {
                variable.variable.name.value: int(variable.default_value.value)
                for variable in one.variable_definitions or ()
                if isinstance(variable.default_value, IntValueNode)
            }
            walks.append(_Walk(fragments, defaults | variables))
            walks[-1].through(one.selection_set.selections, 1, ())
    looks = max((walk.looks for walk in walks), default=0)
    return Size(max((walk.nodes for walk in walks), default=0), max(1, round(looks / LOOKS_PER_POINT)))


@dataclass
class _Walk:
    fragments: dict[str, FragmentDefinitionNode]
    variables: JSON
    nodes: int = 0
    looks: int = 0
    fields: int = 0
    answers: Counter[tuple[str, ...]] = field(default_factory=Counter)
    within: list[str] = field(default_factory=list)

    def through(self, selections: tuple[SelectionNode, ...], parents: int, path: tuple[str, ...]) -> None:
        if len(path) > DEEPEST:
            raise Refusal("MAX_DEPTH_EXCEEDED", f"Query has depth which exceeds max depth of {DEEPEST}")
        for one in self._written_out(selections):
            self.fields += 1
            here = (*path, (one.alias or one.name).value)
            self.answers[here] += 1
            if self.fields > MOST_FIELDS or self.answers[here] > MOST_REPEATED:
                message = f"Query has complexity which exceeds max complexity of {MOST_FIELDS}"
                raise Refusal("MAX_COMPLEXITY_EXCEEDED", message)
            page = self._page(one)
            self.nodes += parents * page
            self.looks += parents if page else 0
            if one.selection_set is not None:
                self.through(one.selection_set.selections, parents * (page or 1), here)
        if not path and self.nodes > MOST_NODES:
            asked = f"This query requests up to {self.nodes:,} possible nodes"
            told = f"{asked} which exceeds the maximum limit of {MOST_NODES:,}."
            raise Refusal("MAX_NODE_LIMIT_EXCEEDED", told)

    def _written_out(self, selections: tuple[SelectionNode, ...]) -> Iterator[FieldNode]:
        for one in selections:
            if isinstance(one, FieldNode):
                yield one
            elif not isinstance(one, FragmentSpreadNode):
                yield from self._written_out(one.selection_set.selections)  # type: ignore[attr-defined]
            elif one.name.value in self.fragments and one.name.value not in self.within:
                self.within.append(one.name.value)
                yield from self._written_out(self.fragments[one.name.value].selection_set.selections)
                self.within.pop()

    def _page(self, one: FieldNode) -> int:
        """How many nodes a connection brings at most; none where it is not one."""
        given = {argument.name.value: self._number(argument.value) for argument in one.arguments or ()}
        sizes = [size for name in ("first", "last") if (size := given.get(name)) is not None]
        return min(max(0, *sizes), LARGEST_PAGE) if sizes else 0

    def _number(self, value: Any) -> int | None:
        found = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
        found = int(value.value) if isinstance(value, IntValueNode) else found
        return found if isinstance(found, int) else None
