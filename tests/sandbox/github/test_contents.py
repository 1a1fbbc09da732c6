"""Files, commits, branches, tags and refs, through the real client."""

from __future__ import annotations

import io
import zipfile

import pytest
import requests
from github import GithubException, UnknownObjectException
from github.Repository import Repository

from tests.sandbox.github.conftest import Checkout, Hub

TOLD = "@@ -1 +1 @@\n-print('one')\n+print('two')"


@pytest.fixture
def repository(hub: Hub, shop: Checkout) -> Repository:
    return hub.client().get_repo("octocat/shop")


def test_a_file_comes_as_it_is_at_a_commit(hub: Hub, repository: Repository) -> None:
    for ref, content in (("main", b"print('one')\n"), ("feature", b"print('two')\n")):
        found = repository.get_contents("app/main.py", ref=ref)
        assert not isinstance(found, list) and found.decoded_content == content
    raw = {"Accept": "application/vnd.github.raw+json"}
    assert hub.request("GET", "/repos/octocat/shop/contents/README.md", headers=raw).content == b"shop\n"
    with pytest.raises(UnknownObjectException):
        repository.get_contents("missing.yml")


def test_a_directory_lists_what_it_holds(repository: Repository) -> None:
    listed = repository.get_contents("")
    assert isinstance(listed, list)
    assert [(one.path, one.type) for one in listed] == [("README.md", "file"), ("app", "dir")]
    assert [one.path for one in repository.get_contents("app")] == ["app/main.py"]  # type: ignore[union-attr]


def test_a_branch_with_slashes_is_found_encoded_or_not(hub: Hub, shop: Checkout) -> None:
    sha = shop.commit("team/red/fix", {"README.md": "red\n"})
    for name in ("team/red/fix", "team%2Fred%2Ffix"):
        assert hub.request("GET", f"/repos/octocat/shop/branches/{name}").json()["commit"]["sha"] == sha
        assert hub.request("GET", f"/repos/octocat/shop/commits/{name}/status").json()["sha"] == sha
    assert hub.client().get_repo("octocat/shop").get_git_ref("heads/team/red/fix").object.sha == sha


def test_annotated_tags_lead_to_their_commit_and_light_ones_are_it(
    shop: Checkout, repository: Repository
) -> None:
    shop.git("tag", "dev-1", "main")
    shop.git("tag", "-a", "dev-2", "-m", "Second\n\nwith words", "feature")
    shop.git("push", "--quiet", "origin", "dev-1", "dev-2")
    light, annotated = repository.get_git_matching_refs("tags/dev-")
    assert (light.ref, light.object.type) == ("refs/tags/dev-1", "commit")
    assert (annotated.ref, annotated.object.type) == ("refs/tags/dev-2", "tag")
    tag = repository.get_git_tag(annotated.object.sha)
    assert (tag.tag, tag.object.sha) == ("dev-2", shop.git("rev-parse", "feature"))
    assert (tag.tagger.name, tag.message) == ("Dev", "Second\n\nwith words")
    assert [one.name for one in repository.get_tags()] == ["dev-2", "dev-1"]
    assert repository.get_tags()[0].commit.sha == shop.git("rev-parse", "feature")


def test_refs_are_made_moved_and_deleted(shop: Checkout, repository: Repository) -> None:
    main, feature = shop.git("rev-parse", "main"), shop.git("rev-parse", "feature")
    ref = repository.create_git_ref("refs/heads/staging", main)
    ref.edit(feature)
    assert repository.get_branch("staging").commit.sha == feature
    with pytest.raises(GithubException, match="fast forward"):
        ref.edit(main)
    ref.edit(main, force=True)
    with pytest.raises(GithubException, match="already exists"):
        repository.create_git_ref("refs/heads/staging", main)
    with pytest.raises(GithubException, match="Object does not exist"):
        repository.create_git_ref("refs/heads/other", "1" * 40)
    ref.delete()
    with pytest.raises(UnknownObjectException):
        repository.get_git_ref("heads/staging")


def test_matching_refs_match_beginnings_and_exact_ones_do_not(repository: Repository) -> None:
    assert [ref.ref for ref in repository.get_git_matching_refs("heads/fea")] == ["refs/heads/feature"]
    with pytest.raises(UnknownObjectException):
        repository.get_git_ref("heads/fea")
    assert [branch.name for branch in repository.get_branches()] == ["feature", "main"]


