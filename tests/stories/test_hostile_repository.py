"""A repository in which somebody means harm: each gets a word, and the others their previews."""

from __future__ import annotations

import pytest

from reviewapps.demo.onlooker import page
from tests.stories.samples import Files, headline, manifest
from tests.stories.town import Town

pytestmark = pytest.mark.story

BOMB = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9)
)

HOSTILE: dict[str, tuple[Files, str]] = {
    "bomb": ({"manifest.yml": BOMB + "applications: [{name: shop}]\n"}, "its anchors unfold into too much"),
    "docker": (manifest(docker="{image: evil/miner}"), "Docker image"),
    "latin": ({"caf\udce9.txt": "x"}, "is not UTF-8"),
    "none": ({".cfignore": "*\n"}, "there is no file to upload"),
    "nul": (manifest(env='{A: "x\\0y"}'), "the character NUL"),
    "service": (manifest(services="[production-db]"), "binds the service `production-db`"),
}


def test_a_hostile_repository_disturbs_no_other_preview(quiet_town: Town) -> None:
    town = quiet_town
    town.employ(LIMIT="10")
    kept = town.until_live(town.open("kept"))
    theirs = kept.partition("//")[2].partition(":")[0]
    numbers = {name: town.open(name, files) for name, (files, _) in HOSTILE.items()}
    wish = manifest(routes=f"[{{route: {theirs}}}]", sidecars="[{name: s, process_types: [web], command: x}]")
    thief = town.open("thief", {**wish, **headline("thief")})
    good = town.open("good")
    assert page(town.until_live(good)).headline == "good"
    for name, number in numbers.items():
        assert HOSTILE[name][1] in town.until_comment(number, "**Next:**")
    url = town.until_live(thief)
    assert (page(url).headline, page(kept).headline) == ("thief", "kept")
    assert "Not taken: routes, sidecars." in town.onlooker.comments(thief)[0]
    town.until_idle(60)
    assert town.hosts == sorted(f"shop-pr-{number}" for number in (1, good, thief))
    assert town.builds == 1 + 2
    for number in numbers.values():
        town.octocat.close(number)
    town.until("all of them gone", lambda: len(town.apps) == 3)
