"""What is ours on a server."""

from typing import Final

PREFIX: Final = "ra_"
"""What all of our databases and roles begin with; nothing else is ever dropped."""
