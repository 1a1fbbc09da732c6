"""Commits that somebody made to do harm: refused with a clear word, or tamed, and quickly so."""

from __future__ import annotations

import os
import stat
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from reviewapps.errors import BadManifest, BadSource, Unavailable
from reviewapps.github import cfignore, git
from reviewapps.github.credentials import Token
from reviewapps.github.files import stays_inside
from reviewapps.github.git import Mirror
from reviewapps.github.source import Source
from reviewapps.model import Secret

FILE, LINK, FOLDER, SUBMODULE = "100644", "120000", "40000", "160000"

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
AUTHOR = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass
class Forge:
    """A repository whose objects are written as somebody likes, and our view of it."""

    folder: Path

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        command = ["git", "--git-dir", str(self.folder / "theirs.git"), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, check=True, env=os.environ | AUTHOR)
        return done.stdout.decode().strip()

    def blob(self, content: bytes | str = "x") -> str:
        text = content.encode() if isinstance(content, str) else content
        return self.git("hash-object", "-w", "--stdin", stdin=text)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A tree of these modes, names and objects, whatever git thinks of them."""
        raw = b"".join(b"%s %s\0%s" % (m.encode(), name, bytes.fromhex(id)) for m, name, id in entries)
        return self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=raw)

    def files(self, files: Mapping[str, bytes | str]) -> str:
        return self.tree(*((FILE, name.encode(), self.blob(files[name])) for name in sorted(files)))

    def commit(self, tree: str) -> str:
        commit = self.git("commit-tree", "-m", "x", tree)
        self.git("update-ref", f"refs/heads/{commit}", commit)
        return commit

    def nested(self, depth: int, width: int, tree: str) -> str:
        for _ in range(depth):
            tree = self.tree(*((FOLDER, b"%d" % n, tree) for n in range(width)))
        return tree

    @property
    def mirror(self) -> Mirror:
        return Mirror(
            self.folder / "ours" / "1.git", str(self.folder / "theirs.git"), Token(Secret("x")), timeout=20
        )

    @property
    def source(self) -> Source:
        return Source(self.mirror, self.folder / "ours" / "archives")

    def archive(self, tree: str) -> dict[str, bytes]:
        with zipfile.ZipFile(self.source.archive(self.commit(tree), "")) as zipped:
            assert zipped.testzip() is None
            return {name: zipped.read(name) for name in zipped.namelist()}

    def left_out(self, tree: str) -> tuple[str, ...]:
        return self.source.left_out(self.commit(tree), "")


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """An empty repository of somebody hostile."""
    forge = Forge(tmp_path)
    forge.git("init", "--quiet", "--bare", str(tmp_path / "theirs.git"))
    forge.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return forge


# --- names ---


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([b"caf\xe9.txt"], r"the file name `caf\\xe9.txt` is not UTF-8"),
        ([b"."], "`.` cannot be unpacked"),
        ([b".."], "`..` cannot be unpacked"),
        ([b"a/../../x"], "`a/../../x` cannot be unpacked"),
        ([b"/etc/passwd"], "`/etc/passwd` cannot be unpacked"),
        ([b"a\\..\\x"], "cannot be unpacked"),
        ([b"a", b"a"], "the folder has `a` twice"),
        ([b"n" * 256], "n…` is too long"),
        ([b"n" * 9000], "longer than 1024 bytes|is too long"),
    ],
)
def test_a_name_that_cannot_be_unpacked_is_refused(forge: Forge, names: list[bytes], reason: str) -> None:
    blob = forge.blob()

    with pytest.raises(BadSource, match=reason):
        forge.archive(forge.tree(*((FILE, name, blob) for name in names)))


@pytest.mark.parametrize("mode", [FILE, LINK])
def test_a_folder_that_is_a_file_or_a_link_too_is_refused(forge: Forge, mode: str) -> None:
    inside = forge.files({"x": "x"})

    with pytest.raises(BadSource, match="`a` twice"):
        forge.archive(forge.tree((mode, b"a", forge.blob("..")), (FOLDER, b"a", inside)))


def test_two_spellings_of_a_name_are_two_files(forge: Forge) -> None:
    names = {
        "README": "1",
        "readme": "2",
        "caf\u00e9": "3",
        "cafe\u0301": "4",
        ".GIT": "5",
        "a\nb\x1b[31m": "6",
    }

    assert forge.archive(forge.files(names)) == {name: text.encode() for name, text in names.items()}


def test_a_folder_for_git_is_left_out(forge: Forge) -> None:
    hooks = forge.tree((FOLDER, b"hooks", forge.files({"post-checkout": "#!/bin/sh\n"})))

    assert forge.archive(forge.tree((FOLDER, b".git", hooks), (FILE, b"x", forge.blob()))).keys() == {"x"}


# --- links, submodules, Git LFS ---


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        ("x", "app", True),
        ("app/x", "../app/./y", True),
        ("app/x", "..", True),
        ("x", "x", True),
        ("x", "..", False),
        ("app/x", "../../etc/passwd", False),
        ("x", "/etc/passwd", False),
        ("x", "", False),
        ("app/x", "..\0/app", False),
        ("x", "app/up/../..", False),
    ],
)
def test_a_link_stays_inside_only_where_its_words_say_so(path: str, target: str, inside: bool) -> None:
    assert stays_inside(path, target.encode()) is inside


def test_a_link_is_uploaded_as_a_link_and_one_that_leads_out_is_left_out_and_told(forge: Forge) -> None:
    app = forge.tree(
        (LINK, b"out", forge.blob("../../etc/passwd")),
        (LINK, b"root", forge.blob("..")),
        (LINK, b"up", forge.blob("../x")),
    )
    tree = forge.tree(
        (LINK, b"..way", forge.blob("app")),
        (FOLDER, b"app", app),
        (LINK, b"chain", forge.blob("app/root/../etc")),
        (LINK, b"long", forge.blob("y" * 100_000)),
        (FILE, b"x", forge.blob()),
    )

    assert forge.archive(tree).keys() == {"..way", "app/root", "app/up", "x"}
    assert forge.left_out(tree) == tuple(f"outward link {name}" for name in ("app/out", "chain", "long"))
    with zipfile.ZipFile(forge.source.archive(forge.commit(tree), "")) as zipped:
        assert zipped.read("app/up") == b"../x"
        assert stat.S_ISLNK(zipped.getinfo("app/up").external_attr >> 16)


def test_what_git_does_not_hold_is_told(forge: Forge) -> None:
    tree = forge.tree(
        (FILE, b".gitattributes", forge.blob("*.bin filter=lfs\n")),
        (FILE, b"big.bin", forge.blob(POINTER)),
        (FILE, b"not.bin", forge.blob(POINTER.replace("oid", "xid"))),
        (SUBMODULE, b"vendor", "1" * 40),
    )

    assert forge.left_out(tree) == ("submodule vendor", "Git LFS content of big.bin")
    assert forge.archive(tree)["big.bin"] == POINTER.encode()


def test_of_much_that_is_left_out_some_is_named(forge: Forge) -> None:
    many = ((SUBMODULE, b"%03d" % n, "1" * 40) for n in range(100))

    told = forge.left_out(forge.tree(*many, (FILE, b"x", forge.blob())))

    assert told == (*(f"submodule {n:03}" for n in range(10)), "submodule 90 more")


# --- too much, or nothing ---


@pytest.mark.parametrize(
    ("size", "entries", "reason"),
    [
        (1, 50_001, "50001 files are more than the 50000 that are uploaded"),
        (1024**2, 1025, "1025 MB are more than the 1024 that are uploaded; the largest file is `file-0`"),
    ],
)
def test_what_is_too_much_is_refused(forge: Forge, size: int, entries: int, reason: str) -> None:
    blob = forge.blob("x" * size)
    listed = "".join(f"{FILE} blob {blob}\tfile-{n}\n" for n in range(entries))

    with pytest.raises(BadSource, match=reason):
        forge.archive(forge.git("mktree", stdin=listed.encode()))


def test_a_large_file_is_refused_before_it_is_read(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewapps.github.files.MOST_BYTES", 1024**2)
    tree = forge.files({"a": "small", "huge.iso": b"\0" * (2 * 1024**2)})
    monkeypatch.setattr(Mirror, "reader", None)

    with pytest.raises(BadSource, match=r"2 MB are more than .* the largest file is `huge.iso`"):
        forge.archive(tree)


def test_a_fetch_ends_at_the_size_that_it_may_have(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "MOST_FETCHED", 1024**2)
    forge.archive(forge.files({"small": "x"}))

    with pytest.raises(BadSource, match="more than the 1 MB, packed, that are fetched"):
        forge.archive(forge.files({"noise": os.urandom(3 * 1024**2)}))

    kept = sum(path.stat().st_size for path in forge.mirror.path.rglob("*") if path.is_file())
    assert kept < 100_000
    assert forge.archive(forge.files({"small": "y"})) == {"small": b"y"}


def test_of_a_large_file_git_holds_only_a_piece(forge: Forge) -> None:
    forge.archive(forge.files({"x": "x"}))

    assert forge.mirror.output("config", "--get", "core.bigFileThreshold") == b"16m\n"


def test_a_mirror_that_has_grown_too_large_is_begun_anew(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "MOST_KEPT", 1024**2)
    old = forge.commit(forge.files({"noise": os.urandom(2 * 1024**2)}))
    tree = forge.source.tree(old, "")

    with forge.mirror.holding(old):
        forge.source.tree(forge.commit(forge.files({"x": "1"})), "")
        assert forge.mirror.found(old) is not None  # somebody reads it

    forge.source.tree(forge.commit(forge.files({"x": "2"})), "")
    assert forge.mirror.found(old) is None
    assert forge.source.tree(old, "") == tree


@pytest.mark.parametrize("leaf", [{"x": "x"}, {}], ids=["files", "nothing"])
def test_a_tree_of_a_billion_files_or_folders_is_refused_at_once(forge: Forge, leaf: dict[str, str]) -> None:
    with pytest.raises(BadSource, match="more than 200000 files and folders"):
        forge.archive(forge.nested(9, 10, forge.files(leaf)))


def test_a_small_tree_cannot_name_long_paths_very_often(forge: Forge) -> None:
    tree = forge.nested(2, 150, forge.files({"x": "x"}))
    for _ in range(4):
        tree = forge.tree((FOLDER, b"n" * 200, tree))
    with pytest.raises(BadSource, match="paths of its files and folders have more than 16 MB together"):
        forge.archive(tree)


def test_a_tree_that_is_too_deep_is_refused(forge: Forge) -> None:
    with pytest.raises(BadSource, match="is too long"):
        forge.archive(forge.nested(600, 1, forge.files({"x": "x"})))


@pytest.mark.parametrize("files", [{}, {"manifest.yml": ""}, {".cfignore": "*\n", "x": "x"}])
def test_nothing_at_all_is_refused(forge: Forge, files: dict[str, str]) -> None:
    with pytest.raises(BadSource, match="there is no file to upload"):
        forge.archive(forge.files(files))


# --- .cfignore ---


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("a" * 250, "*a" * 30 + "b"), ("a" * 250, ("*a*/" * 20) + "b"), ("a/" * 120 + "x", "**/a/" * 40 + "b")],
)
def test_a_pattern_that_backtracking_would_match_for_ever_is_matched_at_once(name: str, pattern: str) -> None:
    path = "/".join([name] * 4) if "*/" in pattern and "**" not in pattern else name

    assert cfignore.without_ignored([path], pattern.encode(), str, 10.0) == [path]


def test_patterns_that_take_too_long_all_the_same_are_given_up() -> None:
    with pytest.raises(BadSource, match="takes longer than 0 s"):
        cfignore.without_ignored(["x"], b"*.log", str, 0.001)


@pytest.mark.parametrize(
    "line",
    ["!", "a\\", "*.[a-Z]", "[9-0]", "[a-\\d]", "[a--b]", "[é-a]", "[[:foo:]]", "[[:alpha:]-a]"],
)
def test_what_is_no_pattern_is_told_with_its_line(forge: Forge, line: str) -> None:
    with pytest.raises(BadSource) as refused:
        forge.archive(forge.files({".cfignore": f"*.log\n{line}\n", "x": "x"}))
    assert str(refused.value) == f"`.cfignore`, line 2: `{line}` is no pattern"


def test_a_line_that_is_too_long_for_a_pattern_is_told_by_its_beginning() -> None:
    with pytest.raises(BadSource, match=f"^`.cfignore`, line 1: `{'x' * 40}…` is no pattern$"):
        cfignore.without_ignored(["x"], b"x" * 60_000, str)


def test_patterns_that_are_too_much_together_are_refused() -> None:
    lines = b"\n".join(b"*%d*[a-z]*b*" % number for number in range(4600))
    with pytest.raises(BadSource, match=r"^`.cfignore`, whose patterns are too much to be matched together$"):
        cfignore.without_ignored(["x"], lines, str)


def test_what_a_program_complains_of_is_told_to_the_operator_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unavailable, match=r"^\.cfignore: matching ended with exit status 1$"):
        cfignore.without_ignored(["x"], b"*.log", lambda _: None)  # type: ignore[arg-type, return-value]
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("target", ["ops.ignore", "sub/../ops.ignore"])
def test_patterns_that_a_link_leads_to_are_heeded(forge: Forge, target: str) -> None:
    tree = forge.tree(
        (LINK, b".cfignore", forge.blob(target)),
        (FILE, b"app.py", forge.blob()),
        (FILE, b"ops.ignore", forge.blob("secret.txt\n")),
        (FILE, b"secret.txt", forge.blob("password")),
        (FOLDER, b"sub", forge.files({"x": "x"})),
    )

    assert sorted(forge.archive(tree)) == ["app.py", "ops.ignore", "sub/x"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../ops.ignore", "nowhere", ".cfignore", "sub", "./sub/x"])
def test_patterns_that_a_link_leads_away_from_are_refused(forge: Forge, target: str) -> None:
    tree = forge.tree((LINK, b".cfignore", forge.blob(target)), (FOLDER, b"sub", forge.files({"x": "x"})))

    with pytest.raises(BadSource, match=r"^`.cfignore` is a link that git follows to no file of the folder$"):
        forge.archive(tree)


def test_too_many_patterns_are_refused(forge: Forge) -> None:
    with pytest.raises(BadSource, match="more than 64 KB"):
        forge.archive(forge.files({".cfignore": "x\n" * 40_000, "x": "x"}))


# --- what is read ---


def test_a_manifest_that_is_no_file_or_too_large_is_not_read(forge: Forge) -> None:
    commit = forge.commit(
        forge.tree(
            (LINK, b"loop.yml", forge.blob("loop.yml")),
            (FILE, b"much.yml", forge.blob("#" * 10 * 1024**2)),
            (SUBMODULE, b"other.yml", "1" * 40),
            (LINK, b"out.yml", forge.blob("/etc/passwd")),
        )
    )

    assert [forge.source.file(commit, name) for name in ("loop.yml", "other.yml", "out.yml")] == [None] * 3
    assert [forge.source.tree(commit, path) for path in ("other.yml", "../theirs.git", "a\nb")] == [None] * 3
    with pytest.raises(BadManifest, match="larger than 256 KB"):
        forge.source.file(commit, "much.yml")


def test_a_commit_that_git_will_not_send_is_tried_again(forge: Forge) -> None:
    with pytest.raises(Unavailable, match="git fetch"):
        forge.archive(forge.tree((FILE, b"", forge.blob())))
