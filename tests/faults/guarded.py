"""A day of a guarded production: a lock, a hot-fix by hand, a direct push, a freeze, a deploy that crashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import yaml

from reviewapps.demo.onlooker import Visitors
from reviewapps.installation import Installation
from reviewapps.model import Environment
from tests.faults.an_app import CRASHES, WELL, dotted
from tests.faults.days import SoFar, Story, let_in_a_bystander
from tests.faults.environments import facts, granted, let_in_a_first_merge, shown, typed
from tests.faults.hot_fix import let_in_whoever_mends_by_hand, push_by_hand
from tests.faults.shop import Shop

Files = Mapping[str, str | None]
NOTHING: Final[Files] = {}

PRODUCTION: Final = "production"
FREEZE: Final = {"from": "2020-01-01", "to": "2099-01-01"}
FROZEN: Final = yaml.safe_dump({"environments": {PRODUCTION: {"freeze": [FREEZE]}}})


def environment(shop: Shop) -> Mapping[str, str]:
    """That of an orchestrator for production alone: previews have stories of their own."""
    return granted(shop, PRODUCTION)


def settle_in(shop: Shop) -> None:
    """Let there be what is nobody's business, somebody with an account, and a first merge that was approved."""
    let_in_a_bystander(shop)
    let_in_whoever_mends_by_hand(shop.world)
    let_in_a_first_merge(shop)


