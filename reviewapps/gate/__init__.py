"""What stands before previews: its keys, and the app that is pushed (``app/``, which knows nothing of us)."""

from reviewapps.gate.keys import Gate, gate_of
from reviewapps.gate.source import archive, source_digest

__all__ = ["Gate", "archive", "gate_of", "source_digest"]
