"""One shared environment that is judged, and by whose rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reviewapps.approval import Requires
from reviewapps.desired.inquiry import Inquiry
from reviewapps.desired.permitted import permitted_last
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import App, Environment, Follows, Wanted
from reviewapps.rules import Rules


@dataclass(frozen=True)
class Case:
    """All that plays a part. ``rules`` are those of the default branch, by which it ``follows`` something."""

    environment: Environment
    app: App | None
    wanted: Wanted
    rules: Rules
    follows: Follows
    grant: Grant
    inquiry: Inquiry
    now: datetime

    def requires(self, rules: Rules) -> Requires:
        """What is asked for before a commit goes there, by these rules and by the operator."""
        return self.grant.requires(self.environment.kind, rules.of(self.environment).requires)

    def rules_there(self) -> Rules | BadRules | None:
        """The rules at the commit that runs there: no pull request lowers what is asked of itself. None where they
        have to be asked for first; where nothing of ours ever ran, those of the default branch."""
        commit = permitted_last(self.app)
        there = self.rules if commit is None else self.inquiry.rules_at(commit)
        return None if there is None else self._or_of_the_default_branch(there)

    def rules_there_as_known(self) -> Rules | BadRules:
        """The same, without asking: those of the default branch as long as they are not known."""
        there = self.inquiry.known.rules_at.get(permitted_last(self.app) or "", self.rules)
        return self._or_of_the_default_branch(there)

    def _or_of_the_default_branch(self, there: Rules | BadRules) -> Rules | BadRules:
        """Those of the default branch where these cannot be read, and nobody asks for anything: so one tag with a
        broken file holds up no other. Where these may have asked, a pull request could else take that away."""
        broken = isinstance(there, BadRules) and not self._may_have_asked(there)
        return self.rules if broken and self.requires(self.rules).nothing else there

    def _may_have_asked(self, there: BadRules) -> bool:
        """Whether rules that cannot be read want something before a commit goes there, as far as they can be. Of
        what came by a tag nobody is held to what cannot be read at all."""
        if there.asks is not None:
            return self.environment.kind in there.asks
        came_by_tag = self.app is not None and bool(self.app.tags_seen)
        return not (came_by_tag and self.follows.tags)
