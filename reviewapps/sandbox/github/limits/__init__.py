"""How much may be asked: by the hour, and (if one wants it) how fast."""
