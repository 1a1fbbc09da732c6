"""What becomes of an upload: a complete package, or the reason why not.

Files that were uploaded before need not come again: they are named by their SHA-1. Only those are kept, and
known, whose size is between the limits below, as on the platform.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from reviewapps.sandbox.cloudfoundry.runtime import PackageTooLargeError, UnsafePackageError, inside, unzip
from reviewapps.sandbox.cloudfoundry.state import Resource

SMALLEST, LARGEST = 65_536, 536_870_912
"""Bytes; files are kept that are larger than the one and smaller than the other."""

_LONGEST_PATH = 4096  # bytes, as Linux has it
_LOWEST_MODE = 0o600
_USUAL_MODE = "744"


class UploadRefusedError(Exception):
    """An upload that makes no package, in the words of a package's ``data.error``."""


class KeptResources:
    """The files of earlier uploads, by their SHA-1."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def knows(self, resource: Resource) -> bool:
        """Whether this file need not be uploaded again."""
        path = self.path(resource.sha1)
        return SMALLEST < resource.size < LARGEST and path.is_file() and path.stat().st_size == resource.size

    def path(self, sha1: str) -> Path:
        return self._folder / sha1[:2] / sha1

    def keep(self, folder: Path) -> None:
        """Keep the files under ``folder`` that are of the size for it."""
        for file in folder.rglob("*"):
            if not file.is_symlink() and file.is_file() and SMALLEST < file.stat().st_size < LARGEST:
                self._keep(file)

    def _keep(self, file: Path) -> None:
        with file.open("rb") as opened:
            kept = self.path(hashlib.file_digest(opened, "sha1").hexdigest())
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_name(f"{kept.name}.{os.getpid()}.part")
            shutil.copyfile(file, unfinished)
            unfinished.replace(kept)


def complete(
    bits: Path, resources: Sequence[Resource], kept: KeptResources, folder: Path, *, largest: int
) -> None:
    """Make ``bits`` the whole package: what was uploaded, with the ``resources`` that were not.

    All of it is unpacked in the new ``folder``, as the platform does: what cannot be unpacked is refused.
    """
    try:
        if bits.exists():
            unzip(bits, folder, largest=largest)
            kept.keep(folder)
        _append(bits, [_checked(one, kept) for one in resources], kept)
        if resources:
            shutil.rmtree(folder, ignore_errors=True)
            unzip(bits, folder, largest=largest)
    except PackageTooLargeError as large:
        raise UploadRefusedError(f"The app package is invalid: {large}") from large
    except UnsafePackageError as unsafe:
        raise UploadRefusedError(f"The app upload is invalid: Invalid zip archive ({unsafe}).") from unsafe
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(resource: Resource, kept: KeptResources) -> Resource:
    try:
        inside(Path(), resource.path)
        if len(resource.path.encode()) > _LONGEST_PATH:
            raise UnsafePackageError("the path is too long")
    except UnsafePackageError:
        told = resource.path[:_LONGEST_PATH]
        raise UploadRefusedError(f"The resource file path is invalid: {told}") from None
    if resource.mode and not is_usable(resource.mode):
        raise UploadRefusedError(f"The resource file mode is invalid: {resource.mode}")
    if not kept.knows(resource):
        raise UploadRefusedError(f"Resource checksum mismatch: {resource.path}")
    return resource


def is_usable(mode: str) -> bool:
    """Whether these octal digits are a file's mode that lets its owner read and write."""
    return re.fullmatch("[0-7]{3,6}", mode) is not None and int(mode, 8) >= _LOWEST_MODE


def _append(bits: Path, resources: Sequence[Resource], kept: KeptResources) -> None:
    """Add ``resources`` to ``bits``, all or none; what is there already stays, as in an upload begun again."""
    if not resources:
        return
    whole = bits.with_name(f"{bits.name}.part")
    whole.unlink(missing_ok=True)
    if bits.exists():
        shutil.copyfile(bits, whole)
    with zipfile.ZipFile(whole, "a") as archive:
        there = set(archive.namelist())
        for one in resources:
            if one.path not in there:
                _add(archive, one, kept.path(one.sha1))
    whole.replace(bits)


def _add(archive: zipfile.ZipFile, resource: Resource, file: Path) -> None:
    entry = zipfile.ZipInfo(resource.path)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.file_size = resource.size
    entry.external_attr = (stat.S_IFREG | int(resource.mode or _USUAL_MODE, 8) & 0o777) << 16
    with file.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target)
