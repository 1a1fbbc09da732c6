"""A single look, where the other side wants to be left alone."""

from __future__ import annotations

from typing import Any, cast

import pytest

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
