"""What there is, and why: the rows of ``list`` and of the status page, the answers of ``why``. Pure."""

from reviewapps.overview.decision import Answer, Decision, decision, follows
from reviewapps.overview.detail import Detail, detail
from reviewapps.overview.freshness import Watched, longest, nobody_looks, watched
from reviewapps.overview.kept import kept, recalled, with_row
from reviewapps.overview.overview import Overview, Passed, Row, State, held_words, overview, row, why
from reviewapps.overview.steps_in_words import in_words
from reviewapps.overview.tick import Noted, Tick, said, tick

__all__ = [
    "Answer",
    "Decision",
    "Detail",
    "Noted",
    "Overview",
    "Passed",
    "Row",
    "State",
    "Tick",
    "Watched",
    "decision",
    "detail",
    "follows",
    "held_words",
    "in_words",
    "kept",
    "longest",
    "nobody_looks",
    "overview",
    "recalled",
    "row",
    "said",
    "tick",
    "watched",
    "why",
    "with_row",
]
