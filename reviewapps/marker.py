"""The first line of our comments: how they are found again, and whose they are."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from reviewapps.model import FORMAT

_MARKER = re.compile(
    r"<!-- reviewapps (?P<format>\d{1,3}) (?P<instance>[\w.-]+)"
    r" (?P<repository>\d{1,19}) #(?P<number>\d{1,10}) (?P<state>[\w-]+) -->",
    re.ASCII,
)


UNHEARD: Final = "removed-unheard"
"""What a marker says where the preview is removed, and Slack did not take that yet. People read the same."""


class Marked(NamedTuple):
    """What a marker says. ``state`` is the name of the outcome that the comment tells, or ``UNHEARD``."""

    instance: str
    repository: int
    number: int
    state: str


def marker(instance: str, repository: int, number: int, state: str) -> str:
    """The line that a comment of ours begins with. It is not shown to people.

    >>> marker("acme-review", 123, 12, "live")
    '<!-- reviewapps 1 acme-review 123 #12 live -->'
    """
    return f"<!-- reviewapps {FORMAT} {instance} {repository} #{number} {state} -->"


def marked(text: str) -> Marked | None:
    """What the marker in the first line of ``text`` says; None for a comment that is not ours.

    Anybody can paste a marker: who wrote the comment has to be asked as well.

    >>> marked("<!-- reviewapps 1 acme-review 123 #12 live -->\\n### Preview: live")
    Marked(instance='acme-review', repository=123, number=12, state='live')
    """
    first = text.partition("\n")[0].rstrip()
    found = _MARKER.fullmatch(first)
    if found is None or found["format"] != FORMAT:
        return None
    return Marked(found["instance"], int(found["repository"]), int(found["number"]), found["state"])
