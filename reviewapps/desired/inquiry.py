"""What is known of GitHub, and what has to be asked of it before shared environments can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reviewapps.approval import Evidence
from reviewapps.desired.verdicts import Asks, Known, Way
from reviewapps.errors import BadRules
from reviewapps.model import Tag, Tagging
from reviewapps.rules import Rules


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

    @property
    def asks(self) -> Asks:
        """What has to be known first."""
        return Asks(tags=frozenset(self._tags), rules_at=frozenset(self._rules), ways=frozenset(self._ways))
