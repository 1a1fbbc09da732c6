from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from reviewapps.sandbox.cloudfoundry.runtime.packages import (
    MOST_ENTRIES,
    PackageTooLargeError,
    UnsafePackageError,
    unzip,
)


def zipped(folder: Path, *entries: tuple[str, int, str]) -> Path:
    """A zip of (name, mode, content)."""
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path


FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


def test_modes_and_links_are_kept(tmp_path: Path) -> None:
    path = zipped(
        tmp_path,
        ("bin/run", stat.S_IFREG | 0o755, "#!/bin/sh"),
        ("empty/", stat.S_IFDIR | 0o755, ""),
        ("current", LINK, "bin"),
    )

    unzip(path, tmp_path / "app")

    assert (tmp_path / "app/bin/run").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "app/current/run").read_text() == "#!/bin/sh"
    assert (tmp_path / "app/empty").is_dir()


@pytest.mark.parametrize(
    "entries",
    [
        [("/etc/passwd", FILE, "")],
        [("../outside", FILE, "")],
        [("a/../../outside", FILE, "")],
        [("..\\outside", FILE, "")],
        [("link", LINK, "/etc")],
        [("link", LINK, "../outside")],
        [("here", LINK, "."), ("out", LINK, "deep/here/../../.."), ("deep/here", LINK, "..")],
        [("link", LINK, "link")],
        [("a", FILE, ""), ("a/b", FILE, "")],
        [("link", LINK, ".."), ("link/outside", FILE, "")],
        [("link", LINK, "../.."), ("link/outside", LINK, "x")],
        [("link", LINK, "../.."), ("link/outside/x/y", LINK, "z")],
        [("one", LINK, ".."), ("two", LINK, "one/.."), ("two/outside", LINK, "x")],
        [("one", LINK, "none/../../.."), ("one/outside/x", LINK, "y")],
    ],
    ids=lambda entries: " ".join(name for name, _, _ in entries),
)
def test_a_package_cannot_reach_outside(tmp_path: Path, entries: list[tuple[str, int, str]]) -> None:
    path, app = zipped(tmp_path, *entries), tmp_path / "inner" / "app"

    with pytest.raises(UnsafePackageError):
        unzip(path, app)

    assert {one for one in tmp_path.rglob("*") if app not in one.parents} == {path, app, app.parent}


def test_a_package_of_very_many_files_is_not_even_begun(tmp_path: Path) -> None:
    path = zipped(tmp_path, ("a", FILE, ""))
    bits = path.read_bytes()
    begin, end = bits.index(b"PK\x01\x02"), bits.index(b"PK\x05\x06")
    records = bits[begin:end] * (MOST_ENTRIES + 1)
    end_record = bits[end : end + 12] + struct.pack("<II", len(records), begin) + b"\0\0"
    path.write_bytes(bits[:begin] + records + end_record)

    with pytest.raises(PackageTooLargeError, match="more than 100000 files"):
        unzip(path, tmp_path / "app")

    assert not (tmp_path / "app").exists()
