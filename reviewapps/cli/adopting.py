"""``adopt``: take over a shared app that was there before."""

from __future__ import annotations

from typing import Annotated

import typer

from reviewapps.cli.acting import acting
from reviewapps.cli.deeds import deed_with_row, would_be
from reviewapps.cli.menu import AsJson, Yes, agreed, command, in_a_sentence, settings
from reviewapps.cli.person import somebody
from reviewapps.cli.sought import sought
from reviewapps.reconcile import Adoption
from reviewapps.report.wording import listed, several


@command("adopt")
@in_a_sentence
def adopt(
    environment: Annotated[
        str, typer.Argument(metavar="ENVIRONMENT", help="dev, or acme/shop:dev where there are several.")
    ],
    name: Annotated[str, typer.Argument(metavar="APP", help="The app's name in the space.")],
    yes: Yes = False,
    as_json_: AsJson = False,
) -> int:
    """Take over a shared app that exists: the next tag or merge deploys to it. Until then it runs as it did."""
    told = settings()
    with acting(told) as installation:
        text = environment if set("#:") & set(environment) else f":{environment}"
        one = sought(text, installation.reconcilers)
        adoption = one.reconciler.adoption(one.environment, name)
        changes = _described(adoption)
        if as_json_ and not yes:
            print(would_be("adopt", one, app=name, changes=changes))
            return 0
        if not as_json_:
            print("\n".join(changes))
        if not (yes or agreed("Take it over?")):
            return 1
        installation.adopt(adoption, somebody(told))
        if as_json_:
            print(deed_with_row("adopt", one, app=name, changes=changes))
            return 0
        print(f"{one.name}: {name} is taken over; the next {adoption.follows} deploys to it")
    return 0


def _described(one: Adoption) -> list[str]:
    """What would change, and what would not."""
    app = one.app
    addresses = listed([route.address for route in one.routes])
    lines = [
        f"{app.name} becomes {one.name}.",
        f"  labelled  the app{f', and {addresses}' if addresses else ''}",
        f"  kept      its name, addresses, variables and droplet; the next {one.follows} deploys to it",
    ]
    if one.tags:
        lines.append(f"  not now   {listed(list(one.tags[-5:]))}: tags that stand already deploy nothing")
    if app.started:
        lines.append("  then      by a rolling deployment, if the quota has room for both at once")
    if app.instances is not None and app.instances != 1:
        lines.append(f"  then      with 1 web instance; it has {several(app.instances, 'instance')} now")
    if app.memory_mb is not None:
        lines.append(f"  then      with the memory that the manifest asks for; it has {app.memory_mb} MB now")
    if one.entrance != "public":
        asks = "asks for the password" if one.entrance == "password" else "keeps robots away"
        lines.append(f"  then      behind the gate, which {asks}")
    if one.left:
        lines.append(f"  left      {listed([route.address for route in one.left])}: not a host by itself")
    return lines
