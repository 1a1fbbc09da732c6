"""The environment that somebody means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from reviewapps.errors import BadSettings
from reviewapps.model import Environment
from reviewapps.naming import address, addressed
from reviewapps.reconcile import Reconciler
from reviewapps.report.wording import listed


@dataclass(frozen=True)
class Sought:
    """``name`` is how people write the environment, whose repository ``reconciler`` keeps."""

    environment: Environment
    reconciler: Reconciler

    @property
    def name(self) -> str:
        return address(self.environment, self.reconciler.name)


PREVIEW: Final = re.compile(r"pr-\d+", re.ASCII)
NAME: Final = re.compile(r"[a-z][a-z0-9-]*")


def sought(text: str, reconcilers: Mapping[str, Reconciler]) -> Sought:
    """What ``text`` means, which may be an environment's name alone; only its own repository is looked at.
    BadSettings where it means nothing of ours."""
    kinds = {kind for one in reconcilers.values() for kind in one.kinds}
    shared = kinds - {"review"}
    if text in shared or PREVIEW.fullmatch(text):
        text = f":{text}"
    if NAME.fullmatch(text):
        raise _not_granted(text, shared)
    asked = re.split("[#:]", text, maxsplit=1)[0].lower()
    named = {name: one for name, one in reconcilers.items() if name.lower() == asked}
    among = named or ({} if asked else reconcilers)
    if not among or (len(among) > 1 and not asked):
        addressed(text, dict.fromkeys(reconcilers, 0))  # says what is wrong, and what is known
    if text.endswith(":review"):
        raise _not_granted("review", shared)
    ids = {one.repository.id: one for one in among.values()}
    environment = addressed(text, {one.name: id_ for id_, one in ids.items()})
    found = Sought(environment, ids[environment.repository])
    if environment.shared and environment.kind not in found.reconciler.kinds:
        raise _not_granted(text, found.reconciler.kinds - {"review"}, found)
    return found


def _not_granted(asked: str, shared: AbstractSet[str], found: Sought | None = None) -> BadSettings:
    """``found`` is what was asked for where its repository is known."""
    name = asked if found is None else found.environment.name
    near = difflib.get_close_matches(name, sorted(shared), n=1) or [
        one for one in sorted(shared) if one.startswith(name)
    ]
    meant = f" Did you mean {near[0]}?" if near else ""
    there = listed(sorted(shared)) if shared else "none"
    return BadSettings(
        f"`{asked}` is no shared environment that is granted; granted: {there}.{meant} "
        "A preview is written acme/shop#12"
    )
