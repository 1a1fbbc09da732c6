"""What the operator allows: where environments may live, and what each repository may have there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from reviewapps.approval import Requires, stricter
from reviewapps.gate import Gate
from reviewapps.grants.slack import Slack
from reviewapps.model import FORMAT, Entrance, Environment, Secret
from reviewapps.naming import digest
from reviewapps.rules import Rules
from reviewapps.signing import Ring

Mode = Literal["act", "observe", "paused"]
Visibility = Literal["password", "public"]

ADDRESS = "https://{host}"
GATE_NAME = "review-gate"
MOST_DISK = 2048
"""MB that one instance may ask for where nobody says otherwise, which is Cloud Foundry's own usual limit."""
KNOWN = ("review", "dev", "staging", "production")
"""The environments that need no rules to follow something; others may have names of their own."""

KINDS = ("review", "dev")
"""The environments that an installation of variables keeps: previews, and the shared dev app."""


@dataclass(frozen=True)
class Account:
    """Who logs in at Cloud Foundry: a user (a service account is one), or a client of UAA."""

    user: str | None = None
    password: Secret | None = None
    client_id: str | None = None
    client_secret: Secret | None = None


@dataclass(frozen=True)
class Target:
    """One space of one Cloud Foundry, and the account that acts in it.

    ``domain`` is what apps get their hosts under; None is the org's default one. ``address`` is scheme and port
    of an app's address, with ``{host}`` for host and domain. ``access``: whether what lives here is open to
    everybody. ``credentials`` is the name of the account's secret, "" where variables describe it, and
    ``found_at`` where the file says that it is found. ``gate`` stands before all of it; None where nothing does.
    ``postgres`` is the service instance in the space whose server holds the environments' own databases.
    ``memory_mb`` is what all of ours may hold there; None where only its quotas say.
    """

    name: str
    api: str
    org: str
    space: str
    account: Account
    domain: str | None = None
    address: str = ADDRESS
    access: Visibility = "password"
    credentials: str = ""
    found_at: str | None = None
    gate: Gate | None = None
    postgres: str | None = None
    memory_mb: int | None = None

    @property
    def entrance(self) -> Entrance:
        """Who may open what lives here."""
        if self.gate is None:
            return "public"
        return "password" if self.gate.asks else "unlisted"


@dataclass(frozen=True)
class Grant:
    """What one repository may have. ``targets`` are by kind of environment, and only those may exist that have
    one; ``limit`` is the most previews that may be up at once, ``memory_mb`` and ``disk_mb`` the most for one
    instance. ``entrances`` say, by kind, who may open them. ``services`` are those of the space that may be shared
    by all, ``services_of_kind`` those that only environments of a kind may share,
    ``plans`` (``offering/plan``) those of which each environment may have its own instance, and ``databases`` the
    kinds of environments that may have a database of their own. ``floors`` are the least that is asked before a
    commit may go there, ``caps`` what their space may hold of ours (MB), by kind. ``elsewhere`` are the kinds that
    the operator grants, and that another installation keeps. ``sources`` are the spaces
    (org/space), by kind, whose signed droplets may be copied, or could be, were there a key; the kinds of
    ``copies_only`` are never built where they live, ``previews_home`` is the space of previews. ``signs``: what
    is built is signed. ``keep_merged`` is for how long a merged preview's build is kept, ``keep_closed`` for how
    long that of one that was closed without a merge.
    """

    targets: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(KINDS, "review"))
    addresses: Mapping[str, str] = field(default_factory=dict)
    entrances: Mapping[str, Entrance] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    limit: int = 5
    expire_after: timedelta = timedelta(days=10)
    deletions_at_once: int = 5
    memory_mb: int = 2048
    disk_mb: int = MOST_DISK
    services: frozenset[str] = frozenset()
    services_of_kind: Mapping[str, frozenset[str]] = field(default_factory=dict)
    plans: frozenset[str] = frozenset()
    databases: frozenset[str] = frozenset()
    floors: Mapping[str, Requires] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources_without_key: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    previews_home: str = ""
    copies_only: frozenset[str] = frozenset()
    signs: bool = False
    keep_merged: timedelta = timedelta(0)
    keep_closed: timedelta = timedelta(0)

    def requires(self, kind: str, wished: Requires) -> Requires:
        """What has to be there before a commit may go to environments of this kind: what the repository wishes,
        and never less than the operator's floor."""
        floor = self.floors.get(kind)
        return wished if floor is None else stricter(wished, floor)

    def allows(self, kind: str) -> bool:
        """Whether environments of this kind may exist."""
        return kind in self.targets

    def knows(self, kind: str) -> bool:
        """Whether environments of this kind may exist, here or in another installation."""
        return self.allows(kind) or kind in self.elsewhere

    def beside(self, kind: str) -> frozenset[str]:
        """The kinds of environments that live in the same target."""
        return frozenset(other for other, target in self.targets.items() if target == self.targets.get(kind))

    def uses_previews_builds(self, kind: str) -> bool:
        """Whether environments of this kind may run what previews built."""
        return "review" in self.beside(kind) or self.previews_home in self.sources.get(kind, ())

    def address(self, environment: Environment) -> str:
        """Scheme and port of the environment's address, with ``{host}`` for host and domain."""
        return self.addresses.get(environment.kind, ADDRESS)

    def entrance(self, kind: str) -> Entrance:
        """Who may open environments of this kind."""
        return self.entrances.get(kind, "public")

    def may_share(self, kind: str) -> frozenset[str]:
        """The services of the space that environments of this kind may share."""
        return self.services | self.services_of_kind.get(kind, frozenset())

    def config(self, rules: Rules, environment: Environment) -> str:
        """A digest that changes exactly where another deploy would come of the same commit."""
        allowed = [*sorted(self.may_share(environment.kind)), *sorted(self.plans)]
        allowed += ["database"] if environment.kind in self.databases else []
        allowed += [] if self.disk_mb == MOST_DISK else [f"{self.disk_mb} MB of disk"]
        limits = (str(self.memory_mb), self.address(environment), *allowed)
        return digest(FORMAT, rules.digest(environment), *limits)


