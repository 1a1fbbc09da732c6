"""Outcomes → what people read: the comment, GitHub's deployment, a line for Slack. Pure."""

from reviewapps.report.refusal_comment import headline
from reviewapps.report.slack import drift, late, somebody_is_needed
from reviewapps.report.telling import telling
from reviewapps.report.voice import Voice

__all__ = ["Voice", "drift", "headline", "late", "somebody_is_needed", "telling"]
