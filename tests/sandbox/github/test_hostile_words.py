"""Words that git would take for something else, refused before git sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from reviewapps.sandbox import replies
from tests.sandbox.github.conftest import Checkout, Hub

SHOP = "/repos/octocat/shop"
ZERO = "0" * 40


def packet(line: bytes) -> bytes:
    return f"{len(line) + 4:04x}".encode() + line


def pushed(hub: Hub, *lines: bytes, before: bytes = b"") -> int:
    """The status of a push of these commands, in a repository that has the objects already."""
    body = before + b"".join(packet(line) for line in lines) + b"0000"
    body += b"PACK\0\0\0\2\0\0\0\0\x02\x9d\x08\x82;\xd8\xa8\xea\xb5\x10\xadj\xc7\\\x82<\xfd>\xd3\x1e"
    kind = {"Content-Type": "application/x-git-receive-pack-request"}
    path = "/octocat/shop.git/git-receive-pack"
    return hub.request("POST", path, token="hubot-token", headers=kind, data=body).status_code


def test_words_of_a_path_are_no_options(hub: Hub, shop: Checkout, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    words = {
        f"git/commits/--output={victim}": 404,
        f"commits/--output={victim}": 422,
        f"compare/--output={victim}...main": 404,
        f"contents/README.md?ref=--output={victim}": 404,
        "contents/:!x": 404,
        "contents/..": 404,
        "contents/%00": 404,
        "commits?author=%00": 400,
        "commits?sha=%00": 400,
        "branches/./main": 404,
        "git/ref/heads//main": 404,
        "git/ref/heads/%00": 404,
    }
    for path, status in words.items():
        asked = hub.request("GET", f"{SHOP}/{path.replace('/./', '/%2E%2F')}", token=None)
        assert asked.status_code == status, (path, asked.text)
    for nothing in ("commits?author=[", "commits?path=/etc"):
        assert hub.request("GET", f"{SHOP}/{nothing}", token=None).json() == []
    assert victim.read_text() == "mine"


def test_a_ref_is_moved_to_a_whole_sha_alone(hub: Hub, shop: Checkout) -> None:
    main = shop.git("rev-parse", "main")
    between = f"{main}..{shop.git('rev-parse', 'feature')}"
    for sha in ("-d", ZERO, "main", main[:10], between, "\ud800", "a\0"):
        wanted = {"sha": sha, "force": True}
        assert hub.request("PATCH", f"{SHOP}/git/refs/heads/feature", json=wanted).status_code in (400, 422)
    for ref in ("refs/replace/" + main, "refs/pull/1/head", "refs/heads/a b", "refs/heads/\ud800", "-d"):
        wanted = {"ref": ref, "sha": main}
        assert hub.request("POST", f"{SHOP}/git/refs", json=wanted).status_code in (400, 422)
    releases = {"ref_name": {"include": ["refs/heads/release/*"], "exclude": []}}
    rule = {"name": "releases", "conditions": releases, "rules": [{"type": "creation"}]}
    hub.request("POST", f"{SHOP}/rulesets", json=rule).raise_for_status()
    wanted = {"ref": "refs/heads/release/1", "sha": main}
    told = hub.request("POST", f"{SHOP}/git/refs", json=wanted, token="hubot-token")
    assert (told.status_code, "creations being restricted" in told.json()["message"]) == (422, True)
    assert shop.git("ls-remote", "origin", "refs/heads/*").count("\n") == 1


def test_a_push_is_read_as_git_reads_it_or_not_at_all(hub: Hub, shop: Checkout) -> None:
    main, feature = (shop.git("rev-parse", branch).encode() for branch in ("main", "feature"))
    review = {"required_approving_review_count": 1}
    protection: dict[str, Any] = {
        "required_status_checks": None,
        "restrictions": None,
        "enforce_admins": True,
    }
    protection |= {"required_pull_request_reviews": review}
    hub.request("PUT", f"{SHOP}/branches/main/protection", json=protection).raise_for_status()
    moved = main + b" " + feature + b" refs/heads/main"
    told = b"\0 report-status"
    free = ZERO.encode() + b" " + main + b" refs/heads/"
    assert pushed(hub, moved + told, before=b"zzzz") == 400
    assert pushed(hub, moved + told, before=b"0001") == 400
    assert pushed(hub, b"push-cert\0 report-status\n", moved + b"\n", b"push-cert-end\n") == 400
    assert pushed(hub, moved + told, moved.replace(feature, main)) == 400  # twice the same
    assert pushed(hub, free + b"a b") == 400
    assert pushed(hub, free + b"\xff") == 400
    assert pushed(hub, *[free + str(number).encode() * 200 for number in range(5000)]) == 400
    assert pushed(hub, moved + told) == 200  # and turned away
    assert pushed(hub, free + "release/1\u00a0x".encode() + told) == 200
    heads = shop.git("ls-remote", "origin").splitlines()
    assert sorted(line.split("\t")[1] for line in heads) == [
        *("HEAD", "refs/heads/feature", "refs/heads/main", "refs/heads/release/1\u00a0x")
    ]
    assert shop.git("ls-remote", "origin", "refs/heads/main").startswith(main.decode())
    assert hub.request("GET", f"{SHOP}/branches").status_code == 200


def test_nobody_replaces_objects(hub: Hub, shop: Checkout) -> None:
    main, feature = shop.git("rev-parse", "main"), shop.git("rev-parse", "feature")
    with pytest.raises(AssertionError, match="hidden ref"):
        shop.git("push", "origin", f"{feature}:refs/replace/{main}")
    replaced = hub.server.world.named("octocat", "shop").git.path / "refs/replace"  # type: ignore[union-attr]
    replaced.mkdir()
    (replaced / main).write_text(f"{feature}\n")
    assert hub.request("GET", f"{SHOP}/commits/main").json()["commit"]["message"] == "Begin"


def test_one_service_is_asked_for(hub: Hub, shop: Checkout) -> None:
    refs = "/octocat/shop.git/info/refs"
    both = f"{refs}?service=git-upload-pack&service=git-receive-pack"
    for path in (refs, both, f"{refs}?service=git-upload-archive"):
        assert hub.request("GET", path, token=None).status_code == 403
    assert hub.request("GET", f"{refs}?service=git-receive-pack", token=None).status_code == 401
    assert hub.request("GET", f"{refs}?service=git-upload-pack", token=None).status_code == 200


def test_odd_bytes_in_commits_are_shown(hub: Hub, shop: Checkout) -> None:
    odd = "\x1eA\x1f\tB"
    shop.git("-c", "user.name=Odd\x1fOne", "checkout", "--quiet", "-b", "odd\u2028branch")
    (shop.folder / odd).write_text("x")
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--author", "Odd\x1fOne <o@example.org>", "-m", "one\x1e\x1ftwo")
    shop.git("push", "--quiet", "origin", "HEAD")
    branch = quote("odd\u2028branch")
    commit = hub.request("GET", f"{SHOP}/commits/{branch}").json()
    assert (commit["commit"]["message"], commit["commit"]["author"]["name"]) == (
        "one\x1e\x1ftwo",
        "Odd\x1fOne",
    )
    assert [one["filename"] for one in commit["files"]] == [odd]
    compared = hub.request("GET", f"{SHOP}/compare/feature...{branch}").json()
    assert [one["filename"] for one in compared["files"]] == [odd]
    assert "odd\u2028branch" in [one["name"] for one in hub.request("GET", f"{SHOP}/branches").json()]
    for page in ("/octocat/shop", f"/octocat/shop/commit/{commit['sha']}"):
        assert hub.request("GET", page).status_code == 200


def test_what_nobody_foresaw_is_told_as_json(
    hub: Hub, shop: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "listeners", [])  # to whom every such answer is a mistake
    repository = hub.server.world.named("octocat", "shop")
    assert repository is not None
    repository.statuses.append(None)  # type: ignore[arg-type]  # what no route can make
    told = hub.request("GET", f"{SHOP}/commits/main/statuses")
    assert (told.status_code, told.json()) == (500, {"message": "Server Error"})
