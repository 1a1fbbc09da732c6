"""Who must agree to a pull request, who was asked, and who did."""

from __future__ import annotations

from reviewapps.sandbox.github.approvals.ownership import Ownership
from reviewapps.sandbox.github.approvals.reviews import Reviews
from reviewapps.sandbox.github.approvals.verdicts import Verdict, opinions, verdict

__all__ = ["Ownership", "Reviews", "Verdict", "opinions", "verdict"]
