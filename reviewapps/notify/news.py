"""One repository's news, each on its way to the channel that the operator gave it."""

from __future__ import annotations

from dataclasses import replace

from reviewapps.grants.slack import Slack as Access
from reviewapps.model import Said
from reviewapps.notify.speaking import Pace
from reviewapps.outcome import Event, Line
from reviewapps.ports import Outbox

PATIENCE = 60.0
"""Seconds after which nobody looks any more whether a line was sent; the next whole look does."""


class Silence:
    """What an installation without Slack says."""

    def channel(self, kind: str, event: Event) -> str:
        """Nowhere is anything said."""
        return ""

    def say(self, line: Line) -> None:
        """Nobody hears it."""

    def sent(self, key: str) -> Said | None:
        """Nothing ever was."""
        return None

    def wait(self, channel: str) -> float | None:
        """Nothing is waited for."""
        return None


class News:
    """What is said of one repository's environments."""

    def __init__(self, outbox: Outbox, access: Access, repository: str, pace: Pace) -> None:
        self._outbox, self._access, self._repository, self._pace = outbox, access, repository, pace

    def channel(self, kind: str, event: Event) -> str:
        """Where this is said of environments of that kind; "" where it is not."""
        return self._access.channel(self._repository, kind, event)

    def say(self, line: Line) -> None:
        """Put the line into the outbox. Only a bot has messages of its own to edit."""
        alone = line.alone and self._access.token is not None
        self._outbox.put(replace(line, alone=alone))

    def sent(self, key: str) -> Said | None:
        """What was sent last under this key; None where nothing was, or it is forgotten."""
        return self._outbox.last(key)

    def wait(self, channel: str) -> float | None:
        """Seconds until what was taken should be sent; None while Slack does not take anything."""
        waiting = self._outbox.waiting(channel)
        if self._outbox.fails(channel) or (waiting and self._outbox.now() - waiting[0].at > PATIENCE):
            return None
        return self._pace.burst + self._pace.apart * len(waiting)
