"""A day of a pull request: opened, pushed to, broken in its build and at its start, mended, tagged and merged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewapps.demo.onlooker import page
from tests.faults.days import SoFar, Story, brisk, deleted_too_soon, gone, let_in_a_bystander, live, still
from tests.faults.shop import SAMPLE, Preview, Shop

WELL: Final[dict[str, str | None]] = {"app__py": (SAMPLE / "app.py").read_text()}
CRASHES: Final[dict[str, str | None]] = {"app__py": "raise SystemExit(3)\n"}
BROKEN: Final[dict[str, str | None]] = {
    "bin__pre_compile": "echo 'Error: the stylesheet ends in the middle' >&2\nexit 14\n"
}


def dotted(files: dict[str, str | None]) -> dict[str, str | None]:
    """With names as ``Shop.push`` takes them: ``__`` stands for a slash, and a dot may stand in any name."""
    return {name.replace("__py", ".py"): text for name, text in files.items()}


def _opened(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from live(shop, now, shop.open("blue header"))


def _pushed(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from live(shop, now, shop.push(_before(now), "green header"))


def _unbuildable(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from still(shop, now, shop.push(_before(now), "no header", **BROKEN), "build failed")


def _crashing(shop: Shop, now: SoFar) -> Iterator[str]:
    broken = shop.push(_before(now), "some header", bin__pre_compile=None, **dotted(CRASHES))
    yield from still(shop, now, broken, "crashed at start")


def _mended(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from live(shop, now, shop.push(_before(now), "white header", **dotted(WELL)))


def _tagged(shop: Shop, now: SoFar) -> Iterator[str]:
    """The shared dev app follows a tag of what the preview runs, so that nothing has to be built."""
    assert now.served is not None
    yield from _moved(shop, now, "dev-1", now.served.commit, now.served.words)


def _tagged_again(shop: Shop, now: SoFar) -> Iterator[str]:
    """A newer tag, of what nobody has built."""
    commit = shop.octocat.api("GET", f"/repos/{shop.world.repository}/branches/main")["commit"]["sha"]
    yield from _moved(shop, now, "dev-2", commit, "Welcome to the shop")


def _moved(shop: Shop, now: SoFar, tag: str, commit: str, words: str) -> Iterator[str]:
    shop.octocat.tag(tag, commit)
    shop.until(f"dev at {tag}", lambda: shop.page_of("dev") == words)
    shop.until("its deployments", lambda: shop.deployment_states("dev")[-1:] == ["success"])
    shop.until_settled()
    now.shown["dev"] = words
    states = shop.deployment_states("dev")
    if states != ["inactive"] * (int(tag[-1]) - 1) + ["success"]:
        yield f"GitHub's deployments of dev are {states}"
    yield from shop.odd_channel(1, ":dev:", "live", commit[:7])
    yield from deleted_too_soon(shop)


def _merged(shop: Shop, now: SoFar) -> Iterator[str]:
    assert now.served is not None
    shop.octocat.merge(now.served.number)
    yield from gone(shop, now)
    for environment, words in now.shown.items():
        if (seen := page(shop.url(environment))).headline != words:
            yield f"{environment} says {seen.headline!r} ({seen.status}) and not {words!r}"


def _before(now: SoFar) -> Preview:
    assert now.pushed is not None
    return now.pushed


AN_APP: Final = Story(
    prepare=let_in_a_bystander,
    scenes={
        "opened": _opened,
        "pushed to": _pushed,
        "unbuildable": _unbuildable,
        "crashing": _crashing,
        "mended": _mended,
        "tagged": _tagged,
        "tagged again": _tagged_again,
    },
    end=_merged,
    environment=brisk,
)
