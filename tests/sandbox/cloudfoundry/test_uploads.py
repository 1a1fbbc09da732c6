"""Uploads: those that make a package, and those that are refused and touch nothing."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import uuid
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.cloudfoundry.cloud import Cloud, Refused, zipped

FILE, LINK, FOLDER = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755
LARGEST = 1024**3
Entry = tuple[str, int, bytes]


def archive(*entries: Entry, compress: bool = False) -> bytes:
    """A zip of (name, mode, content), in which names may be whatever they like."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names twice, on purpose
        for name, mode, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED)
    return file.getvalue()


def patched(bits: bytes, offset: int, value: int, size: str) -> bytes:
    """``bits`` with one number of its first entry's central record changed."""
    at = bits.index(b"PK\x01\x02") + offset
    return bits[:at] + struct.pack(size, value) + bits[at + struct.calcsize(size) :]


def uploaded(cloud: Cloud, bits: bytes, resources: object = None) -> dict[str, Any]:
    """The package of a new app, once its upload was looked at."""
    package = cloud.new_package(cloud.app(str(uuid.uuid4())))
    parts: dict[str, Any] = {"bits": ("bits.zip", bits)} if bits else {}
    if resources is not None:
        parts["resources"] = (None, json.dumps(resources))
    cloud.call("POST", f"/v3/packages/{package}/upload", files=parts)
    return cloud.until(f"/v3/packages/{package}", lambda it: it["state"] != "PROCESSING_UPLOAD")


ONE = archive(("a", FILE, b"x" * 100))
BROKEN = {
    "no zip": b"no zip at all",
    "half a zip": ONE[: len(ONE) // 2],
    "climbing": archive(("../outside", FILE, b"")),
    "climbing later": archive(("a/../../outside", FILE, b"")),
    "absolute": archive(("/tmp/outside", FILE, b"")),
    "backslashes": archive(("..\\outside", FILE, b"")),
    "a drive": archive(("C:outside", FILE, b"")),
    "nameless": archive((".", FILE, b"")),
    "a link out": archive(("link", LINK, b"../../..")),
    "an absolute link": archive(("link", LINK, b"/etc")),
    "through a link": archive(("link", LINK, b".."), ("link/outside", FILE, b"")),
    "a link to itself": archive(("link", LINK, b"link")),
    "an endless link": archive(("link", LINK, b"a/" * 4000)),
    "a device": archive(("null", stat.S_IFCHR | 0o666, b"")),
    "a pipe": archive(("pipe", stat.S_IFIFO | 0o644, b"")),
    "a socket": archive(("socket", stat.S_IFSOCK | 0o644, b"")),
    "the same file twice": archive(("a", FILE, b"1"), ("a", FILE, b"2")),
    "the same file in other words": archive(("a", FILE, b"1"), ("./a", FILE, b"2")),
    "a file that is a folder": archive(("a", FILE, b"1"), ("a/b", FILE, b"2")),
    "encrypted": patched(ONE, 8, 1, "<H"),
    "a compression nobody knows": patched(ONE, 10, 99, "<H"),
    "another content than promised": patched(ONE, 16, 7, "<I"),
    "broken LZMA": patched(archive(("a", FILE, b"\x09\x04\x05\x00" + b"\xff" * 40)), 10, 14, "<H"),
    "less than it holds": patched(archive(("a", FILE, b"x" * 100_000), compress=True), 24, 10, "<I"),
}


@pytest.mark.parametrize("bits", BROKEN.values(), ids=BROKEN)
def test_an_upload_that_is_no_package_is_refused_and_touches_nothing(shared: Cloud, bits: bytes) -> None:
    outside = set(shared.server.world.home.parent.rglob("*outside*"))

    package = uploaded(shared, bits)

    assert package["state"] == "FAILED"
    assert package["data"]["error"].startswith("The app upload is invalid: Invalid zip archive (")
    assert package["data"]["checksum"]["value"] is None
    assert set(shared.server.world.home.parent.rglob("*outside*")) == outside
    assert not list((shared.server.world.home / "uploads").iterdir())


BOMBS = {
    "one that says so": patched(ONE, 24, LARGEST + 1, "<I"),
    "many that add up": patched(archive(*[(f"{n}", FILE, b"") for n in range(3)]), 24, LARGEST + 1, "<I"),
}


@pytest.mark.parametrize("bits", BOMBS.values(), ids=BOMBS)
def test_an_upload_that_would_grow_too_large_is_refused(shared: Cloud, bits: bytes) -> None:
    package = uploaded(shared, bits)

    refusal = f"The app package is invalid: Package may not be larger than {LARGEST} bytes"
    assert (package["state"], package["data"]["error"]) == ("FAILED", refusal)


def test_a_small_upload_of_large_files_is_measured_by_what_it_holds(shared: Cloud) -> None:
    settings = shared.server.settings
    zeroes = archive(("zeroes", FILE, b"\0" * 300_000), compress=True)
    try:
        settings.largest_package_bytes = 299_999
        assert "larger than 299999 bytes" in uploaded(shared, zeroes)["data"]["error"]
        settings.largest_upload_bytes = len(zeroes) - 1
        with pytest.raises(Refused) as refused:
            uploaded(shared, zeroes)
        assert refused.value.status == 413
    finally:
        settings.largest_package_bytes, settings.largest_upload_bytes = LARGEST, 2 * LARGEST


def test_names_that_differ_in_case_only_are_two_files_where_files_can_be(
    shared: Cloud, tmp_path: Path
) -> None:
    (tmp_path / "README").touch()
    can_be = not (tmp_path / "readme").exists()

    package = uploaded(shared, archive(("README", FILE, b"1"), ("readme", FILE, b"2")))

    assert package["state"] == ("READY" if can_be else "FAILED")


def test_what_is_packed_within_a_package_stays_packed(shared: Cloud) -> None:
    bomb = patched(ONE, 24, LARGEST + 1, "<I")

    assert uploaded(shared, archive(("inner.zip", FILE, bomb)))["state"] == "READY"


def test_folders_and_links_that_stay_inside_are_fine(shared: Cloud) -> None:
    bits = archive(("bin/", FOLDER, b""), ("bin/run", FILE, b"x"), ("current", LINK, b"bin"))

    assert uploaded(shared, bits)["state"] == "READY"


def fingerprint(content: bytes, path: str, mode: str = "755") -> dict[str, Any]:
    sha1 = hashlib.sha1(content).hexdigest()
    return {"path": path, "mode": mode, "checksum": {"value": sha1}, "size_in_bytes": len(content)}


def test_a_large_file_need_not_be_uploaded_twice(shared: Cloud) -> None:
    content = b"shop" * 20_000
    large, small = fingerprint(content, "bin/large"), fingerprint(b"tiny", "tiny")
    asked = {"resources": [large, small, {**large, "mode": "400"}, {**large, "size_in_bytes": 70_000}]}
    assert shared.call("POST", "/v3/resource_matches", asked) == {"resources": []}
    uploaded(shared, archive(("big", FILE, content), ("tiny", FILE, b"tiny"), compress=True))

    known = shared.call("POST", "/v3/resource_matches", asked)["resources"]
    assert known == [large]
    package = uploaded(shared, zipped({"Procfile": "web: true", "whole/a": ""}), known)

    bits = shared.client.get(f"{shared.server.api_url}/v3/packages/{package['guid']}/download").content
    with zipfile.ZipFile(io.BytesIO(bits)) as whole:
        assert whole.read("bin/large") == content
        assert whole.getinfo("bin/large").external_attr >> 16 & 0o777 == 0o755
        assert sorted(whole.namelist()) == ["Procfile", "bin/large", "whole/a"]
    assert package["data"]["checksum"]["value"] == hashlib.sha256(bits).hexdigest()
    alone = uploaded(shared, b"", known)
    assert alone["state"] == "READY"


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        (fingerprint(b"?" * 70_000, "unknown"), "Resource checksum mismatch: unknown"),
        (fingerprint(b"?", "../up"), "The resource file path is invalid: ../up"),
        (fingerprint(b"?", "/etc/passwd"), "The resource file path is invalid: /etc/passwd"),
        (fingerprint(b"?", "a", "577"), "The resource file mode is invalid: 577"),
        (fingerprint(b"?", "a", "rwx"), "The resource file mode is invalid: rwx"),
        ({"fn": "../v2", "sha1": "0" * 40, "size": 70_000}, "The resource file path is invalid: ../v2"),
        ({}, "The resource file path is invalid: "),
        (fingerprint(b"?", "a" * 70_000), f"The resource file path is invalid: {'a' * 4096}"),
    ],
)
def test_files_that_cannot_be_added_fail_the_package(
    shared: Cloud, resource: dict[str, Any], error: str
) -> None:
    package = uploaded(shared, ONE, [resource])

    assert (package["state"], package["data"]["error"]) == ("FAILED", error)


