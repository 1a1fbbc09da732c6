"""The steps: things to do on Cloud Foundry for one environment, one after the other, each found again from
labels and annotations when whoever carried it out was killed.

``plan`` names the next one; ``cloudfoundry`` carries it out and gives back what is there afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from reviewapps.model import (
    App,
    Attempt,
    Blueprint,
    Lock,
    Over,
    Override,
    Pin,
    Refusal,
    Said,
    Service,
    TaskKind,
)

UnderWay = Literal["package", "build", "deployment", "task"]

Kind = Literal[
    "packages",
    "builds",
    "elsewhere",
    "abroad",
    "builder",
    "droplets",
    "services",
    "tasks",
    "deployments",
    "instances",
    "crashes",
    "guard",
]


@dataclass(frozen=True)
class Look:
    """Fill in what the plan has to know next.

    ``elsewhere`` are staged builds of ``build_key`` by other apps of ours in this space; it also fills
    ``sources`` with their droplets, as far as those can still be copied, and adds to ``builds`` those of its own.
    Where any of the ``holders`` still has the droplet that it went live with, that one will do.
    ``abroad`` are droplets of ``build_key``
    in other ``spaces`` (org/space) that bear our signature. ``builder``: whether the builder is ours alone.
    ``services`` also fills ``bindings``, and looks for those that are ``shared``, by their names.
    """

    kind: Kind
    build_key: str | None = None
    shared: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    holders: tuple[App, ...] = ()


@dataclass(frozen=True)
class CreateApp:
    """Make the app's skeleton with owner labels and this attempt, under the first of ``names`` that is free.

    An app of one of these names that bears our labels for this environment is taken as it is: an earlier
    answer was lost. Where every name is somebody else's, NameTaken. A new one bears from its birth on what it
    ``follows``, and what has to be noted before it is set up by the ``blueprint``, as far as that is known.
    """

    names: tuple[str, ...]
    attempt: Attempt
    follows: Remember | None = None
    blueprint: Blueprint | None = None


@dataclass(frozen=True)
class CreateBuilder:
    """Make the app that builds for this environment, under the first of ``names`` that is free: one that stands
    already is taken as it is."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class ReplaceBuilder:
    """Delete the app that builds, with its packages, builds and droplets, so that a new one takes its place."""

    guid: str


@dataclass(frozen=True)
class Begin:
    """Write the attempt onto the app. ``calm``: it follows one that came to a good end, so that nothing of the app
    is under way, and nothing of this attempt can be there yet."""

    attempt: Attempt
    calm: bool = False


@dataclass(frozen=True)
class Remember:
    """Write onto the app what its shared environment follows: tag, commit, and every tag seen; in the same request
    the wishes that this one takes the place of, what spoke for it (``approved``), the end of a step back to
    another commit, and the ``attempt`` that begins at that, where one does (``calm`` as it may)."""

    source: str | None
    wished: str | None
    tags_seen: frozenset[str]
    attempt: Attempt | None = None
    over: tuple[Over, ...] = ()
    approved: tuple[str, ...] = ()
    calm: bool = False


@dataclass(frozen=True)
class Govern:
    """Write onto a shared environment's app what somebody said of it by hand, all of it."""

    lock: Lock | None = None
    pin: Pin | None = None
    override: Override | None = None
    sign_offs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Adopt:
    """Write our labels onto an app that somebody else made, with every tag that stands: none of those deploys to
    it. Where it ``serves`` something, that is labelled as adopted, and stays while ``over`` is the head of what is
    followed; ``since`` is what was permitted there last, if anything was."""

    guid: str
    tags_seen: frozenset[str]
    serves: bool
    over: str | None = None
    since: str | None = None


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
    """Make a labelled package of this source for ``app`` and upload ``archive`` to it (``package``: one that was
    made already and got no bits). ``archive`` is filled in by whoever can read the source."""

    app: str
    blueprint: Blueprint
    package: str | None = None
    archive: Path | None = None


@dataclass(frozen=True)
class CreateBuild:
    """Give the app the variables that a build may see, and no other, then stage its package. Where that is not
    ready, nothing happens, and it has to be looked at."""

    app: str
    package: str
    attempt: str
    blueprint: Blueprint


@dataclass(frozen=True)
class CopyDroplet:
    """Copy a droplet of the same build from another app to the app; its bits are what they were."""

    droplet: str


