"""The environment that somebody means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reviewapps.model import Environment
from reviewapps.naming import address, addressed
from reviewapps.reconcile import Reconciler


@dataclass(frozen=True)
class Sought:
    """``name`` is how people write the environment, whose repository ``reconciler`` keeps."""

    environment: Environment
    reconciler: Reconciler

    @property
    def name(self) -> str:
        return address(self.environment, self.reconciler.name)


PREVIEW: Final = re.compile(r"pr-\d+", re.ASCII)


def sought(text: str, reconcilers: Mapping[str, Reconciler]) -> Sought:
    """What ``text`` means, which may be an environment's name alone; only its own repository is looked at.
    BadSettings where it means nothing of ours."""
    kinds = {kind for one in reconcilers.values() for kind in one.kinds}
    if text in kinds - {"review"} or PREVIEW.fullmatch(text):
        text = f":{text}"
    asked = re.split("[#:]", text, maxsplit=1)[0].lower()
    named = {name: one for name, one in reconcilers.items() if name.lower() == asked}
    among = named or ({} if asked else reconcilers)
    if not among or (len(among) > 1 and not asked):
        addressed(text, dict.fromkeys(reconcilers, 0))  # says what is wrong, and what is known
    ids = {one.repository.id: one for one in among.values()}
    environment = addressed(text, {one.name: id_ for id_, one in ids.items()})
    return Sought(environment, ids[environment.repository])