def test_a_commit_tells_what_it_changed(shop: Checkout, repository: Repository) -> None:
    shop.git("mv", "README.md", "READ.md")
    sha = shop.commit("feature", {"binary": "\0\1"}, "Rename\n\nand add")
    commit = repository.get_commit("feature")
    assert (commit.sha, commit.commit.message) == (sha, "Rename\n\nand add")
    assert [(file.filename, file.status) for file in commit.files] == [
        ("READ.md", "renamed"),
        ("binary", "added"),
    ]
    assert repository.get_git_commit(sha).tree.sha == shop.git("rev-parse", "HEAD^{tree}")
    assert next(iter(repository.get_commits(sha="feature"))).sha == sha
    with pytest.raises(GithubException, match="422"):
        repository.get_commit("nowhere")


def test_a_patch_is_a_files_hunks_and_is_missing_where_there_are_none_to_show(
    shop: Checkout, repository: Repository
) -> None:
    before = {"gone": "one\n", "lines": "\n".join("abcdefghijklmnopqrstuvwxyz"), "link": "target\n"}
    base = shop.commit("feature", {**before, "run": "#!/bin/sh\n"})
    (shop.folder / "gone").unlink()
    (shop.folder / "link").unlink()
    (shop.folder / "link").symlink_to("elsewhere")
    (shop.folder / "run").chmod(0o755)
    shop.git("mv", "README.md", "READ.md")
    lines = before["lines"].replace("b", "B").replace("y", "Y")
    head = shop.commit(
        "feature",
        {
            "binary": "\0\1",
            "empty": "",
            "large": "x\n" * 20_000,
            "lines": lines,
            'odd "name"\té': "diff --git a/x b/x\n@@ -1 +1 @@\n",
        },
    )
    patches = {file.filename: file.patch for file in repository.get_commit(head).files}
    assert patches == {
        "READ.md": None,
        "binary": None,
        "empty": None,
        "gone": "@@ -1 +0,0 @@\n-one",
        "large": None,
        "lines": "@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n"
        "@@ -22,5 +22,5 @@ u\n v\n w\n x\n-y\n+Y\n z\n\\ No newline at end of file",
        "link": "@@ -1 +0,0 @@\n-target\n@@ -0,0 +1 @@\n+elsewhere\n\\ No newline at end of file",
        'odd "name"\té': "@@ -0,0 +1,2 @@\n+diff --git a/x b/x\n+@@ -1 +1 @@",
        "run": None,
    }
    assert {file.filename: file.patch for file in repository.compare(base, head).files} == patches


def test_a_comparison_counts_both_ways(shop: Checkout, repository: Repository) -> None:
    shop.commit("main", {"README.md": "moved on\n"})
    compared = repository.compare("main", "feature")
    assert (compared.status, compared.ahead_by, compared.behind_by) == ("diverged", 1, 1)
    assert [(file.filename, file.patch) for file in compared.files] == [("app/main.py", TOLD)]
    assert compared.merge_base_commit.commit.message == "Begin"


def test_a_commit_knows_its_pull_requests(shop: Checkout, repository: Repository) -> None:
    repository.create_pull(base="main", head="feature", title="Greet")
    (pull,) = repository.get_commit("feature").get_pulls()
    assert pull.number == 1
    done = pull.merge()
    assert [one.number for one in repository.get_commit(done.sha).get_pulls()] == [1]
    assert list(repository.get_commit(shop.git("rev-parse", "main")).get_pulls()) == []


def test_archives_are_where_a_link_leads(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    link = repository.get_archive_link("zipball", "refs/heads/feature")
    content = requests.get(link, timeout=30)
    sha = shop.git("rev-parse", "feature")
    with zipfile.ZipFile(io.BytesIO(content.content)) as archive:
        assert f"octocat-shop-{sha[:7]}/app/main.py" in archive.namelist()
    tar = requests.get(repository.get_archive_link("tarball", sha), timeout=30)
    assert tar.headers["Content-Disposition"].endswith(f"octocat-shop-{sha[:7]}.tar.gz")
    assert requests.get(f"{link}x", timeout=30).status_code == 404
    repository.edit(private=True)
    shop.git("push", "--quiet", "origin", "feature:a#b")
    link = repository.get_archive_link("zipball", "a#b")
    hub.server.add_repository("octocat", "another")  # which is nothing to the link
    assert requests.get(link, timeout=30).status_code == 200
    for wrong in (link.partition("?")[0], f"{link}0"):
        assert requests.get(wrong, timeout=30).status_code == 404
    hub.request("POST", "/_sandbox/clock", json={"offset": 301})
    assert requests.get(link, timeout=30).status_code == 404


def test_markdown_is_rendered(hub: Hub) -> None:
    assert hub.client().render_markdown("Says **two**.") == "<p>Says <strong>two</strong>.</p>\n"
