"""A GitHub, a Cloud Foundry and a Redis on this machine: a world for demos, tests and newcomers.

It shares no code with the clients it answers, so that a mistake in one cannot hide in the other.
"""
