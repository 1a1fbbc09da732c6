"""What stands on a database of an environment's own: whose it is, by which service, and what it was made for."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapps.model import FORMAT, Environment


@dataclass(frozen=True)
class Note:
    """``service`` is the guid of the instance that led to the database when it was made, ``data`` what it was made
    for; both None on one that an earlier version made."""

    environment: Environment
    service: str | None = None
    data: str | None = None

    def text(self, instance: str) -> str:
        """As it stands there, so that everybody can see whose it is.

        >>> Note(Environment(7, "pr-12"), "5e41", "9f@3.1").text("acme")
        'reviewapps 1 acme 7/pr-12 5e41 9f@3.1'
        """
        told = (self.service, self.data) if self.service is not None and self.data is not None else ()
        return " ".join(("reviewapps", FORMAT, instance, self.environment.key, *told))


def noted(text: str, instance: str) -> Note | None:
    """What a note of ours says; None where it is somebody else's, or none.

    >>> noted("reviewapps 1 acme 7/pr-12 5e41 9f@3.1", "acme")
    Note(environment=Environment(repository=7, name='pr-12'), service='5e41', data='9f@3.1')
    >>> noted("reviewapps 1 acme 7/pr-12", "acme")
    Note(environment=Environment(repository=7, name='pr-12'), service=None, data=None)
    """
    words = text.split(" ")
    if len(words) not in (4, 6) or words[:3] != ["reviewapps", FORMAT, instance] or "/" not in words[3]:
        return None
    return Note(Environment.at(words[3]), *words[4:])
