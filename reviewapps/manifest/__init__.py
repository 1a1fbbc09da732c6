"""The app's own manifest at one commit → the blueprint of what is deployed of it. Pure."""

from reviewapps.manifest.blueprint import blueprint
from reviewapps.manifest.decisions import Allowance

__all__ = ["Allowance", "blueprint"]
