"""Look, plan, carry out, report: the only room where order lives.

A ``Reconciler`` keeps one repository's environments. Its ``look`` is one tick: it only finds out which want
attention. Its ``settle`` brings one environment as near to where it should be as can be done now, tells people,
and says when to look again. Neither believes anything that an earlier run remembered beyond what stands on
GitHub and in Cloud Foundry's labels; ``Memory`` only saves requests.
"""

from reviewapps.reconcile.adopting import Adoption
from reviewapps.reconcile.by_hand import Standing
from reviewapps.reconcile.governing import Governing
from reviewapps.reconcile.means import Journal, Means, Pace, Uncounted
from reviewapps.reconcile.reconciler import Reconciler
from reviewapps.reconcile.rehearsal import Rehearsed
from reviewapps.reconcile.seen import last_overview

__all__ = [
    "Adoption",
    "Governing",
    "Journal",
    "Means",
    "Pace",
    "Reconciler",
    "Rehearsed",
    "Standing",
    "Uncounted",
    "last_overview",
]
