"""What a person sees in the browser. Open to everyone on this machine."""

from reviewapps.sandbox.github.pages.views import Pages

__all__ = ["Pages"]
