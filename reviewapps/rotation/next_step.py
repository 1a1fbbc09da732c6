"""What comes next in a rotation, from the keys that are there and the account that we were started with. Pure.

Nothing is remembered but on the new key itself: an annotation names the key that it is to replace. So whoever is
killed is continued by the next one who looks, and the old key goes only when somebody is seen to have been started
with the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reviewapps.cloudfoundry.place import Key
from reviewapps.errors import BadSettings
from reviewapps.naming import digest

REPLACES: Final = "reviewapps-replaces"
"""The annotation of a new key: the guid of the one that it replaces."""


@dataclass(frozen=True)
class Make:
    """Ask for a new key of the same service instance under this name, which is always the same."""

    like: Key
    name: str


@dataclass(frozen=True)
class Store:
    """Try the new key and put it where the secret is found."""

    new: Key
    old: Key


@dataclass(frozen=True)
class Retire:
    """We were started with the new key: delete the old one."""

    old: Key
    new: Key


def next_step(keys: Sequence[Key], user: str) -> Make | Store | Retire:
    """BadSettings where no key holds the account that we were started with."""
    mine = next((key for key in keys if key.username == user), None)
    if mine is None:
        seen = ", ".join(f"{key.instance}/{key.name}" for key in keys) or "none"
        raise BadSettings(
            f"no service key that we see holds the user {user} (seen: {seen}); "
            "it is no service account of this space, or --service has to name it"
        )
    old = next((key for key in keys if key.guid == mine.annotations.get(REPLACES)), None)
    if old is not None:
        return Retire(old, mine)
    begun = (key for key in keys if key.annotations.get(REPLACES) == mine.guid and key.username)
    new = next(begun, None)
    return Store(new, mine) if new else Make(mine, f"reviewapps-{digest(mine.guid, length=8)}")
