"""What a sandbox that runs for weeks does not keep."""

from __future__ import annotations

from pathlib import Path

from reviewapps.sandbox.github.folders import pack
from reviewapps.sandbox.github.recent import Recent
from tests.sandbox.github.conftest import Checkout, Hub, Loop, begun
from tests.sandbox.github.test_restart import Restarts

SHOP = "/repos/octocat/shop"


def folders(hub: Hub) -> list[Path]:
    return sorted(hub.server.world.home.glob("*.g*"))


def test_a_deleted_repository_goes_when_no_fork_needs_it(hub: Hub, shop: Checkout) -> None:
    fork = hub.client("hubot-token").get_repo("octocat/shop").create_fork()
    hub.client().get_repo("octocat/shop").delete()
    assert len(folders(hub)) == 2
    assert hub.clone("hubot/shop").git("ls-tree", "--name-only", "origin/feature") == "README.md\napp"
    hub.server.add_repository("octocat", "another")
    fork.delete()
    assert len(folders(hub)) == 1


def test_what_a_kill_left_half_deleted_is_gone_after_a_restart(
    loop: Loop, tmp_path: Path, template: Path
) -> None:
    with Restarts(loop, tmp_path) as restarts:
        hub = restarts.begun()
        begun(hub, template)
        hub.server.add_repository("octocat", "kept")
        restarts.ended(hub)
        folders(hub)[0].rename(folders(hub)[0].with_suffix(".gone"))
        hub = restarts.begun(hub.server.port)
        assert [one.name for one in hub.client().get_user().get_repos()] == ["kept"]
        assert len(folders(hub)) == 1


def test_many_objects_become_one_file_and_none_is_lost(hub: Hub, shop: Checkout, loop: Loop) -> None:
    lost = shop.commit("gone", {"gone": "for ever\n"})
    shop.git("push", "--quiet", "origin", ":gone")
    git = hub.server.world.named("octocat", "shop").git  # type: ignore[union-attr]
    loop.run(pack(hub.server.world, loose=1))
    assert loop.run(git.text("count-objects")).startswith("0 objects")
    assert shop.git("ls-remote", "origin", "feature")
    assert hub.request("GET", f"{SHOP}/git/commits/{lost}").status_code == 200
    loop.run(pack(hub.server.world))  # of few nothing is made


def test_only_what_was_found_out_last_stays_known() -> None:
    known: Recent[str, int] = Recent(2)
    for number, name in enumerate("abca"):
        known[name] = number
    assert known == {"c": 2, "a": 3}


def test_codes_of_manifests_are_forgotten_when_they_open_nothing_more(hub: Hub) -> None:
    manifest = '{"name": "%s", "url": "http://x", "redirect_url": "http://x/y?z=1"}'
    for name in ("one", "two"):
        made = hub.request("POST", "/settings/apps/new?state=a%0Ab", data={"manifest": manifest % name})
        assert made.headers["Location"].startswith("http://x/y?z=1&code=")
        hub.request("POST", "/_sandbox/clock", json={"forward": 3601})
    assert len(hub.server.world.manifests) == 1
