"""What bears our labels and belongs to nothing any more: found, told, and removed when somebody says so."""

from reviewapps.sweeping.broom import Broom
from reviewapps.sweeping.leftovers import Leftover, counted

__all__ = ["Broom", "Leftover", "counted"]
