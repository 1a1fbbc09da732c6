"""The one comment on a pull request: found again, edited, never repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.github import parse
from reviewapps.github.conditional import Kept, everything, kept
from reviewapps.github.connection import Connection
from reviewapps.github.late import not_overtaken
from reviewapps.github.looking import root
from reviewapps.github.parse import Remark
from reviewapps.github.refusals import Forbidden
from reviewapps.marker import marked
from reviewapps.model import Comment, Environment, doubled
from reviewapps.ports import Memory

LONGEST: Final = 65_536
MONTH: Final = 30 * 24 * 3600.0
DAY: Final = 24 * 3600.0

_LATEST: Final = TypeAdapter(Kept[tuple[Remark, ...]])
_logger = logging.getLogger(__name__)


class StickyComments:
    """Our comments in one GitHub; ``login`` tells the account that they are written by. Where GitHub forbids
    one, no other is tried there for ``silence`` seconds.

    A comment is ours if we wrote it and its marker bears our instance: anybody can paste a marker.
    """

    def __init__(
        self,
        connection: Connection,
        memory: Memory,
        instance: str,
        login: Callable[[], str],
        say: Callable[..., None],
        silence: float,
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._instance = instance
        self._login = login
        self._say = say
        self._silence = silence

    def latest(self, repository: int) -> tuple[Comment, ...]:
        """Those of ours among the 100 comments of the repository that changed last, newest first. Where one stands
        twice, since GitHub made it after its answer was given up, the next words are said in one, and it stays."""
        remarks = (self._ours(remark, repository) for remark in self._latest_remarks(repository))
        found = tuple(comment for comment in remarks if comment is not None)
        for environment in doubled(found):
            self._memory.write(self._name(environment), {}, MONTH)
        return found

    def write(self, environment: Environment, text: str, *, only_edit: bool) -> None:
        """Let the one comment say ``text``; where ``only_edit``, none is made.

        What GitHub forbids, such as a comment in a locked conversation, nobody here can mend, and asking again
        each minute would not either.
        """
        name = self._name(environment)
        forbidden = f"{name}/forbidden"
        if self._memory.read(forbidden):
            return
        try:
            with not_overtaken(self._connection, self._memory, name, lambda: self._forget_words(environment)):
                self._write(environment, text[:LONGEST], only_edit)
        except Forbidden as refused:
            _logger.warning("%s: its comment may not be written: %s", environment.key, refused)
            self._memory.write(forbidden, True, self._silence)

    def _forget_words(self, environment: Environment) -> None:
        """Remember which comment it is, and not what it says."""
        known = self._known(environment)
        self._memory.write(self._name(environment), {"id": known["id"]} if "id" in known else {}, MONTH)

    def _write(self, environment: Environment, text: str, only_edit: bool) -> None:
        said = sha256(text.encode()).hexdigest()
        known = self._known(environment)
        if known.get("said") == said:
            return
        if "id" in known and self._edit(environment, known["id"], text):
            identity: int | None = known["id"]
        else:
            identity = self._write_listed(environment, text, only_edit)
        if identity is not None:
            self._memory.write(self._name(environment), {"id": identity, "said": said}, MONTH)

    def _write_listed(self, environment: Environment, text: str, only_edit: bool) -> int | None:
        """The id of the comment that says ``text`` now; None where there is none and none may be made.

        More than one is there where the answer to a POST was lost: the oldest stays.
        """
        ours = self._listed(environment)
        for other in ours[1:]:
            self._delete(environment, other.id)
        if not ours:
            return None if only_edit else self._create(environment, text)
        first = ours[0]
        if first.text == text or self._edit(environment, first.id, text):
            return first.id
        return None

    def _listed(self, environment: Environment) -> list[Remark]:
        path = f"{self._issue(environment)}/comments?per_page=100"
        remarks = everything(self._connection, path, parse.each(parse.remark))
        ours = ((self._ours(remark, environment.repository), remark) for remark in remarks)
        found = [remark for comment, remark in ours if comment and comment.environment == environment]
        return sorted(found, key=lambda remark: remark.id)

    def _ours(self, remark: Remark, repository: int) -> Comment | None:
        if remark.author != self._login():
            return None
        mark = marked(remark.text)
        if mark is None or (mark.instance, mark.repository) != (self._instance, repository):
            return None
        environment = Environment.of_pull_request(repository, mark.number)
        return Comment(remark.id, environment, mark.state)

    def _create(self, environment: Environment, text: str) -> int | None:
        path = f"{self._issue(environment)}/comments"
        answer = self._connection.write("POST", path, {"body": text})
        if answer.missing:
            return None
        identity = parse.understood(parse.identity, answer.body, path)
        self._say("comment.created", environment=environment.key, comment=identity)
        return identity

    def _edit(self, environment: Environment, identity: int, text: str) -> bool:
        """Whether it was still there to be edited."""
        answer = self._connection.write("PATCH", self._comment(environment, identity), {"body": text})
        if not answer.missing:
            self._say("comment.edited", environment=environment.key, comment=identity)
        return not answer.missing

    def _delete(self, environment: Environment, identity: int) -> None:
        answer = self._connection.write("DELETE", self._comment(environment, identity))
        if not answer.missing:
            self._say("comment.deleted", environment=environment.key, comment=identity)

    def _latest_remarks(self, repository: int) -> tuple[Remark, ...]:
        name = f"github/{repository}/comments/{self._connection.holder}"
        path = f"{root(repository)}/issues/comments?sort=updated&direction=desc&per_page=100"
        known = _kept_remarks(self._memory.read(name))
        latest = kept(self._connection, path, parse.each(parse.heading), known)
        if latest is not known:
            self._memory.write(name, _LATEST.dump_python(latest, mode="json"), DAY)
        return latest.value

    def _known(self, environment: Environment) -> dict[str, Any]:
        value = self._memory.read(self._name(environment))
        return value if isinstance(value, dict) else {}

    def _name(self, environment: Environment) -> str:
        return f"github/{self._instance}/{environment.key}/comment"

    def _issue(self, environment: Environment) -> str:
        return f"{root(environment.repository)}/issues/{environment.number}"

    def _comment(self, environment: Environment, identity: int) -> str:
        return f"{root(environment.repository)}/issues/comments/{identity}"


def _kept_remarks(value: Any | None) -> Kept[tuple[Remark, ...]] | None:
    try:
        return None if value is None else _LATEST.validate_python(value)
    except ValidationError:
        return None