@dataclass(frozen=True)
class Sign:
    """Sign a droplet that a build of ours made, if the platform's own record of its app shows that nobody but us
    had a hand in it; else note for now that it cannot be (``unsignable``)."""

    droplet: str
    build_key: str


@dataclass(frozen=True)
class CarrySignature:
    """Write onto a copy what is signed of ``source``, whose checksum it has, if it also starts by the commands
    that are signed; else that it is ``refused``. Where nothing is signed of the source, note for now that the
    copy's commands are the same (``alike``)."""

    droplet: str
    source: str


@dataclass(frozen=True)
class CreateService:
    """Make a service instance with owner labels under the first of ``names`` that is free: one that stands already
    and bears our labels for this environment is taken as it is. What is to hold a database holds none yet."""

    service: Service
    names: tuple[str, ...]
    attempt: str


@dataclass(frozen=True)
class MakeDatabase:
    """Let the service instance hold an empty database of its own, known as ``data`` (``naming.data_name``): what
    it held before is gone. What was made as this ``data`` already stays as it is. LeaseLost where a later attempt
    began meanwhile, whose it is then."""

    instance: str
    data: str


@dataclass(frozen=True)
class DeleteService:
    """Delete a service instance of ours with what it holds; that it is gone already is success."""

    guid: str


@dataclass(frozen=True)
class Bind:
    """Bind the app to the service instance, which it knows by ``name``."""

    instance: str
    name: str
    attempt: str


@dataclass(frozen=True)
class Unbind:
    """Take a binding of ours away; what runs keeps what it was given until it starts again."""

    binding: str


@dataclass(frozen=True)
class RunTask:
    """Write down that it is asked for, then run the command with the droplet as a task that is labelled with
    ``key``. ``memory_mb``: None is as much as an instance has. Where there is no room for it beside what serves,
    ``no_room_to_roll`` is set, and nothing is run."""

    kind: TaskKind
    key: str
    command: str
    droplet: str
    memory_mb: int | None = None


@dataclass(frozen=True)
class CancelTask:
    """Ask the platform to end a task."""

    guid: str


@dataclass(frozen=True)
class MarkSetUp:
    """Write down for which database the setup was done."""

    key: str


@dataclass(frozen=True)
class ScaleProcesses:
    """Let the processes beside web run as the blueprint says, and no other that we let run before."""

    blueprint: Blueprint


@dataclass(frozen=True)
class Configure:
    """Set the variables (unset those that we set before and no longer want; make up those that are made up once
    and are not there), command, memory and health."""

    blueprint: Blueprint


@dataclass(frozen=True)
class Start:
    """Make the droplet current and start the app. No instance can be up yet."""

    droplet: str
    attempt: str


@dataclass(frozen=True)
class Stop:
    """Stop the app, then take its commit label away: it serves nothing now."""


@dataclass(frozen=True)
class Roll:
    """Switch to the droplet by a rolling deployment labelled with the attempt. Without room for it,
    ``no_room_to_roll`` is set and nothing else happened. No new instance can be up yet."""

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
    last of all, commit and config as labels: from now on the app is known to serve this, and its web process to be
    as the ``blueprint`` says, where that is known."""

    attempt: Attempt
    blueprint: Blueprint | None = None


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
    """Read tree and manifest of the commit, by the rules that hold for it now or, where it is named, by those
    ``rules_at`` another commit. (Not Cloud Foundry's: reconcile asks GitHub for it.)"""

    commit: str
    host: str
    rules_at: str | None = None


@dataclass(frozen=True)
class Wait:
    """Nothing can be done now; look again in some time. ``on`` says what for, in words.

    Where that is of a ``kind`` of which one listing shows all that are under way in the space, nobody has to
    look at this environment before the listing lacks it; with its ``guid``, who lists may see how it ended, too.
    ``until``: before then there is nothing to be seen. Where
    it ``depends`` on others, people are told that it is held, and nobody looks often. ``room``: it waits in line
    for memory, however long that takes.
    """

    on: str
    kind: UnderWay | None = None
    until: datetime | None = None
    depends: bool = False
    room: bool = False
    guid: str | None = None


@dataclass(frozen=True)
class Done:
    """It is as it should be."""


Step = (
    Look
    | CreateApp
    | CreateBuilder
    | ReplaceBuilder
    | Begin
    | Remember
    | Govern
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
    | Sign
    | CarrySignature
    | CreateService
    | MakeDatabase
    | DeleteService
    | Bind
    | Unbind
    | RunTask
    | CancelTask
    | MarkSetUp
    | ScaleProcesses
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
