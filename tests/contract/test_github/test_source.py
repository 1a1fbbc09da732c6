"""The source of a commit: fetched once, by nobody who should not, and always the same bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
import time
import zipfile
from pathlib import Path, PosixPath

import pytest

from reviewapps.errors import BadManifest, Busy, NotAuthorised, NotThere, Unavailable
from reviewapps.github.archive import KEPT_BYTES, prune
from reviewapps.github.credentials import Token
from reviewapps.github.git import MOST_COMMITS, Mirror
from reviewapps.github.process import environment
from reviewapps.github.source import Source
from reviewapps.model import Secret
from tests.contract.test_github.conftest import Office


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def mode(path: Path, name: str) -> int:
    with zipfile.ZipFile(path) as zipped:
        return zipped.getinfo(name).external_attr >> 16


def arguments_until(*words: str, deadline: float) -> list[str]:
    """The arguments of all processes, as soon as one of them has all these words among its own."""
    while time.monotonic() < deadline:
        seen = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        if any(all(word in arguments for word in words) for arguments in seen):
            return seen
    raise AssertionError(f"no process was asked for {words}")


def test_files_and_trees_of_a_commit_are_read(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    client = office.client()

    assert client.file(tip, "app/main.py") == "print('two')\n"
    assert client.file(tip, "./app//main.py") == "print('two')\n"
    assert client.file(tip, "app") is None
    assert client.file(tip, "nowhere.yml") is None
    assert client.tree(tip, "") == office.shop.git("rev-parse", "feature^{tree}")
    assert client.tree(tip, "app/") == office.shop.git("rev-parse", "feature:app")
    assert client.tree(tip, "app/main.py") is None


def test_a_commit_is_fetched_once(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    office.client().file(tip, "README.md")
    office.new_calls()

    assert office.client().file(tip, "app/main.py") is not None

    assert not [call for call in office.new_calls() if "upload-pack" in call.path]


def test_a_pull_request_of_a_fork_that_was_deleted_is_still_there(office: Office) -> None:
    office.hub.request("POST", "/repos/octocat/shop/forks", token="stranger-token")
    fork = office.hub.clone("stranger/shop", token="stranger-token")
    tip = fork.commit("theirs", {"theirs.txt": "hello"})
    number = office.open("stranger:theirs", token="stranger-token")
    office.hub.request("DELETE", "/repos/stranger/shop", token="stranger-token")
    client = office.client()

    pull = client.pull_request(number)

    assert pull is not None
    assert (pull.fork, pull.commit) == (True, tip)
    assert client.file(tip, "theirs.txt") == "hello"


def test_a_link_inside_the_tree_leads_to_its_file_and_one_out_of_it_nowhere(office: Office) -> None:
    (office.shop.folder / "inside.yml").symlink_to("app/main.py")
    (office.shop.folder / "outside.yml").symlink_to("/etc/passwd")
    tip = office.shop.commit("feature", {})
    client = office.client()

    assert client.file(tip, "inside.yml") == "print('two')\n"
    assert client.file(tip, "outside.yml") is None


def test_what_is_no_text_or_too_long_is_refused(office: Office) -> None:
    (office.shop.folder / "binary.yml").write_bytes(b"\xff\xfe")
    tip = office.shop.commit("feature", {"long.yml": "x" * (1024**2 + 1)})
    client = office.client()

    with pytest.raises(BadManifest, match="UTF-8"):
        client.file(tip, "binary.yml")
    with pytest.raises(BadManifest, match="256 KB"):
        client.file(tip, "long.yml")


def test_the_token_is_in_no_address_no_argument_and_no_file(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    client = office.client()
    client.look()
    office.fail("upload-pack", kind="delay", seconds=1)
    fetch = threading.Thread(target=client.archive, args=(tip, ""))
    fetch.start()
    seen = arguments_until(f"{office.mirrors}/", " fetch ", deadline=time.monotonic() + 10)
    fetch.join()

    assert any(" fetch " in arguments and "octocat/shop" in arguments for arguments in seen)
    assert not [arguments for arguments in seen if "hubot-token" in arguments]
    kept = [path for path in office.mirrors.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"hubot-token" in path.read_bytes()]


def test_a_token_in_what_git_says_is_masked(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "1.git", "http://127.0.0.1:1/s3cret", Token(Secret("s3cret")), timeout=3)

    with pytest.raises(Unavailable) as failed, mirror.holding("a" * 40):
        pass

    assert "s3cret" not in str(failed.value)
    assert "•••" in str(failed.value)


def test_a_commit_that_is_not_there_may_be_on_its_way(office: Office) -> None:
    with pytest.raises(NotThere, match="not our ref"):
        office.client().file("1" * 40, "README.md")


def test_a_token_that_git_does_not_take_is_told(office: Office) -> None:
    client = office.client()
    client.look()
    office.fail(r"shop\.git", status=401, times=9)

    with pytest.raises(NotAuthorised):
        client.file(office.shop.git("rev-parse", "main"), "README.md")


def test_who_would_fetch_while_another_does_comes_back_later(office: Office, tmp_path: Path) -> None:
    mirror = Mirror(
        tmp_path / "m" / "1.git", office.hub.remote("octocat/shop"), Token(Secret("x")), timeout=5
    )

    commit = office.shop.git("rev-parse", "main")
    with mirror.fetching(), pytest.raises(Busy), mirror.holding(commit):
        pass


@pytest.mark.parametrize("name", ["shallow.lock", "refs/commits/{tip}.lock", "packed-refs.lock"])
def test_a_lock_that_a_killed_git_left_behind_is_taken_away(office: Office, name: str) -> None:
    client = office.client()
    client.file(office.shop.git("rev-parse", "main"), "README.md")
    tip = office.shop.git("rev-parse", "feature")
    lock = office.mirrors / f"{office.repository}.git" / name.format(tip=tip)
    lock.touch()

    assert client.file(tip, "app/main.py") == "print('two')\n"


def test_a_mirror_whose_making_was_killed_is_made(office: Office) -> None:
    mirror = office.mirrors / f"{office.repository}.git"
    mirror.mkdir(parents=True)
    (mirror / "config.lock").touch()

    assert office.client().file(office.shop.git("rev-parse", "main"), "README.md")


def test_of_the_commits_that_were_fetched_the_newest_keep_their_refs(office: Office) -> None:
    client = office.client()
    client.file(office.shop.git("rev-parse", "main"), "README.md")
    mirror = Mirror(office.mirrors / f"{office.repository}.git", "", Token(Secret("x")), timeout=5)
    tree = office.shop.git("rev-parse", "main^{tree}")
    made = [put_there(mirror, tree, age) for age in range(MOST_COMMITS + 10)]
    tip = office.shop.git("rev-parse", "feature")

    client.file(tip, "README.md")

    kept = mirror.output("for-each-ref", "--format=%(objectname)", "refs/commits/").decode().split()
    assert len(kept) == MOST_COMMITS
    assert tip in kept
    assert made[0] not in kept and made[-1] in kept
    assert mirror.found(f"{made[0]}:README.md") is not None


def put_there(mirror: Mirror, tree: str, second: int) -> str:
    """A commit in the mirror that was made at this second of 2001, under a ref as after a fetch."""
    who = f"octocat <octocat@example.org> {1_000_000_000 + second} +0000"
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nchange\n".encode()
    commit = mirror.output("hash-object", "-t", "commit", "-w", "--stdin", stdin=text).decode().strip()
    mirror.output("update-ref", f"refs/commits/{commit}", commit)
    return commit


def test_git_sees_of_our_environment_only_where_the_network_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "GIT_DIR", "DATABASE_URL"):
        monkeypatch.setenv(name, "x")

    passed_on = environment()

    assert {"HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "PATH"} <= passed_on.keys()
    assert not {"GIT_DIR", "DATABASE_URL"} & passed_on.keys()


# --- the archive ---


class Vanishing(PosixPath):
    """A path whose file another worker takes away right after somebody saw it."""

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        there = super().exists()
        self.unlink(missing_ok=True) if self.suffix == ".zip" else None
        return there


def test_what_another_worker_takes_away_is_made_again_and_not_left_empty(
    office: Office, tmp_path: Path
) -> None:
    tip = office.shop.git("rev-parse", "feature")
    office.client().archive(tip, "")
    (mirror,) = (tmp_path / "mirrors").glob("*.git")
    source = Source(
        Mirror(mirror, "", Token(Secret("")), timeout=5.0), Vanishing(tmp_path / "mirrors/archives")
    )
    assert contents(source.archive(tip, ""))


def test_the_zip_is_the_same_byte_for_byte(office: Office, tmp_path: Path) -> None:
    tip = office.shop.commit("feature", {f"many/{n}.txt": str(n) * 1000 for n in range(30)})

    one = office.client().archive(tip, "")
    other = office.client(mirrors=tmp_path / "elsewhere").archive(tip, "")

    assert one != other
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest()


def test_the_zip_is_made_once(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    made = office.client().archive(tip, "")
    made.write_bytes(b"seen before")

    assert office.client().archive(tip, "").read_bytes() == b"seen before"


def test_the_zip_shows_the_tree_whatever_its_attributes_say(office: Office) -> None:
    attributes = "hidden.txt export-ignore\nversion.txt export-subst\ndos.txt eol=crlf text\n"
    files = {"hidden.txt": "seen", "version.txt": "$Format:%H$", "dos.txt": "one\ntwo\n"}
    tip = office.shop.commit("feature", {".gitattributes": attributes, **files})

    zipped = contents(office.client().archive(tip, ""))

    assert {name: zipped[name].decode() for name in files} == files


def test_what_can_be_run_can_be_run_afterwards(office: Office) -> None:
    (office.shop.folder / "run.sh").write_text("#!/bin/sh\n")
    (office.shop.folder / "run.sh").chmod(0o755)
    tip = office.shop.commit("feature", {})

    made = office.client().archive(tip, "")

    assert stat.S_IMODE(mode(made, "run.sh")) == 0o755
    assert stat.S_IMODE(mode(made, "README.md")) == 0o644


def test_only_the_folder_that_was_asked_for_is_in_the_zip(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")

    assert contents(office.client().archive(tip, "app")) == {"main.py": b"print('two')\n"}
    with pytest.raises(BadManifest, match="no folder"):
        office.client().archive(tip, "nowhere")


def test_what_cfignore_names_is_left_out_and_what_the_command_line_leaves_out(office: Office) -> None:
    kept = {"app/keep.log": "kept", "docs/a.txt": "kept"}
    gone = {"app/drop.log": "", "build/x": "", "manifest.yml": "", "docs/manifest.yaml": "", ".gitignore": ""}
    ignored = {".cfignore": "*.log\n!keep.log\n/build/\n"}
    tip = office.shop.commit("feature", {**kept, **gone, **ignored})

    zipped = contents(office.client().archive(tip, ""))

    assert zipped.keys() == {"README.md", "app/main.py", *kept}


def test_of_the_zips_those_used_last_are_kept(tmp_path: Path) -> None:
    for age in range(30):
        zipped = tmp_path / f"{age}.zip"
        zipped.touch()
        os.utime(zipped, (1_000_000 - age, 1_000_000 - age))

    prune(tmp_path)

    assert {path.stem for path in tmp_path.iterdir()} == {str(age) for age in range(20)}


def test_a_zip_whose_maker_was_killed_is_taken_away(tmp_path: Path) -> None:
    for name, age in {"killed": 7200, "at-work": 0}.items():
        (tmp_path / f"{name}.unfinished").touch()
        os.utime(tmp_path / f"{name}.unfinished", (time.time() - age,) * 2)

    prune(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["at-work.unfinished"]


def test_zips_are_kept_as_long_as_they_fit_and_the_last_in_any_case(tmp_path: Path) -> None:
    for age, size in enumerate([KEPT_BYTES - 2, 2, 1]):
        zipped = tmp_path / f"{age}.zip"
        zipped.touch()
        os.truncate(zipped, size)
        os.utime(zipped, (1_000_000 - age, 1_000_000 - age))

    prune(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {"0", "1"}

    os.truncate(tmp_path / "0.zip", KEPT_BYTES + 1)
    prune(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {"0"}


def test_what_git_repeats_of_a_name_is_not_taken_for_an_object(office: Office) -> None:
    tip = office.shop.git("rev-parse", "feature")
    client = office.client()
    client.file(tip, "README.md")

    assert client.tree(tip, "nope abc tree 12\x85x") is None
