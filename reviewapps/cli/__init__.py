"""The ``reviewapps`` command. A room registers its commands by being imported here."""

import gc

gc.disable()  # all that is imported stays: to look through it meanwhile takes an eighth of a second, for nothing

from reviewapps.cli import (  # noqa: E402
    acting,
    adopting,
    asking,
    caring,
    governing,
    looking,
    playing,
    seeing,
    sweeping,
    working,
)
from reviewapps.cli.menu import app  # noqa: E402

gc.enable()

__all__ = [
    "acting",
    "adopting",
    "app",
    "asking",
    "caring",
    "governing",
    "looking",
    "playing",
    "seeing",
    "sweeping",
    "working",
]
