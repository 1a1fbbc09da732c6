from __future__ import annotations

import base64
import time

from reviewapps.sandbox.cloudfoundry.runtime import Logs, Span


def said(*lines: str) -> Logs:
    logs = Logs()
    for line in lines:
        logs.append("app", "APP/PROC/WEB", line)
    return logs


def timestamps(envelopes: list[dict[str, object]]) -> list[int]:
    return [int(str(envelope["timestamp"])) for envelope in envelopes]


def test_an_envelope_is_the_one_of_log_cache() -> None:
    logs = Logs()
    logs.append("app", "APP/PROC/WEB", "Hello", instance="1", stream="ERR", tags={"process_type": "web"})

    (envelope,) = logs.envelopes("app", start=0, end=None, limit=100, descending=False)

    assert str(envelope.pop("timestamp")).isdigit()
    assert envelope == {
        "source_id": "app",
        "instance_id": "1",
        "deprecated_tags": {},
        "tags": {"source_type": "APP/PROC/WEB", "instance_id": "1", "process_type": "web"},
        "log": {"payload": "SGVsbG8=", "type": "ERR"},
    }


def test_no_two_lines_share_a_timestamp() -> None:
    seen = timestamps(said(*"abcdef" * 50).envelopes("app", start=0, end=None, limit=1000, descending=False))

    assert seen == sorted(set(seen))
    assert len(seen) == 300


def test_a_reader_that_goes_on_after_the_last_line_misses_none() -> None:
    logs = said(*map(str, range(25)))
    read: list[int] = []
    while batch := timestamps(
        logs.envelopes("app", start=read[-1] + 1 if read else -1, end=None, limit=10, descending=False)
    ):
        read += batch

    assert len(read) == 25


def test_the_end_is_not_included() -> None:
    logs = said("a", "b", "c")
    _, second, third = timestamps(logs.envelopes("app", start=0, end=None, limit=9, descending=False))

    assert timestamps(logs.envelopes("app", start=second, end=third, limit=9, descending=False)) == [second]


def test_descending_begins_with_the_newest() -> None:
    logs = said("a", "b", "c")
    first, *_ = timestamps(logs.envelopes("app", start=0, end=None, limit=1, descending=False))
    newest = timestamps(logs.envelopes("app", start=0, end=None, limit=2, descending=True))

    assert newest == sorted(newest, reverse=True)
    assert first not in newest


def test_only_the_last_lines_are_remembered() -> None:
    logs = Logs()
    for number in range(10):
        logs.append("app", "APP/PROC/WEB", str(number), keep=3)

    left = logs.envelopes("app", start=0, end=None, limit=100, descending=False)

    assert [envelope["log"] for envelope in left] == [
        {"payload": base64.b64encode(text).decode(), "type": "OUT"} for text in (b"7", b"8", b"9")
    ]


def test_asking_for_an_unknown_source_does_not_make_it_known() -> None:
    logs = said("a")
    logs.forget("app")

    assert logs.envelopes("app", start=0, end=None, limit=1, descending=False) == []
    assert logs.span("app") is None


def test_a_span_tells_what_is_remembered_and_how_much_is_not() -> None:
    logs = Logs()
    for number in range(10):
        logs.append("app", "APP/PROC/WEB", str(number), keep=3)
    first, _, last = timestamps(logs.envelopes("app", start=0, end=None, limit=9, descending=False))

    assert logs.span("app") == Span(count=3, oldest=first, newest=last, expired=7)


def test_a_reader_at_the_end_of_many_lines_does_not_wait_for_those_before() -> None:
    def cost(lines: int) -> float:
        """Seconds of this thread for a few looks at the end of so many lines."""
        logs = said(*["line"] * lines)
        span = logs.span("app")
        assert span
        began = time.thread_time()
        for _ in range(200):
            (last,) = logs.envelopes("app", start=span.newest, end=None, limit=10, descending=False)
            logs.span("app")
        assert int(str(last["timestamp"])) == span.newest
        return time.thread_time() - began

    assert cost(50_000) < 20 * cost(50), "a thousand times as much, where all lines are looked at"
