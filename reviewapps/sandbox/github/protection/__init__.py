"""What branches ask for before anything gets into them, and who is held to it."""

from __future__ import annotations

from reviewapps.sandbox.github.protection.gate import Gate
from reviewapps.sandbox.github.protection.rules import Requirements, requirements, review_rule

__all__ = ["Gate", "Requirements", "requirements", "review_rule"]
