"""Celery: what carries the names of environments from the due set to a process that settles them.

Only what cannot be tested without Celery is here; everything else is in ``reviewapps.coordination``.
"""

import os

# billiard reads this once, when it is first imported: SIGTERM then means "put the messages back and end
# within seconds", as Cloud Foundry and docker ask, and not "first finish what may take minutes".
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
