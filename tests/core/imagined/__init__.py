"""A Cloud Foundry that exists only in memory: what the platform would do with a plan's steps, and when.

Time passes in looks. What takes long (an upload, a build, a copy, a start, a deployment, a cancellation) ends
some looks later. ``Fate`` says what becomes of source that is built and started. What no plan may ever ask
for is refused with an AssertionError, the way that the real platform would bite.
"""

from tests.core.imagined.platform import CloudFoundry
from tests.core.imagined.state import BAD_BITS, DOMAIN, FAULT, LOOK, QUOTA, Fate, Note, Running, Trouble

__all__ = [
    "BAD_BITS",
    "DOMAIN",
    "FAULT",
    "LOOK",
    "QUOTA",
    "CloudFoundry",
    "Fate",
    "Note",
    "Running",
    "Trouble",
]
