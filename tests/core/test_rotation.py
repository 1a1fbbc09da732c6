"""Whoever renews an account may be killed at any moment: one always works, and in the end there is only one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from reviewapps.cloudfoundry.place import Key
from reviewapps.errors import BadSettings, Busy, NameTaken, NotAuthorised
from reviewapps.rotation.steps import Rotated, carried_out
from reviewapps.rotation.stores import Stored, Variables

FIRST = Key("guid-1", "key1", "reviewapps", "si-1", "user-1", "pw-1", datetime(2026, 1, 1, tzinfo=UTC))


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Platform:
    """The keys of a space, and where the secret is found. ``dies_after`` calls, whoever calls is killed; the call
    itself is done."""

    keys: list[Key] = field(default_factory=lambda: [FIRST])
    stored: str = FIRST.username
    dies_after: int = -1
    slow: bool = False
    refused: frozenset[str] = frozenset()

    def all(self) -> tuple[Key, ...]:
        return tuple(self.keys)

    def create(self, name: str, like: Key, annotations: dict[str, str]) -> None:
        if any(key.name == name for key in self.keys):
            raise NameTaken(name)
        number = len(self.keys) + 1
        user = "" if self.slow else f"user-{name}"
        made = replace(like, guid=f"guid-{name}-{number}", name=name, username=user, annotations=annotations)
        self.keys.append(made)
        self._live_on()

    def delete(self, key: Key) -> None:
        self.keys.remove(key)
        self._live_on()

    def store(self, key: Key) -> Stored:
        self.stored = key.username
        self._live_on()
        return Stored(True, "stored")

    def try_out(self, key: Key) -> None:
        self._live_on()
        if key.username in self.refused:
            raise NotAuthorised("Bad credentials")

    def rotate(self, at_once: bool = False) -> Rotated:
        """One run, started with what is stored."""
        return carried_out(self, self.stored, self, self.try_out, at_once=at_once)

    def _live_on(self) -> None:
        self.dies_after -= 1
        if self.dies_after == 0:
            raise Killed

    @property
    def works(self) -> bool:
        """Whether the account that is stored can log in."""
        return any(key.username == self.stored for key in self.keys)


def test_the_first_run_makes_and_stores_and_the_next_deletes_the_old_key() -> None:
    platform = Platform()
    first = platform.rotate()
    assert (first.old, first.deleted, len(platform.keys)) == (FIRST, False, 2)
    assert platform.stored == first.new.username
    second = platform.rotate()
    assert (second.old, second.deleted) == (FIRST, True)
    assert platform.keys == [first.new]


def test_at_once_the_old_key_goes_in_the_same_run() -> None:
    platform = Platform()
    done = platform.rotate(at_once=True)
    assert (done.deleted, platform.keys) == (True, [done.new])


def test_what_somebody_has_to_set_keeps_the_old_key_also_at_once() -> None:
    platform = Platform()
    by_hand = Variables({"SECRET": "{json}"})
    done = carried_out(platform, FIRST.username, by_hand, platform.try_out, at_once=True)
    assert (done.deleted, FIRST in platform.keys) == (False, True)
    assert done.stored is not None
    assert done.stored.lines == (f'SECRET=\'{{"username": "{done.new.username}", "password": "pw-1"}}\'',)
    assert "pw-1" not in done.stored.words + repr(done.new)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("calls", range(1, 5))
def test_killed_after_any_call_the_next_run_goes_on(calls: int, at_once: bool) -> None:
    platform = Platform(dies_after=calls)
    for _ in range(3):
        try:
            platform.rotate(at_once)
        except Killed:
            assert platform.works
        if len(platform.keys) == 1 and platform.stored != FIRST.username:
            break
    assert platform.works
    assert [key.username for key in platform.keys] == [platform.stored]
    assert FIRST not in platform.keys


def test_a_new_key_that_does_not_work_is_taken_back() -> None:
    name = Platform().rotate().new.username
    platform = Platform(refused=frozenset({name}))
    with pytest.raises(NotAuthorised):
        platform.rotate()
    assert (platform.keys, platform.stored) == ([FIRST], FIRST.username)


def test_a_key_that_is_still_being_made_is_waited_for() -> None:
    platform = Platform(slow=True)
    for _ in range(2):
        with pytest.raises(Busy):
            platform.rotate()
    assert len(platform.keys) == 2
    platform.keys[1] = replace(platform.keys[1], username="user-2")
    assert platform.rotate().new.username == platform.stored == "user-2"


def test_an_account_that_no_key_made_is_not_rotated() -> None:
    platform = Platform(stored="somebody")
    with pytest.raises(
        BadSettings, match=r"no service key that we see holds the user somebody .*reviewapps/key1"
    ):
        platform.rotate()
    assert platform.keys == [FIRST]