@dataclass(frozen=True)
class SignIn:
    """An App of GitHub's, by which people sign in on the status page."""

    client_id: str
    client_secret: Secret


@dataclass(frozen=True)
class AppKey:
    """A GitHub App as which we act: its id (or its client id), and the private key that signs for it, as PEM."""

    app: str
    private_key: Secret


@dataclass(frozen=True)
class GitHubAccess:
    """Where GitHub is, where people read it, and who we are there: whom the ``token`` is of, or the ``app``.
    ``webhook_secret`` is what its webhooks are signed with; None where none are taken. Where there is a
    ``sign_in``, people may read what they may read there.
    """

    token: Secret | None = None
    url: str = "https://api.github.com"
    web_url: str = ""
    webhook_secret: Secret | None = None
    sign_in: SignIn | None = None
    app: AppKey | None = None

    @property
    def pages(self) -> str:
        """Where people read GitHub: links in comments begin with it."""
        api = self.url.rstrip("/")
        default = {"https://api.github.com": "https://github.com"}.get(api, api.removesuffix("/api/v3"))
        return (self.web_url or default).rstrip("/")


@dataclass(frozen=True)
class Grants:
    """One installation, as its operator describes it. ``repositories`` are by name, as configured.

    In ``mode`` "observe" everything is looked at and told to the log, and nothing is written; "paused" does not
    even look. ``address`` is where people find the status page, "" where they do not; ``web_token`` is what that
    asks for, None where it asks for nothing. ``signing`` holds what droplets that cross spaces are signed with.
    """

    instance: str
    targets: Mapping[str, Target]
    repositories: Mapping[str, Grant]
    github: GitHubAccess
    mode: Mode = "act"
    slack: Slack | None = None
    web_token: Secret | None = None
    address: str = ""
    signing: Ring | None = None

    def targets_of(self, repository: str) -> dict[str, Target]:
        """Where each kind of this repository's environments lives."""
        return {kind: self.targets[name] for kind, name in self.repositories[repository].targets.items()}

    def sources_of(self, target: str) -> tuple[str, ...]:
        """The spaces (org/space) whose droplets are copied to this target, whichever repository they are of."""
        granted = self.repositories.values()
        found = (
            g.sources.get(kind, ()) for g in granted for kind, home in g.targets.items() if home == target
        )
        return tuple(dict.fromkeys(space for spaces in found for space in spaces))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must never be shown to anybody."""
        gates = [target.gate for target in self.targets.values() if target.gate is not None]
        accounts = [target.account for target in self.targets.values()]
        of_targets = [secret for a in accounts for secret in (a.password, a.client_secret)]
        sign_in = self.github.sign_in
        of_web = [self.github.webhook_secret, self.web_token, sign_in.client_secret if sign_in else None]
        app = self.github.app
        ours = [self.github.token, app.private_key if app else None]
        ours += self.signing.keys if self.signing is not None else ()
        known = [*ours, *(self.slack.secrets if self.slack else ()), *of_web, *of_targets]
        known += [secret for gate in gates for secret in (gate.password, gate.root, gate.bypass)]
        return tuple(dict.fromkeys(secret for secret in known if secret))
