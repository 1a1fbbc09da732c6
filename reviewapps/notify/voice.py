"""All that one installation says in Slack."""

from __future__ import annotations

from collections.abc import Iterable

from reviewapps.grants.slack import Slack as Access
from reviewapps.model import Said
from reviewapps.naming import digest
from reviewapps.notify.news import News, Silence
from reviewapps.notify.speaking import Pace, Speaker
from reviewapps.outcome import Line
from reviewapps.ports import Outbox
from reviewapps.ports import Slack as Hears
from reviewapps.report import somebody_is_needed


class Voice:
    """Takes what is to be said, and says it when it is told to ``speak``. Without ``access`` it is silent."""

    def __init__(self, access: Access | None, outbox: Outbox, pace: Pace, secrets: Iterable[str]) -> None:
        self._access, self._outbox, self._pace, self._secrets = access, outbox, pace, tuple(secrets)
        self._speaker = _speaker(access, outbox, pace) if access is not None else None

    def news(self, repository: str) -> Hears:
        """What one repository's news are told to."""
        return News(self._outbox, self._access, repository, self._pace) if self._access else Silence()

    def tell_operators(self, what: str) -> None:
        """Take what only an operator can mend."""
        if self._access is not None and self._access.operators:
            text = somebody_is_needed(what, self._secrets)
            self._outbox.put(Line(self._access.operators, f"operator:{digest(what)}", text, Said()))

    def speak(self, at_once: bool) -> bool:
        """Send one message to each channel that waits for one; whether more waits that Slack would take."""
        return self._speaker is not None and self._speaker.speak(at_once=at_once)


def _speaker(access: Access, outbox: Outbox, pace: Pace) -> Speaker:
    from reviewapps.notify.slack import Slack  # here, so that Slack's client is only loaded by who uses it

    return Speaker(outbox, Slack(access), pace)
