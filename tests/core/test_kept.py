"""An overview that a memory kept, and may have lost or mixed up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from reviewapps.model import Environment
from reviewapps.overview import Overview, Passed, Row, State, kept, recalled, with_row

moments = st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))
names = st.sampled_from(["pr-1", "pr-2", "pr-10", "dev"])
rows = st.builds(
    Row,
    st.builds(Environment, st.just(7), names),
    st.sampled_from(get_args(State)),
    runs=st.none() | st.text(max_size=10),
    commit=st.none() | st.text(max_size=10),
    since=st.none() | moments,
    ends=st.none() | moments,
    memory_mb=st.integers(0, 4096),
    address=st.none() | st.text(max_size=10),
    reason=st.text(max_size=20),
)
overviews = st.builds(
    Overview,
    st.just("acme/shop"),
    st.booleans(),
    moments,
    st.lists(rows, unique_by=lambda row: row.environment).map(tuple),
    st.lists(st.builds(Passed, st.integers(1, 9), st.text(max_size=5))).map(tuple),
    st.none() | st.text(max_size=9),
)


@given(overviews)
def test_what_was_kept_is_recalled_as_it_was(overview: Overview) -> None:
    assert recalled(json.loads(json.dumps(kept(overview)))) == overview


@given(st.none() | st.text() | st.dictionaries(st.text(), st.integers()) | st.lists(st.integers()))
def test_whatever_else_is_kept_there_is_nothing_to_recall(found: object) -> None:
    assert recalled(found) is None


@given(overviews, rows)
def test_a_row_takes_the_place_of_its_environments_and_of_no_other(overview: Overview, row: Row) -> None:
    changed = with_row(overview, row.environment, row)
    assert [one for one in changed.rows if one.environment == row.environment] == [row]
    others = {one for one in overview.rows if one.environment != row.environment}
    assert {one for one in changed.rows if one != row} - {row} == others
    shared = [one.environment.shared for one in changed.rows]
    assert shared == sorted(shared)
    assert with_row(changed, row.environment, None).rows == tuple(one for one in changed.rows if one != row)
