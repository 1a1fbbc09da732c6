"""No secret lies in the repository, nor ever did; and what is known to be weak is not silently taken for sound."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.audit import UNASKED, WEAK, judged

ROOT = Path(__file__).parents[2]
SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{40,}"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{60,}"
    rb"|hooks\.slack(-gov)?\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}|\bxox[abpr]-[0-9]{8,}"
    rb"|\bAKIA[0-9A-Z]{16}\b|\beyJ[A-Za-z0-9_-]{30,}\.eyJ[A-Za-z0-9_-]{30,}\."
)
"""What keys and tokens of those look like that we deal with: GitHub's, Slack's, AWS's, and signed ones."""

PLANTED = [
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx" + "M" * 40,
    "ghs_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 20,
    "https://hooks.slack.com/services/T01234567/B01234567/" + "x" * 24,
    "AKIA" + "ABCD" * 4,
]


@pytest.mark.parametrize("planted", PLANTED)
def test_what_looks_like_a_secret_is_seen(planted: str) -> None:
    assert SECRET.search(f"+token = {planted}\n".encode())


def test_no_file_and_no_commit_holds_a_secret() -> None:
    git = ["git", "-C", str(ROOT)]
    listed = subprocess.run([*git, "ls-files", "-z"], check=True, capture_output=True).stdout
    files = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    assert [path.name for path in files if path.is_file() and SECRET.search(path.read_bytes())] == []
    history = subprocess.run(
        [*git, "log", "-p", "--no-color", "--no-ext-diff", "--unified=0", "--format=commit %H%n%B"],
        check=True,
        capture_output=True,
    ).stdout
    added = b"\n".join(line[1:] if line.startswith(b"+") else line for line in history.split(b"\n"))
    assert [found[0][:20] for found in SECRET.finditer(added)] == []


@pytest.mark.parametrize(
    ("dependencies", "status", "words"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "1 packages, and no known weakness"),
        ([{"name": "a", "skip_reason": "not found"}], UNASKED, "NOT AUDITED: 1 of 1"),
        ([], UNASKED, "NOT AUDITED"),
        (
            [
                {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
                {"name": "b", "skip_reason": "not found"},
            ],
            WEAK,
            "a 1: CVE-1, mended in 2",
        ),
    ],
)
def test_what_could_not_be_asked_is_never_taken_for_sound(
    dependencies: list[dict[str, object]], status: int, words: str
) -> None:
    found, lines = judged(dependencies)
    assert found == status
    assert any(words in line for line in lines)
