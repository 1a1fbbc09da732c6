"""What there is, and why: the rows of ``list`` and of the status page, the answers of ``why``. Pure."""

from reviewapps.overview.decision import Answer, Decision, decision
from reviewapps.overview.overview import Overview, Passed, Row, State, overview, row, why

__all__ = ["Answer", "Decision", "Overview", "Passed", "Row", "State", "decision", "overview", "row", "why"]
