"""The steps: things to do on Cloud Foundry for one environment, one after the other, each found again from
labels and annotations when whoever carried it out was killed.

``plan`` names the next one; ``cloudfoundry`` carries it out and gives back what is there afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reviewapps.model import Attempt, Blueprint, Refusal, Said

UnderWay = Literal["package", "build", "deployment"]

Kind = Literal["packages", "builds", "elsewhere", "droplets", "deployments", "instances", "crashes", "guard"]


@dataclass(frozen=True)
class Look:
    """Fill in what the plan has to know next.

    ``elsewhere`` are staged builds of ``build_key`` by other apps of ours in this space; it also fills
    ``sources`` with their droplets, as far as those can still be copied.
    """

    kind: Kind
    build_key: str | None = None


@dataclass(frozen=True)
class CreateApp:
    """Make the app's skeleton with owner labels and this attempt, under the first of ``names`` that is free.

    An app of one of these names that bears our labels for this environment is taken as it is: an earlier
    answer was lost. Where every name is somebody else's, NameTaken.
    """

    names: tuple[str, ...]
    attempt: Attempt


@dataclass(frozen=True)
class Begin:
    """Write the attempt onto the app."""

    attempt: Attempt


@dataclass(frozen=True)
class Remember:
    """Write onto the app what its shared environment follows: tag, commit, and every tag seen."""

    source: str | None
    wished: str | None
    tags_seen: frozenset[str]


@dataclass(frozen=True)
class Adopt:
    """Write our labels onto an app that somebody else made, with every tag that stands: none of those deploys to
    it. Where it ``serves`` something, that is labelled as adopted."""

    guid: str
    tags_seen: frozenset[str]
    serves: bool


@dataclass(frozen=True)
class AdoptRoute:
    """Write our labels onto a route of such an app."""

    guid: str


@dataclass(frozen=True)
class CreateRoute:
    """Make a route with owner labels under the first of ``hosts`` that is free; NameTaken where none is.
    ``gated``: the gate will stand before it."""

    hosts: tuple[str, ...]
    gated: bool = False


@dataclass(frozen=True)
class BindGate:
    """Let every request to the route go by the gate first, whose address is made for it where there is none.
    A gate that is not up lets nobody through."""

    route: str


@dataclass(frozen=True)
class UnbindGate:
    """Let requests to the route go straight to the app."""

    route: str


@dataclass(frozen=True)
class RaiseGate:
    """Do for the gate's own app what can be done now, until it is up; nothing where somebody else is at it."""


@dataclass(frozen=True)
class MapRoute:
    """Lead the route to the app."""

    route: str


@dataclass(frozen=True)
class Upload:
    """Make a labelled package of this source and upload ``archive`` to it (``package``: one that was made
    already and got no bits). ``archive`` is filled in by whoever can read the source."""

    blueprint: Blueprint
    package: str | None = None
    archive: Path | None = None


@dataclass(frozen=True)
class CreateBuild:
    """Stage the package."""

    package: str
    attempt: str
    blueprint: Blueprint


@dataclass(frozen=True)
class CopyDroplet:
    """Copy a droplet of the same build from another app of ours."""

    droplet: str


@dataclass(frozen=True)
class Configure:
    """Set the variables (unset those that we set before and no longer want), command, memory and health."""

    blueprint: Blueprint


@dataclass(frozen=True)
class Start:
    """Make the droplet current and start the app."""

    droplet: str


@dataclass(frozen=True)
class Stop:
    """Stop the app, then take its commit label away: it serves nothing now."""


@dataclass(frozen=True)
class Roll:
    """Switch to the droplet by a rolling deployment labelled with the attempt. Without room for it,
    ``no_room_to_roll`` is set and nothing else happened."""

    droplet: str
    attempt: str


@dataclass(frozen=True)
class CancelRoll:
    """Call a deployment off; the old droplet serves on."""

    deployment: str


@dataclass(frozen=True)
class Reach:
    """Ask the environment's own address whether somebody is at home."""

    address: str


@dataclass(frozen=True)
class MarkLive:
    """Write the attempt with what people will want to know of it, the time (``live_since``), and with them,
    last of all, commit and config as labels: from now on the app is known to serve this."""

    attempt: Attempt


@dataclass(frozen=True)
class Refuse:
    """Remember why this attempt is not tried again."""

    refusal: Refusal


@dataclass(frozen=True)
class NoteSaid:
    """Remember what Slack was told of the app."""

    said: Said


@dataclass(frozen=True)
class DeleteRoute:
    """Delete a route of ours; that it is gone already is success."""

    guid: str


@dataclass(frozen=True)
class DeleteApp:
    """Delete an app of ours with its packages, builds and droplets; that it is gone already is success."""

    guid: str


@dataclass(frozen=True)
class ReadSource:
    """Read tree and manifest of the commit. (Not Cloud Foundry's: reconcile asks GitHub for it.)"""

    commit: str
    host: str


@dataclass(frozen=True)
class Wait:
    """Nothing can be done now; look again in some time. ``on`` says what for, in words.

    Where that is of a ``kind`` of which one listing shows all that are under way in the space, nobody has to
    look at this environment before the listing lacks it.
    """

    on: str
    kind: UnderWay | None = None


@dataclass(frozen=True)
class Done:
    """It is as it should be."""


Step = (
    Look
    | CreateApp
    | Begin
    | Remember
    | Adopt
    | AdoptRoute
    | CreateRoute
    | BindGate
    | UnbindGate
    | RaiseGate
    | MapRoute
    | Upload
    | CreateBuild
    | CopyDroplet
    | Configure
    | Start
    | Stop
    | Roll
    | CancelRoll
    | Reach
    | MarkLive
    | Refuse
    | NoteSaid
    | DeleteRoute
    | DeleteApp
)
"""What Cloud Foundry carries out."""

Next = Step | ReadSource | Wait | Done
"""What a plan may say."""