@pytest.mark.parametrize(
    ("parts", "status", "code", "detail"),
    [
        ({"other": (None, "x")}, 422, 10008, "Unknown field(s): 'other', Upload must include either"),
        ({"resources": (None, "[]")}, 422, 10008, "Upload must include either resources or bits"),
        ({"resources": (None, "{")}, 400, 1001, "Request invalid due to parse error"),
        ({"resources": (None, '{"a": 1}')}, 400, 160001, "The app upload is invalid: invalid :resources"),
        ({"resources": (None, b"\xff")}, 400, 1001, "Request invalid due to parse error"),
        ({"resources": (None, " " * 10 * 1024**2 + "[]")}, 413, 1004, "Bad request: Request Entity"),
        ({"resources": (None, '[{"path": "\\ud800"}]')}, 400, 1001, "Request invalid due to parse error"),
        ({"resources": (None, "[" * 100_000)}, 400, 1001, "Request invalid due to parse error"),
        ({"resources": (None, "[1]")}, 400, 160001, "The app upload is invalid: invalid :resources"),
    ],
)
def test_an_upload_of_other_things_is_refused_and_may_be_tried_again(
    shared: Cloud, parts: dict[str, Any], status: int, code: int, detail: str
) -> None:
    package = shared.new_package(shared.app(str(uuid.uuid4())))

    with pytest.raises(Refused) as refused:
        shared.call("POST", f"/v3/packages/{package}/upload", files=parts)

    assert (refused.value.status, refused.value.code) == (status, code)
    assert refused.value.detail.startswith(detail)
    assert shared.call("GET", f"/v3/packages/{package}")["state"] == "AWAITING_UPLOAD"
    assert shared.upload(package, ONE)["state"] == "PROCESSING_UPLOAD"


def test_an_upload_fails_the_package_with_whatever_the_sandbox_fails_with(shared: Cloud) -> None:
    content = b"kept" * 20_000
    kept = shared.server.world.home / "resources"
    kept.mkdir(exist_ok=True)
    (kept / hashlib.sha1(content).hexdigest()[:2]).touch()

    package = uploaded(shared, archive(("big", FILE, content)))

    assert package["state"] == "FAILED"
    assert package["data"]["error"].startswith("The app upload is invalid: [Errno 17] File exists")
