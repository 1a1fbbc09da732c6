"""Desired and actual → what to do: for a repository, which environments want attention; for one environment,
the next step. Pure.

Each question of a plan is asked of what stands on the platform, never of what was done before: so whoever was
killed is simply continued by the next one who looks.
"""

from reviewapps.plan.attempts import began_after, in_doubt, is_live, is_over
from reviewapps.plan.attention import attention, fingerprint, unfinished
from reviewapps.plan.drift import drifted
from reviewapps.plan.ended import ended, newest_attempt
from reviewapps.plan.lasting import gone_on, lasting, with_ends
from reviewapps.plan.next_step import next_step
from reviewapps.plan.notes import Note, as_noted, may_go_before, together
from reviewapps.plan.removal import Farewell, Removal, next_farewell, next_removal, next_rest
from reviewapps.plan.restoring import may_have_changed, restored
from reviewapps.plan.returning import with_what_is_left
from reviewapps.plan.tasks import is_parting
from reviewapps.plan.terms import Terms, another_try

__all__ = [
    "Farewell",
    "Note",
    "Removal",
    "Terms",
    "another_try",
    "as_noted",
    "attention",
    "began_after",
    "drifted",
    "ended",
    "fingerprint",
    "gone_on",
    "in_doubt",
    "is_live",
    "is_over",
    "is_parting",
    "lasting",
    "may_go_before",
    "may_have_changed",
    "newest_attempt",
    "next_farewell",
    "next_removal",
    "next_rest",
    "next_step",
    "restored",
    "together",
    "unfinished",
    "with_ends",
    "with_what_is_left",
]
