"""A single look, where the other side wants to be left alone."""

from __future__ import annotations

from typing import Any, cast

import pytest

from reviewapps.coordination.visiting import OwnHead
from reviewapps.installation import Installation
from reviewapps.once import LONGEST_NAP, TakesTooLong, settle_all


class Away:
    """An installation whose repository cannot be looked at for a minute."""

    repositories = ("acme/shop",)

    def __init__(self) -> None:
        self.looks = 0

    def look(self, _: str, **__: Any) -> float:
        self.looks += 1
        return 60.0


def test_who_says_later_is_not_asked_again_at_once() -> None:
    away = Away()
    with pytest.raises(TakesTooLong, match="not done in time: acme/shop"):
        settle_all(cast(Installation, away), LONGEST_NAP + 0.2)
    assert away.looks == 2  # now, and once the time is over


class Odd:
    """A repository in which something comes up that nobody foresaw."""

    name = "acme/odd"

    def look(self, wake: object, *, afresh: bool = False) -> None:
        raise OverflowError("date value out of range")


class Plain:
    name = "acme/plain"
    looks = 0

    def look(self, wake: object, *, afresh: bool = False) -> None:
        self.looks += 1


class Nobody:
    """Nothing is due."""

    def all(self) -> dict[str, float]:
        return {}

    def now(self) -> float:
        return 0.0


def test_what_nobody_foresaw_is_told_once_and_stops_no_other_repository() -> None:
    told, plain, none = list[str](), Plain(), cast(Any, None)
    installation = Installation(
        cast(Any, {Odd.name: Odd(), Plain.name: plain}),
        due=cast(Any, Nobody()),
        leases=none,
        clock=none,
        soon=none,
        memory=OwnHead(),
        announce=told.append,
    )
    with pytest.raises(OverflowError):  # a task ends with it, and its trace is logged
        installation.look(Odd.name)

    settle_all(installation, 1.0)

    assert told == ["acme/odd: OverflowError was not foreseen; the log shows where it came from"]
    assert installation.needs == {Odd.name: told[0]}
    assert plain.looks == 1
