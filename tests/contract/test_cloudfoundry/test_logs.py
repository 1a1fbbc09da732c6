"""Envelopes of log-cache → lines for people."""

from __future__ import annotations

import base64
from typing import Any

from reviewapps.cloudfoundry.logs import lines_of


def envelope(at: int, source: str, text: str) -> dict[str, Any]:
    return {
        "timestamp": str(at),
        "source_id": "A",
        "tags": {"source_type": source},
        "log": {"payload": base64.b64encode(text.encode()).decode(), "type": "OUT"},
    }


def test_log_lines_are_those_of_one_source_oldest_first() -> None:
    batch = [
        envelope(4, "APP/PROC/WEB", "four"),
        envelope(3, "RTR", "GET /"),
        envelope(2, "APP/PROC/WEB", "two"),
        envelope(1, "STG", "one"),
        {"timestamp": "5", "tags": {"source_type": "APP/PROC/WEB"}, "gauge": {}},
    ]
    body = {"envelopes": {"batch": batch}}

    assert lines_of(body, "APP") == ("two", "four")
    assert lines_of(body, "STG") == ("one",)
    assert lines_of({"envelopes": None}, "APP") == ()


def test_log_lines_bring_nothing_that_moves_a_cursor_or_turns_text_around() -> None:
    nasty = "\x1b[31mred\x1b[0m \x07bell\r \u202eevil \ttab\ncaf\u00e9"
    assert lines_of({"envelopes": {"batch": [envelope(1, "APP", nasty)]}}, "APP") == (
        "red bell evil \ttab",
        "caf\u00e9",
    )
