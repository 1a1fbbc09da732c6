"""Carrying a rotation out, step by step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from reviewapps.cloudfoundry.place import Key
from reviewapps.errors import Busy, NameTaken, NotAuthorised
from reviewapps.rotation.next_step import REPLACES, Make, Retire, Store, next_step
from reviewapps.rotation.stores import Stored


class Keys(Protocol):
    """The service keys of one space."""

    def all(self) -> tuple[Key, ...]: ...

    def create(self, name: str, like: Key, annotations: dict[str, str]) -> None:
        """Return when it is made; NameTaken where there is one of this name."""

    def delete(self, key: Key) -> None:
        """Return when it is gone; gone already is fine."""


class Where(Protocol):
    """Where the secret is found."""

    def store(self, key: Key) -> Stored: ...


@dataclass(frozen=True)
class Rotated:
    """What came of it. ``deleted`` is the old key, where it is gone; ``stored`` the new one's place."""

    new: Key
    old: Key
    stored: Stored | None = None
    deleted: bool = False


def carried_out(
    keys: Keys, user: str, where: Where, try_out: Callable[[Key], None], *, at_once: bool
) -> Rotated:
    """One rotation, from wherever an earlier one was left.

    ``try_out`` logs in with a key; NotAuthorised deletes that key again, which nothing uses yet. The old key is
    deleted in a run that was started with the new one, or, ``at_once``, as soon as the new one is stored.
    """
    match next_step(keys.all(), user):
        case Retire(old, new):
            keys.delete(old)
            return Rotated(new, old, deleted=True)
        case Make(like, name):
            with suppress(NameTaken):  # an earlier answer was lost
                keys.create(name, like, {REPLACES: like.guid})
    step = next_step(keys.all(), user)
    if not isinstance(step, Store):
        raise Busy("the new key is not to be seen yet; run this again in a minute")
    _try_out(keys, step.new, try_out)
    stored = where.store(step.new)
    if at_once and stored.done:
        keys.delete(step.old)
    return Rotated(step.new, step.old, stored, deleted=at_once and stored.done)


def _try_out(keys: Keys, key: Key, try_out: Callable[[Key], None]) -> None:
    try:
        try_out(key)
    except NotAuthorised:
        keys.delete(key)
        raise
