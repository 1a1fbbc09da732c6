"""Cloud Foundry: look at a space, and carry out the steps of a plan there."""

from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.space import SpaceClient
from reviewapps.cloudfoundry.spaces import Spaces

__all__ = ["Access", "SpaceClient", "Spaces"]
