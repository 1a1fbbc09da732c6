"""What was taken for Slack is sent: one request for each channel at a time, and nobody's turn waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from reviewapps.notify.refusals import BAD_TEXTS, GONE_MESSAGES, LONGEST_REST, MENDED_BY, Refused
from reviewapps.outcome import Queued
from reviewapps.ports import Outbox

if TYPE_CHECKING:
    from reviewapps.notify.slack import Slack

log = structlog.get_logger()

MOST_CHARACTERS: Final = 2900
"""Of one message; Slack takes 3,000 in a section."""


@dataclass(frozen=True)
class Pace:
    """Seconds: for how long lines wait for others to go with them (``burst``), how far messages to one channel are
    ``apart``, and for how long it is left alone after one that was not taken (``rest``, doubled with each)."""

    burst: float = 2.0
    apart: float = 1.0
    rest: float = 30.0


class Speaker:
    """Sends what waits in the outbox. A line is only forgotten when Slack took it."""

    def __init__(self, outbox: Outbox, slack: Slack, pace: Pace) -> None:
        self._outbox, self._slack, self._pace = outbox, slack, pace

    def speak(self, *, at_once: bool = False) -> bool:
        """Send one message to each channel that one may be sent to; whether more waits that Slack would take.
        Without waiting for others to go with it where ``at_once``."""
        outbox = self._outbox
        for channel in outbox.channels():
            if not outbox.rests(channel):
                with outbox.alone(channel) as mine:
                    if mine:
                        self._send(channel, at_once)
        return any(not outbox.fails(channel) for channel in outbox.channels())

    def _send(self, channel: str, at_once: bool) -> None:
        burst = 0.0 if at_once else self._pace.burst
        batch = next_batch(self._outbox.waiting(channel), self._outbox.now() - burst)
        if not batch:
            return
        try:
            place, ts = self._sent(channel, batch)
        except Refused as refused:
            self._refused(channel, batch, refused)
            return
        self._outbox.sent(batch, place, ts)
        self._outbox.succeeded(channel)
        self._outbox.rest(channel, self._pace.apart)
        log.info("told slack", channel=channel, about=[one.line.key for one in batch])

    def _sent(self, channel: str, batch: Sequence[Queued]) -> tuple[str, str]:
        before = batch[0].line.edits
        if before is None:
            return self._slack.post(channel, "\n".join(one.line.text for one in batch))
        self._slack.edit(before.place, before.ts, batch[0].line.text)
        return before.place, before.ts

    def _refused(self, channel: str, batch: Sequence[Queued], refused: Refused) -> None:
        """Come again later; but what Slack will never take, it is asked for in another way."""
        reason = refused.reason
        if reason in GONE_MESSAGES and batch[0].line.edits is not None:
            return self._put_anew(batch)
        if reason in BAD_TEXTS and len(batch) > 1:
            return self._put_anew(batch)
        if reason in BAD_TEXTS:
            log.error("slack will not take this", channel=channel, reason=reason, key=batch[0].line.key)
            return self._outbox.sent(batch, "", "")
        failures = self._outbox.failed(channel)
        doubled = min(LONGEST_REST, self._pace.rest * 2.0 ** min(failures - 1, 20))
        after = refused.after if refused.after is not None else doubled
        self._outbox.rest(channel, after)
        told = {"reason": reason, "mend": MENDED_BY.get(reason, ""), "after": after}
        log.warning("slack did not take a message", channel=channel, **told)
        return None

    def _put_anew(self, batch: Sequence[Queued]) -> None:
        """As messages of their own, which edit nothing."""
        for one in batch:
            self._outbox.put(replace(one.line, edits=None, alone=True))


def next_batch(waiting: Sequence[Queued], ripe: float) -> list[Queued]:
    """The lines of the next message, the oldest first. What goes alone goes at once, all else once the oldest came
    before ``ripe``."""
    single = next((one for one in waiting if _goes_alone(one)), None)
    together = [one for one in waiting if not _goes_alone(one)]
    if not together or together[0].at > ripe:
        return [single] if single is not None else []
    if single is not None and single.at < together[0].at:
        return [single]
    batch, characters = [together[0]], len(together[0].line.text)
    for one in together[1:]:
        characters += 1 + len(one.line.text)
        if characters > MOST_CHARACTERS:
            break
        batch.append(one)
    return batch


def _goes_alone(one: Queued) -> bool:
    return one.line.alone or one.line.edits is not None
