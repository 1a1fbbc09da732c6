"""What the stories of shared environments have in common: the operator's file, what is typed, what they show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from reviewapps import wiring
from reviewapps.errors import ReviewAppsError
from reviewapps.installation import Installation
from reviewapps.model import Environment
from reviewapps.playground import INSTANCE
from reviewapps.settings import settings
from tests.faults.days import BRISK, SoFar, left
from tests.faults.shop import Shop
from tests.faults.things import events, odd_things
from tests.stories.granting import by_file, operators_file


def granted(shop: Shop, *kinds: str) -> Mapping[str, str]:
    """The process environment of an orchestrator whose operator wrote a ``reviewapps.toml`` that grants these, and
    asks for an approval before production."""
    file = shop.playground.home / "reviewapps.toml"
    if not file.exists():  # somebody may be about to read it
        slack = '\n[slack]\ncredentials = "slack"\n'
        file.write_text(f'instance = "{INSTANCE}"\n{operators_file(shop.world, *kinds)}{slack}')
    return by_file(file, shop.world, shop.playground.environment(**BRISK), SLACK=shop.channel.url)


def let_in_a_first_merge(shop: Shop) -> None:
    """Let there be a merge that somebody approved."""
    first = shop.open("first words")
    shop.hubot.approve(first.number)
    shop.octocat.merge(first.number)


def typed(
    shop: Shop,
    environment: Mapping[str, str],
    name: str,
    deed: Callable[[Installation, Environment], object],
    *,
    done: Callable[[], bool] = lambda: False,
    obeyed: str = "runs already",
) -> None:
    """Let somebody type it until it is obeyed, as people do: until they see that it is ``done``, or are refused
    since it was ``obeyed``."""
    installation = wiring.installation(settings(environment))

    def is_obeyed() -> bool:
        if done():
            return True
        try:
            (reconciler,) = installation.reconcilers.values()
            deed(installation, Environment(reconciler.repository.id, name))
        except ReviewAppsError as refused:
            return obeyed in str(refused)
        return True

    shop.until("a word by hand that is obeyed", is_obeyed)


def until_commented(shop: Shop, number: int, words: str) -> None:
    """Return when the comment on a pull request says so."""
    shop.until(f"{words} on #{number}", lambda: shop.comment(number, words), 40.0)


def shown(shop: Shop, now: SoFar) -> Iterator[str]:
    """What is odd once the shared environments should show what they should. They are never deleted."""
    for name, words in now.shown.items():
        shop.until(f"{words} on {name}", lambda n=name, w=words: shop.page_of(n) == w, 40.0)  # type: ignore[misc]
    shop.until_settled()
    for name, words in now.shown.items():
        if (seen := shop.page_of(name)) != words:
            yield f"{name} says {seen!r} and not {words!r}"
        yield from odd_things(shop.world, name)
        if events(shop.world, "audit.app.delete-request", f"shop-{name}"):
            yield f"the app of {name} was deleted"
    if now.served is None:
        yield from left(shop, now)


def facts(shop: Shop, environments: Iterable[str]) -> list[str]:
    """What people are told, without what differs from day to day: how each deployment ended, each line of
    Slack."""
    told = [f"{d} {state}" for d in environments for state in shop.deployment_states(d)]
    return sorted(told) + sorted(f"Slack: {_steady(line)}" for line in shop.channel.lines)


_DIFFERS: Final = re.compile(
    r"[0-9a-f]{40}|[0-9a-f]{7}|in \d+ \w+|\d+ \w+ earlier|, \d+ times|:\d+"
    r"|(?<=locked by octocat until )\d\d \w+ \d\d"
)


def _steady(line: str) -> str:
    return _DIFFERS.sub("…", line)
