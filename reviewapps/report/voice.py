"""Where we speak: the words that stay the same, whatever there is to say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewapps.model import Repository
from reviewapps.outcome import Serving
from reviewapps.report.markdown import code, link, prose

_PULLS = re.compile(r"(\(#\d{1,9}(?:, #\d{1,9})*(?: and \d+ more)?\))")


@dataclass(frozen=True)
class Voice:
    """Who speaks about which repository. ``web_url`` is where people read it: ``https://github.com``; ``page`` is
    our own status page of it, "" where there is none that everybody finds."""

    instance: str
    repository: Repository
    web_url: str
    page: str = ""

    def commit_url(self, commit: str) -> str:
        return f"{self.web_url}/{self.repository.name}/commit/{commit}"

    def pull_url(self, number: int) -> str:
        return f"{self.web_url}/{self.repository.name}/pull/{number}"

    def commit(self, commit: str) -> str:
        return link(code(commit[:7]), self.commit_url(commit))

    def pull(self, number: int) -> str:
        return link(f"#{number}", self.pull_url(number))

    def with_pulls(self, text: str) -> str:
        """A sentence in which pull requests stand in brackets, ``1 approval (#12, #14)``, each as a link."""
        pieces = _PULLS.split(text)
        shown = (self._linked(one) if at % 2 else prose(one) for at, one in enumerate(pieces))
        return "".join(shown)

    def _linked(self, pulls: str) -> str:
        return re.sub(r"#(\d+)", lambda found: self.pull(int(found[1])), pulls)

    def still(self, serving: Serving | None) -> str:
        """The line that says what serves meanwhile, if anything does."""
        return "" if serving is None else f"Still live: {self.commit(serving.commit)} at {serving.url}"

    def command(self, verb: str, number: int) -> str:
        """What somebody may type about a pull request."""
        return code(f"reviewapps {verb} {self.repository.name}#{number}")
