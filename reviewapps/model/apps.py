"""Apps of ours and their routes, with all that they remember."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reviewapps.model.attempts import Attempt, Refusal, Said
from reviewapps.model.environments import ADOPTED, Environment

BUILDER = "build"
"""What the app of an environment is called, by its label, that only builds: it has no variables but those that a
build may see, and never runs."""


@dataclass(frozen=True)
class Lock:
    """That nobody's commit goes to a shared environment until then."""

    who: str
    why: str
    until: datetime


@dataclass(frozen=True)
class Pin:
    """That a shared environment went back to ``commit``, and stays there while ``over`` is the newest. Where what
    it serves was adopted, ``since`` is what was permitted there last, from which the next merge is judged."""

    commit: str
    over: str
    who: str = ""
    since: str | None = None


@dataclass(frozen=True)
class Override:
    """That this commit goes to a shared environment in spite of a lock or a freeze, and where tags are followed
    also of what is asked for; who said so, and ``until`` when it may go (None, of an older version: ever)."""

    commit: str
    who: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Over:
    """A wish of a shared environment that another one took the place of: the tag it came from (None: by hand) and
    its commit. ``seconds`` is how much earlier it had been seen, None where both were seen at once; ``live``:
    whether it had come up by then."""

    source: str | None
    commit: str
    seconds: float | None = None
    live: bool = False


@dataclass(frozen=True)
class Built:
    """A build (by its ``key``) that was made or copied for an app, or was about to be; with the ``droplet`` by
    which the app ran it, or its tasks, None where it never did."""

    key: str
    droplet: str | None = None


@dataclass(frozen=True)
class App:
    """An app of ours. ``commit`` and ``config`` are labelled last: what it is known to serve.

    ``source`` is the tag that the wish came from (shared environments) and ``wished`` the commit it meant;
    ``tags_seen`` digests every (name, object) that stood when we last looked, ``over`` are the wishes that
    this one took the place of, and ``approved`` is what spoke for it. ``env_names`` are the variables
    that we set and so may unset. ``service_names`` are the services that were made or bound for it, ``processes``
    those beside web that we scaled. ``set_up`` is the key of the setup that was done.

    ``web`` digests what its web process is known to be sized and set for; None where that is not known.
    ``live_droplet`` is what it had when it went live last: another one is somebody else's; ``live_by`` the id of
    the attempt that it went live by, None where an older version of ours did not note it. ``generated`` are the
    variables that were made up, None where that is not known. ``built`` are its last builds, the newest last, None
    where an older version of ours kept no such list; ``rules_at`` is the commit whose rules it went live by, None
    where that is not known, and ``takes_mb`` the memory of all instances
    by those. Of shared environments, by hand: ``lock``, ``pin``, ``override``, and who signed off which commit
    (``sign_offs``).
    """

    guid: str
    name: str
    environment: Environment
    app: str
    started: bool
    droplet: str | None
    commit: str | None
    config: str | None
    created_at: datetime
    attempt: Attempt | None = None
    source: str | None = None
    wished: str | None = None
    tags_seen: frozenset[str] | None = None
    env_names: frozenset[str] = frozenset()
    live_since: datetime | None = None
    service_names: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    set_up: str | None = None
    live_droplet: str | None = None
    live_by: str | None = None
    generated: frozenset[str] | None = None
    web: str | None = None
    rules_at: str | None = None
    built: tuple[Built, ...] | None = None
    takes_mb: int | None = None
    lock: Lock | None = None
    pin: Pin | None = None
    override: Override | None = None
    sign_offs: tuple[tuple[str, str], ...] = ()
    said: Said | None = None
    over: tuple[Over, ...] = ()
    approved: tuple[str, ...] = ()

    @property
    def is_builder(self) -> bool:
        """Whether it only builds."""
        return self.app == BUILDER

    def droplet_of(self, build_key: str) -> str | None:
        """The droplet that it has of this build; None where none is known. It may be gone by now."""
        return next((one.droplet for one in self.built or () if one.key == build_key), None)

    @property
    def is_record(self) -> bool:
        """Whether it only remembers that this environment has nothing."""
        return self.droplet is None and self.attempt is not None and self.attempt.refusal is not None

    def destroyed_at(self, commit: str | None = None) -> datetime | None:
        """When somebody took it away by hand, at this commit (at any, if none is named); None if nobody did."""
        attempt = self.attempt
        if attempt is None or attempt.refusal is None or attempt.refusal.fault != "destroyed":
            return None
        return attempt.refusal.at if commit in (None, attempt.commit) else None

    def pin_beside(self, wished: str | None) -> Pin | None:
        """Where somebody went back to, once this is wished: gone when that is another commit, so that it does not
        come back where nobody can tell any more what it lay over. What was adopted stays, and is judged from."""
        pin = self.pin
        return pin if pin is None or pin.commit in (ADOPTED, wished) else None

    def refusal_of(self, commit: str, config: str) -> Refusal | None:
        """Why this commit is not tried (again) with this config; None where it may be."""
        attempt = self.attempt
        return attempt.refusal if attempt is not None and attempt.is_for(commit, config) else None


@dataclass(frozen=True)
class Route:
    """``address`` is host and domain; ``apps`` the guids of the apps it leads to. ``gated``: labelled as one that
    the gate may stand before."""

    guid: str
    host: str
    address: str
    environment: Environment
    apps: frozenset[str]
    gated: bool = False
