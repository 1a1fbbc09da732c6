from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from reviewapps.sandbox.cloudfoundry.runtime.packages import UnsafePackageError, unzip


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
    ],
    ids=lambda entries: " ".join(name for name, _, _ in entries),
)
def test_a_package_cannot_reach_outside(tmp_path: Path, entries: list[tuple[str, int, str]]) -> None:
    with pytest.raises(UnsafePackageError):
        unzip(zipped(tmp_path, *entries), tmp_path / "inner" / "app")

    assert not (tmp_path / "inner" / "outside").exists()
    assert not (tmp_path / "outside").exists()
