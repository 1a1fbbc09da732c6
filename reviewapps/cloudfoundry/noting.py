"""What stands on the role of an environment's own database: whose that is, by which service, and what it was made
for."""

from __future__ import annotations

import re
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
    """What a note of ours says; None where it is somebody else's, none, or not as we write them. (On what an
    earlier version made, the note is one that the preview itself may change.)

    >>> noted("reviewapps 1 acme 7/pr-12 5e41 9f@3.1", "acme")
    Note(environment=Environment(repository=7, name='pr-12'), service='5e41', data='9f@3.1')
    >>> noted("reviewapps 1 acme 7/pr-12", "acme")
    Note(environment=Environment(repository=7, name='pr-12'), service=None, data=None)
    >>> noted("reviewapps 1 acme x/y", "acme")
    """
    words = text.split(" ")
    if len(words) not in (4, 6) or words[:3] != ["reviewapps", FORMAT, instance]:
        return None
    if re.fullmatch(r"[0-9]{1,18}/[a-z][a-z0-9-]{0,60}", words[3]) is None:
        return None
    return Note(Environment.at(words[3]), *words[4:])
