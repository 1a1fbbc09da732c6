"""The ``reviewapps`` command. A room registers its commands by being imported here."""

from reviewapps.cli import (
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
from reviewapps.cli.menu import app

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
