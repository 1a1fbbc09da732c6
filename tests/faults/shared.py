"""A day of the shared environments: tags for dev, merges into staging and main, an approval, a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from reviewapps.installation import Installation
from reviewapps.model import Environment
from tests.faults.days import SoFar, Story, gone, let_in_a_bystander, live
from tests.faults.environments import (
    facts,
    granted,
    let_in_a_first_merge,
    shown,
    typed,
    until_commented,
)
from tests.faults.shop import Shop

ENVIRONMENTS: Final = ("dev", "staging", "production")


def environment(shop: Shop) -> Mapping[str, str]:
    """That of an orchestrator whose operator grants all of them, and previews."""
    return granted(shop, "review", *ENVIRONMENTS)


def settle_in(shop: Shop) -> None:
    """Let there be what is nobody's business, a branch to follow, and a first merge that somebody approved."""
    let_in_a_bystander(shop)
    shop.octocat.branch("staging", shop.octocat.head())
    let_in_a_first_merge(shop)


def _begun(shop: Shop, now: SoFar) -> Iterator[str]:
    shop.octocat.tag("dev-1", shop.octocat.head_of("main"))
    now.shown |= {"dev": "first words", "staging": "Welcome to the shop", "production": "first words"}
    yield from shown(shop, now)


def _open_into_staging(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from live(shop, now, shop.open("blue header", into="staging"))


def _merged_into_staging(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from _merged(shop, now, "On **staging** since", staging="blue header")


def _open_into_main(shop: Shop, now: SoFar) -> Iterator[str]:
    yield from live(shop, now, shop.open("green header"))


def _merged_unapproved(shop: Shop, now: SoFar) -> Iterator[str]:
    assert now.served is not None
    now.merged, now.kept = now.served.number, now.served.environment
    yield from _merged(shop, now, "**production** waits for: 1 approval")


def _approved(shop: Shop, now: SoFar) -> Iterator[str]:
    shop.hubot.approve(now.merged)
    now.shown["production"], now.kept = "green header", ""
    until_commented(shop, now.merged, "On **production** since")
    yield from shown(shop, now)


def _tagged_again(shop: Shop, now: SoFar) -> Iterator[str]:
    shop.octocat.tag("dev-2", shop.octocat.head_of("main"))
    now.shown["dev"] = "green header"
    yield from shown(shop, now)


def _rolled_back(shop: Shop, now: SoFar) -> Iterator[str]:
    def back(installation: Installation, production: Environment) -> None:
        with installation.governing(production, "octocat") as it:
            it.go_back("octocat", None)

    typed(shop, environment(shop), "production", back)
    now.shown["production"] = "first words"
    yield from shown(shop, now)


def _ended(shop: Shop, now: SoFar) -> Iterator[str]:
    if now.served is not None:
        shop.octocat.close(now.served.number)
        yield from gone(shop, now)
    yield from shown(shop, now)


def _merged(shop: Shop, now: SoFar, words: str, **pages: str) -> Iterator[str]:
    assert now.served is not None
    number = now.served.number
    now.shown |= pages
    shop.octocat.merge(number)
    until_commented(shop, number, words)
    yield from gone(shop, now)
    yield from shown(shop, now)


SHARED: Final = Story(
    prepare=settle_in,
    scenes={
        "begun": _begun,
        "open into staging": _open_into_staging,
        "merged into staging": _merged_into_staging,
        "open into main": _open_into_main,
        "merged unapproved": _merged_unapproved,
        "approved": _approved,
        "tagged again": _tagged_again,
        "rolled back": _rolled_back,
    },
    end=_ended,
    environment=environment,
    facts=partial(facts, environments=ENVIRONMENTS),
)
