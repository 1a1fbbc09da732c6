"""Whatever is asked, the platform answers: it never fails, and stays within its folder."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapps.sandbox.cloudfoundry.state import Resource
from reviewapps.sandbox.cloudfoundry.uploads import KeptResources, UploadRefusedError, complete
from tests.sandbox.cloudfoundry.cloud import Cloud
from tests.sandbox.cloudfoundry.refusals import REFUSALS, Refusal
from tests.sandbox.cloudfoundry.test_refusals import Counter

WRITES = [refusal for refusal in REFUSALS if isinstance(refusal[1], dict)]
FIELDS = sorted(set(re.findall(r'"([a-z_]+)":', json.dumps([said for _, said, *_ in WRITES]))))
QUERIES = re.findall(
    r"\S+",
    "page per_page order_by label_selector names guids include created_ats created_ats[gt] states app_guids types"
    " source_guid unmapped start_time end_time limit descending envelope_types fields[space] host path embed",
)
WORDS = [
    "",
    "web",
    "bits",
    "app",
    "http",
    "buildpack",
    "rolling",
    "name",
    "-created_at",
    "0",
    "-1",
    "9" * 30,
    "a=b",
]


@pytest.fixture(scope="module")
def counter(shared: Cloud) -> Counter:
    return Counter(shared)


def _paths(counter: Counter) -> list[tuple[str, str]]:
    """Everything that can be asked, but for starting apps: their processes would take the test's time."""
    every = counter.cloud.server.application().router.routes()
    asked = [(one.method, one.resource.canonical) for one in every if one.resource]
    return [(method, path) for method, path in asked if "/actions/" not in path and "/_sandbox" not in path]


texts = st.sampled_from(WORDS) | st.text(max_size=20)
plain = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(["$app", "$space"])
anything = st.recursive(
    plain,
    lambda it: st.lists(it, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | texts, it, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_no_request_ever_fails_the_platform(counter: Counter, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(_paths(counter)), "route")
    for name in re.findall(r"\{(\w+)\}", path):
        guid = data.draw(
            st.sampled_from(sorted(counter.names.values())) | st.text(min_size=1, max_size=9), name
        )
        path = path.replace(f"{{{name}}}", quote(guid, safe=""))
    query = data.draw(st.dictionaries(st.sampled_from(QUERIES) | texts, texts, max_size=3), "query")
    kinds = (
        "application/json",
        "application/x-yaml",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
    )
    counter.session.headers["Content-Type"] = data.draw(st.sampled_from(kinds), "content type")

    answer = counter.ask(f"{method} {path}?{urlencode(query)}", data.draw(anything, "body"))

    assert answer.status_code < 500, answer.text


def swapped(said: Any, place: int, other: Any) -> Any:
    """``said`` with one of its parts, counted from the outside, replaced."""
    if place <= 0 or not isinstance(said, dict | list) or not said:
        return other
    if isinstance(said, list):
        return [swapped(said[0], place - 1, other), *said[1:]]
    keys = list(said)
    chosen = keys[place % len(keys)]
    return {**said, chosen: swapped(said[chosen], place // len(keys), other)}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(WRITES), st.integers(0, 40), anything)
def test_no_part_of_a_body_ever_fails_the_platform(
    counter: Counter, refusal: Refusal, place: int, other: Any
) -> None:
    answer = counter.ask(refusal[0], swapped(refusal[1], place, other))

    assert answer.status_code < 500, answer.text


ENTRIES = st.tuples(
    st.text(min_size=1, max_size=8)
    | st.sampled_from(["../a", "/a", "a/../../b", "a\\b", "C:a", "a", "a/b", "a/b/c/d", "b", "b/e", "."]),
    st.sampled_from([0o100644, 0o120777, 0o040755, 0o020666, 0o010644, 0, 0o755]),
    st.binary(max_size=20) | st.sampled_from([b"..", b"../..", b"/etc", b"a", b"a/..", b"b/.."]),
)
ESCAPES: list[list[Any]] = [
    [("a", 0o120777, b"../.."), ("a/b", 0o120777, b"q")],
    [("a", 0o120777, b"../.."), ("a/b/c/d", 0o120777, b"q")],
    [("a", 0o120777, b".."), ("b", 0o120777, b"a/.."), ("b/e", 0o120777, b"q")],
]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(ENTRIES, max_size=4) | st.sampled_from(ESCAPES),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=3),
)
def test_no_upload_reaches_out_of_its_folder(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Any], flips: list[tuple[int, int]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    bits, folder = home / "bits.zip", home / "uploads" / "one"
    bits.write_bytes(_flipped(_archive(entries), flips))

    try:
        complete(
            bits,
            [Resource("x", "0" * 40, 70_000)][: len(flips) // 3],
            KeptResources(home / "kept"),
            folder,
            largest=1000,
        )
    except UploadRefusedError as refused:
        assert str(refused)

    left = {path for path in home.rglob("*") if home / "kept" not in path.parents}
    assert left <= {bits, folder.parent, home / "kept"}
    shutil.rmtree(home)


def _archive(entries: list[Any]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, mode, content in {entry[0]: entry for entry in entries}.values():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            packed.writestr(info, content)
    return file.getvalue()


def _flipped(bits: bytes, flips: list[tuple[int, int]]) -> bytes:
    changed = bytearray(bits)
    for at, byte in flips:
        changed[at % len(changed)] = byte
    return bytes(changed)
