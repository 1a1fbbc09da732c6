"""Markers that anybody may have pasted."""

from __future__ import annotations

import pytest

from reviewapps.marker import marked, marker


def test_a_marker_is_read_as_it_was_written() -> None:
    assert marked(marker("acme", 7, 12, "live") + "\n### Preview") == ("acme", 7, 12, "live")


@pytest.mark.parametrize("number", ["1" * 5000, "١٢", "-1", ""])
def test_a_number_that_is_none_makes_no_marker(number: str) -> None:
    assert marked(f"<!-- reviewapps 1 acme {number} #1 live -->") is None
    assert marked(f"<!-- reviewapps 1 acme 7 #{number} live -->") is None
