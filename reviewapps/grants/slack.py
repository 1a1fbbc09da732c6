"""How Slack is reached, and what is said in which channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewapps.model import Secret
from reviewapps.outcome import Event

API = "https://slack.com/api/"

ALL = ""
"""Among the channels, what holds for all that nothing nearer is said of."""

Channels = Mapping[str, str]
"""Channels by what they are for: ``review.failed`` before ``failed`` before ``review`` before ``ALL``. "" is
silence."""


@dataclass(frozen=True)
class Slack:
    """How Slack is reached: as a bot, by its ``token``, or by ``webhooks``, by the channel that each leads to.

    ``repositories`` say where a repository's news go instead; ``operators`` hear what only they can mend.
    """

    token: Secret | None
    webhooks: Mapping[str, Secret]
    channels: Channels
    operators: str
    repositories: Mapping[str, Channels] = field(default_factory=dict)
    url: str = API

    def channel(self, repository: str, kind: str, event: Event) -> str:
        """Where this is said; "" where it is not. That a deploy started is only said where it was asked for, or
        where the message is edited later."""
        for channels in (self.repositories.get(repository, {}), self.channels):
            for key in (f"{kind}.{event}", event):
                if key in channels:
                    return channels[key]
            if event == "started" and self.token is None:
                continue
            for key in (kind, ALL):
                if key in channels:
                    return channels[key]
        return ""

    @property
    def named(self) -> tuple[str, ...]:
        """Every channel in which something may be said, the most general first."""
        of_repositories = (name for channels in self.repositories.values() for name in channels.values())
        names = (self.channels[ALL], self.operators, *self.channels.values(), *of_repositories)
        return tuple(name for name in dict.fromkeys(names) if name)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return (*self.webhooks.values(), *([self.token] if self.token else []))
