"""What several workers agree on through Redis: what is due, who may touch it, when the clock strikes.

Nothing here is truth. GitHub and Cloud Foundry hold that, so a Redis that forgets everything (``FLUSHALL``)
costs time and never correctness. Every key starts with the prefix of one installation, such as
``reviewapps:acme:``, and every time is Redis's own ``TIME``: the clocks of two machines need not agree.
Each client passed in answers in bytes (redis-py's default; not ``decode_responses``).
"""