def _begun(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from _shows(shop, now, "first words")


def _locked(shop: Shop, now: SoFar) -> Iterator[str]:
    _lock(shop, timedelta(hours=1))
    yield from _held(shop, now, "blue header", "locked by octocat")


def _unlocked(shop: Shop, now: SoFar) -> Iterator[str]:
    def unlock(installation: Installation, one: Environment) -> None:
        with installation.governing(one, "octocat") as it:
            it.unlock()

    _say(shop, unlock)
    yield from _shows(shop, now, "blue header")


def _lock_ran_out(shop: Shop, now: SoFar) -> Iterator[str]:
    """Nobody takes it back: it runs out, though nothing happens on GitHub then."""
    _lock(shop, timedelta(hours=1))
    yield from _held(shop, now, "green header", "locked by octocat")
    _lock(shop, timedelta(seconds=2))
    yield from _shows(shop, now, "green header")


def _hot_fixed(shop: Shop, now: SoFar) -> Iterator[str]:
    push_by_hand(shop, f"shop-{PRODUCTION}", now.shown[PRODUCTION] + ", mended by hand")
    shop.until("a word of drift", lambda: shop.channel.said("somebody else deployed"))
    yield from _shows(shop, now, now.shown[PRODUCTION] + ", mended by hand")
    _merge(shop, "white header")
    yield from _shows(shop, now, now.shown[PRODUCTION])


def _deployed_again(shop: Shop, now: SoFar) -> Iterator[str]:
    """What waited goes with it."""
    words = "white header"
    _say(
        shop, lambda installation, one: installation.redeploy(one, "octocat"), done=lambda: _says(shop, words)
    )
    yield from _shows(shop, now, words)


def _adopted(shop: Shop, now: SoFar) -> Iterator[str]:
    words, before = "white header, mended by hand", len(shop.channel.said("somebody else deployed"))
    push_by_hand(shop, f"shop-{PRODUCTION}", words)
    shop.until("a word of drift", lambda: len(shop.channel.said("somebody else deployed")) > before)

    def adopt(installation: Installation, one: Environment) -> None:
        found = installation.reconciler(one.repository).adoption(one, f"shop-{PRODUCTION}")
        installation.adopt(found, "octocat")

    _say(shop, adopt)
    yield from _shows(shop, now, words)
    _merge(shop, "red header")
    yield from _shows(shop, now, "red header")


def _pushed(shop: Shop, now: SoFar) -> Iterator[str]:
    """Straight onto main, and rules with it that freeze production from then on."""
    commit = shop.octocat.write(
        "late", "Work late", {"headline.txt": "late header\n", ".reviewapps.yml": FROZEN}
    )
    shop.octocat.api("PATCH", f"/repos/{shop.world.repository}/git/refs/heads/main", {"sha": commit})
    yield from _held(shop, now, None, "without a pull request")


def _let_in(shop: Shop, now: SoFar) -> Iterator[str]:
    commit = shop.octocat.head_of("main")

    def let_in(installation: Installation, one: Environment) -> None:
        with installation.governing(one, "octocat") as it:
            it.go_back("octocat", commit)

    _say(shop, let_in)
    yield from _shows(shop, now, "late header")


def _frozen(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from _held(shop, now, "warm header", "frozen until", {".reviewapps.yml": None})


def _overridden(shop: Shop, now: SoFar) -> Iterator[str]:
    commit = shop.octocat.head_of("main")

    def override(installation: Installation, one: Environment) -> None:
        with installation.governing(one, "octocat") as it:
            it.send("main", commit, "octocat", override=True)

    _say(shop, override)
    yield from _shows(shop, now, "warm header")


def _crashing(shop: Shop, now: SoFar) -> Iterator[str]:
    """No visitor notices."""
    before = len(shop.deployment_states(PRODUCTION))
    shop.until("a page that may be visited", lambda: _says(shop, now.shown[PRODUCTION]))
    with Visitors(shop.url(PRODUCTION)) as visitors:
        _merge(shop, "no header", dotted(CRASHES))
        shop.until("its end", lambda: shop.deployment_states(PRODUCTION)[before:] == ["failure"], 40.0)
        shop.until("a word of it", lambda: shop.channel.said("rolled back to"))
        yield from _shows(shop, now, now.shown[PRODUCTION])
    if visitors.failed or visitors.headlines != {now.shown[PRODUCTION]}:
        yield f"visitors saw {visitors.headlines}, and {visitors.failed} of {visitors.asked}"


def _mended(shop: Shop, now: SoFar) -> Iterator[str]:
    _merge(shop, "new header", dotted(WELL))
    yield from _shows(shop, now, "new header")


def _ended(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from shown(shop, now)


def _facts(shop: Shop) -> list[str]:
    """Besides what else people are told, what the newest commit says among its checks."""
    return [*facts(shop, (PRODUCTION,)), *shop.checks(PRODUCTION)]


# --- how ---


def _merge(shop: Shop, words: str, files: Files = NOTHING) -> None:
    """A pull request that is approved and merged at once."""
    made = shop.open(words, "main", **files)
    shop.hubot.approve(made.number)
    shop.octocat.merge(made.number)


def _held(shop: Shop, now: SoFar, words: str | None, why: str, files: Files = NOTHING) -> Iterator[str]:
    """What is odd once a merge (None: what was done before) waits, and people know why."""
    if words is not None:
        _merge(shop, words, files)
    short = shop.octocat.head_of("main")[:7]
    shop.until(f"a word that {short} is {why}", lambda: shop.channel.said(short, "is held", why))
    shop.until("its queue", lambda: shop.deployment_states(PRODUCTION)[-1:] == ["queued"])
    yield from _shows(shop, now, now.shown[PRODUCTION])


def _shows(shop: Shop, now: SoFar, words: str) -> Iterator[str]:
    now.shown[PRODUCTION] = words
    yield from shown(shop, now)


def _says(shop: Shop, words: str) -> bool:
    return shop.page_of(PRODUCTION) == words


def _lock(shop: Shop, lasts: timedelta) -> None:
    def lock(installation: Installation, one: Environment) -> None:
        with installation.governing(one, "octocat") as it:
            it.lock("octocat", "a demo", datetime.now(UTC) + lasts)

    _say(shop, lock)


def _say(
    shop: Shop,
    deed: Callable[[Installation, Environment], object],
    done: Callable[[], bool] = lambda: False,
) -> None:
    typed(shop, environment(shop), PRODUCTION, deed, done=done)


GUARDED: Final = Story(
    prepare=settle_in,
    scenes={
        "begun": _begun,
        "locked": _locked,
        "unlocked": _unlocked,
        "lock ran out": _lock_ran_out,
        "hot-fixed": _hot_fixed,
        "deployed again": _deployed_again,
        "adopted": _adopted,
        "pushed": _pushed,
        "let in": _let_in,
        "frozen": _frozen,
        "overridden": _overridden,
        "crashing": _crashing,
        "mended": _mended,
    },
    end=_ended,
    environment=environment,
    facts=_facts,
)
