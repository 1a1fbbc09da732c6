"""Foreseen failures, by who must act next.

Adapters translate at the edge, ``reconcile`` turns these into outcomes; whatever is not one of them was not
foreseen: it ends the task and is logged with its trace. A message says thing, verb and reason, for people:
``shop-pr-7: staging failed: no buildpack matched``.
"""

from __future__ import annotations


def unanswered(broken: BaseException) -> str:
    """Why a request got no answer, in words; nothing of its address, which may hold a secret.

    >>> unanswered(ConnectionError("[Errno 111] Connection refused")), unanswered(TimeoutError())
    ('nobody listens there', 'it took too long')
    """
    kinds, said = {kind.__name__ for kind in type(broken).__mro__}, str(broken)
    if any("Timeout" in kind for kind in kinds):
        return "it took too long"
    if "SSLError" in kinds or "CERTIFICATE" in said.upper():
        return "its certificate is not trusted"
    if "ProxyError" in kinds:
        return "the proxy does not let us through"
    if any(one in said for one in ("NameResolution", "Name or service", "getaddrinfo", "name resolution")):
        return "its name is not found; is there a network?"
    if "refused" in said:
        return "nobody listens there"
    if "unreachable" in said:
        return "there is no way there; is there a network?"
    return "the connection broke"


class ReviewAppsError(Exception):
    """Anything that we foresaw."""


class TryLater(ReviewAppsError):
    """Nobody has to act: the same thing works in ``after`` seconds, or some time later."""

    def __init__(self, message: str, after: float = 5.0) -> None:
        super().__init__(message)
        self.after = after


class RateLimited(TryLater):
    """The other side asked us to slow down."""


class Unavailable(TryLater):
    """The other side did not answer, answered 5xx, or its answer was lost."""


class TimedOut(Unavailable):
    """We gave up waiting for an answer: what was asked for may still be done, a moment later."""


class NotThere(Unavailable):
    """It is not there: what is new may be on its way, what was there before is gone."""


class Busy(TryLater):
    """It is in the middle of something that cannot be cancelled, or there is no room just now."""


class Full(Busy):
    """There is no room for it just now, and may be none for ever."""


class LeaseLost(TryLater):
    """Somebody else may act on this environment now, so we may not."""


class Outdated(TryLater):
    """What this was done for is not wanted any more: the next look shows what is."""


class AuthorMustAct(ReviewAppsError):
    """The author of the pull request has to change something; nothing is tried again by itself."""


class BadManifest(AuthorMustAct):
    """``manifest.yml`` asks for what cannot be read, done or allowed. ``decision`` are lines for
    ``.reviewapps.yml`` that would settle it, where such lines exist."""

    def __init__(self, message: str, decision: str = "") -> None:
        super().__init__(message)
        self.decision = decision


class BadSource(AuthorMustAct):
    """The files of the commit are too many, too large, or cannot be unpacked."""


class BadRules(AuthorMustAct):
    """``.reviewapps.yml`` on the default branch cannot be read. ``line`` counts from 1; 0 where unknown. ``asks``
    are the environments of which the file wants anything before a commit goes there; None where not even that can
    be read."""

    def __init__(self, message: str, line: int = 0, asks: frozenset[str] | None = None) -> None:
        super().__init__(message)
        self.line, self.asks = line, asks

    @property
    def where(self) -> str:
        """What is wrong, with its line."""
        return f"line {self.line}: {self}" if self.line else str(self)


class OperatorMustAct(ReviewAppsError):
    """Whoever runs reviewapps has to act."""


class NotAuthorised(OperatorMustAct):
    """A token or password was rejected, or may not do this. A rejected password is not tried again."""


class BadSettings(OperatorMustAct):
    """A setting is missing, unknown or contradicts another."""


class Missing(BadSettings):
    """A secret is nowhere to be found."""


class NameTaken(OperatorMustAct):
    """A name that has to be exactly this one belongs to somebody else."""


class UnsafePlan(OperatorMustAct):
    """More would be deleted at once than looks honest."""
