"""A Cloud Foundry in one process: a Cloud Controller, UAA, log-cache, and apps that really run."""

from reviewapps.sandbox.cloudfoundry.server import CloudFoundry

__all__ = ["CloudFoundry"]
