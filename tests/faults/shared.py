"""A day of the shared environments: tags for dev, merges into staging and main, an approval, a rollback."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reviewapps import settings as words_of
from reviewapps import wiring
from reviewapps.errors import ReviewAppsError
from reviewapps.model import Environment
from reviewapps.playground import INSTANCE
from reviewapps.sandbox.world import BOT, DEPLOYER
from reviewapps.settings import settings
from reviewapps.settings.single import Single
from tests.faults.days import BRISK, SoFar, Story, gone, left, let_in_a_bystander, live
from tests.faults.shop import Shop
from tests.faults.things import events, odd_things

FILE: Final = """
instance = "{instance}"

[target.cloud]
api = "{api}"
space = "acme/review"
credentials = "cf"
address = "http://{{host}}:{port}"

[github]
url = "{github}"

[slack]
credentials = "slack"

[[repository]]
name = "acme/shop"
environments = {{ review = "cloud", dev = "cloud", staging = "cloud", production = "cloud" }}
requires = {{ production = {{ approvals = 1 }} }}
"""


def environment(shop: Shop) -> Mapping[str, str]:
    """That of an orchestrator whose operator wrote a ``reviewapps.toml``."""
    foundry, file = shop.world.cloudfoundry, shop.playground.home / "reviewapps.toml"
    told = {"api": foundry.api_url, "port": foundry.app_port, "github": shop.world.github.url}
    file.write_text(FILE.format(instance=INSTANCE, **told))
    single = {words_of.PREFIX + name.upper() for name in Single.model_fields}
    known = {k: v for k, v in shop.playground.environment(**BRISK).items() if k not in single}
    secrets = {
        "GITHUB": shop.world.tokens[BOT],
        "CF": f"{DEPLOYER}:{DEPLOYER}",
        "SLACK": shop.channel.url,
    }
    return {
        **known,
        words_of.FILE: str(file),
        **{words_of.SECRET + name: secret for name, secret in secrets.items()},
    }


def settle_in(shop: Shop) -> None:
    """Let there be what is nobody's business, a branch to follow, and a first merge that somebody approved."""
    let_in_a_bystander(shop)
    path = f"/repos/{shop.world.repository}/git/refs"
    shop.octocat.api("POST", path, {"ref": "refs/heads/staging", "sha": shop.octocat.head()})
    first = shop.open("first words")
    shop.hubot.approve(first.number)
    shop.octocat.merge(first.number)


def _begun(shop: Shop, now: SoFar) -> Iterator[str]:
    shop.octocat.tag("dev-1", _head(shop, "main"))
    now.shown |= {"dev": "first words", "staging": "Welcome to the shop", "production": "first words"}
    yield from _shown(shop, now)


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
    _until_told(shop, now.merged, "On **production** since")
    yield from _shown(shop, now)


def _tagged_again(shop: Shop, now: SoFar) -> Iterator[str]:
    shop.octocat.tag("dev-2", _head(shop, "main"))
    now.shown["dev"] = "green header"
    yield from _shown(shop, now)


def _rolled_back(shop: Shop, now: SoFar) -> Iterator[str]:
    """Somebody types it until it is obeyed, as people do."""
    installation = wiring.installation(settings(environment(shop)))

    def obeyed() -> bool:
        try:
            (reconciler,) = installation.reconcilers.values()
            one = Environment(reconciler.repository.id, "production")
            with installation.governing(one, "octocat") as it:
                it.go_back("octocat", None)
        except ReviewAppsError as refused:
            return "runs already" in str(refused)
        return True

    shop.until("a rollback that is obeyed", obeyed)
    now.shown["production"] = "first words"
    yield from _shown(shop, now)


def _ended(shop: Shop, now: SoFar) -> Iterator[str]:
    if now.served is not None:
        shop.octocat.close(now.served.number)
        yield from gone(shop, now)
    yield from _shown(shop, now)


def _merged(shop: Shop, now: SoFar, words: str, **shown: str) -> Iterator[str]:
    assert now.served is not None
    number = now.served.number
    now.shown |= shown
    shop.octocat.merge(number)
    _until_told(shop, number, words)
    yield from gone(shop, now)
    yield from _shown(shop, now)


def _until_told(shop: Shop, number: int, words: str) -> None:
    shop.until(f"{words} on #{number}", lambda: shop.comment(number, words), 40.0)


def _shown(shop: Shop, now: SoFar) -> Iterator[str]:
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


def _head(shop: Shop, branch: str) -> str:
    found = shop.octocat.api("GET", f"/repos/{shop.world.repository}/branches/{branch}")
    return str(found["commit"]["sha"])


def facts(shop: Shop) -> list[str]:
    """What people are told, without what differs from day to day: how each deployment ended, each line of
    Slack."""
    told = [f"{d} {state}" for d in ENVIRONMENTS for state in shop.deployment_states(d)]
    slack = [
        re.sub(r"[0-9a-f]{40}|[0-9a-f]{7}|in \d+ \w+|\d+ \w+ earlier|:\d+", "…", line)
        for line in shop.channel.lines
    ]
    return sorted(told) + sorted(f"Slack: {line}" for line in slack)


ENVIRONMENTS: Final = ("dev", "staging", "production")

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
    facts=facts,
)
