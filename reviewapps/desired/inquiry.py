"""What is known of GitHub, and what has to be asked of it before shared environments can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reviewapps.approval import Evidence
from reviewapps.desired.verdicts import Asks, Known, Way
from reviewapps.errors import BadRules, OperatorMustAct, ReviewAppsError
from reviewapps.model import Tag, Tagging
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Untold:
    """A question that GitHub did not answer, and why."""

    question: Tag | str | Way
    why: ReviewAppsError

    @property
    def words(self) -> str:
        """In a line."""
        match self.question:
            case Way(branch, head=head):
                what = f"how {head[:7]} came to {branch}"
            case Tag(name):
                what = f"what the tag {name} means"
            case commit:
                what = f"the rules at {commit[:7]}"
        return f"GitHub does not tell {what}: {self.why}"

    @property
    def operator(self) -> bool:
        """Whether somebody who runs reviewapps has to act before it does."""
        return isinstance(self.why, OperatorMustAct)


@dataclass
class Inquiry:
    """Each answer is None as long as it is not known; it is then among what is asked."""

    known: Known
    _tags: set[Tag] = field(default_factory=set)
    _rules: set[str] = field(default_factory=set)
    _ways: set[Way] = field(default_factory=set)

    def meanings(self, tags: Iterable[Tag]) -> Mapping[Tag, Tagging] | None:
        """What these tags mean, without those that mean no commit."""
        wanted, answers = list(tags), self.known.taggings
        unknown = [tag for tag in wanted if tag not in answers]
        self._tags.update(unknown)
        found = {tag: answers[tag] for tag in wanted if tag in answers}
        return None if unknown else {tag: meant for tag, meant in found.items() if meant is not None}

    def rules_at(self, commit: str) -> Rules | BadRules | None:
        """The rules at a commit, or that they cannot be read."""
        if commit not in self.known.rules_at:
            self._rules.add(commit)
        return self.known.rules_at.get(commit)

    def evidence(self, way: Way) -> Evidence | None:
        """What there is for what is required on the way."""
        if way not in self.known.evidence:
            self._ways.add(way)
        return self.known.evidence.get(way)

    def include(self, other: Inquiry) -> None:
        """Ask what another one asks, too."""
        self._tags |= other._tags
        self._rules |= other._rules
        self._ways |= other._ways

    @property
    def untold(self) -> tuple[Untold, ...]:
        """What was asked and is not answered."""
        known = self.known.untold
        asked: tuple[Tag | str | Way, ...] = (*self._tags, *self._rules, *self._ways)
        found = (Untold(one, known[one]) for one in asked if one in known)
        return tuple(sorted(found, key=lambda one: one.words))

    @property
    def asks(self) -> Asks:
        """What has to be known first."""
        return Asks(tags=frozenset(self._tags), rules_at=frozenset(self._rules), ways=frozenset(self._ways))
