"""What the stories of shared environments have in common: what is granted, proposed, merged, shown and typed."""

from __future__ import annotations

from reviewapps.demo.onlooker import until
from tests.stories.commands.terminal import Terminal
from tests.stories.granting import operators_file
from tests.stories.samples import Files, headline
from tests.stories.town import Town


def file(town: Town, *kinds: str) -> str:
    """An operator's file that grants these environments, and asks for an approval before production."""
    return operators_file(town.world, *kinds)


def terminal(town: Town, text: str, **told: str) -> Terminal:
    return Terminal(town, environment={**town.environment_by_file(text), **told})


def proposed(town: Town, words: str, *, into: str = "main", files: Files | None = None) -> int:
    """A pull request whose page says these words."""
    branch = words.replace(" ", "-")
    town.octocat.write(branch, words, files or headline(words), base=into)
    return town.octocat.open(branch, words, into=into)


def merged(
    town: Town,
    words: str,
    *,
    into: str = "main",
    approved: bool = True,
    told: bool = True,
    files: Files | None = None,
) -> int:
    """A pull request that octocat made, hubot approved, or nobody, and that was merged."""
    number = proposed(town, words, into=into, files=files)
    if told:
        town.until_comment(number, "Preview:")
    if approved:
        town.hubot.approve(number)
    town.octocat.merge(number)
    return number


def until_says(town: Town, environment: str, words: str) -> str:
    """The address of a shared environment, once its page says these words and everything is settled."""
    town.until(f"{words} on {environment}", lambda: town.page(f"shop-{environment}").headline == words)
    town.until_idle()
    return town.url(f"shop-{environment}")


def deployed_by_hand(town: Town, words: str, *, to: str = "staging", number: int = 1) -> None:
    """Somebody with an account gives the shared app what a preview runs, and starts it again."""
    guid, ask = town.operator.app(f"shop-{to}").guid, town.operator.ask
    source = ask("GET", f"/v3/apps/{town.operator.app(f'shop-pr-{number}').guid}/droplets/current")["guid"]
    wanted = {"relationships": {"app": {"data": {"guid": guid}}}}
    droplet = ask("POST", f"/v3/droplets?source_guid={source}", wanted)["guid"]
    until("the copy", lambda: ask("GET", f"/v3/droplets/{droplet}")["state"] == "STAGED")
    ask("PATCH", f"/v3/apps/{guid}/relationships/current_droplet", {"data": {"guid": droplet}})
    ask("POST", f"/v3/apps/{guid}/actions/restart")
    until(words, lambda: town.page(f"shop-{to}").headline == words)
