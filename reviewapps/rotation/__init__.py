"""A new password before the old one dies: made, tried, stored, and only then the old one deleted."""

from reviewapps.rotation.command import rotate

__all__ = ["rotate"]
