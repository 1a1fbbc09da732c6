"""What shared environments follow, where that is a branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reviewapps.model import Follows, Wanted
from reviewapps.rules import Rules


def head_of(wanted: Wanted, follows: Follows) -> str | None:
    """The newest commit of the branch that is followed; None where tags are, or where there is no such branch."""
    if follows.tags:
        return None
    default = wanted.repository.default_branch
    branch = follows.branch or default
    return wanted.repository.head if branch == default else wanted.branches.get(branch)


def branches_of(rules: Rules, kinds: Iterable[str]) -> frozenset[str]:
    """The branches, besides the default one, that environments of these kinds follow."""
    follows: Mapping[str, Follows | None] = {kind: rules.named(kind).follows for kind in kinds}
    return frozenset(one.branch for one in follows.values() if one is not None and one.branch)
