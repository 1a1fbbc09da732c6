"""The process environment and ``reviewapps.toml`` → one frozen value."""

from reviewapps.settings.fields import LOOPBACK, Bind
from reviewapps.settings.own import Own, own_app
from reviewapps.settings.secrets import SECRET
from reviewapps.settings.settings import (
    FILE,
    INJECTED,
    PREFIX,
    VARIABLES,
    Settings,
    settings,
    variables,
)

__all__ = [
    "FILE",
    "INJECTED",
    "LOOPBACK",
    "PREFIX",
    "SECRET",
    "VARIABLES",
    "Bind",
    "Own",
    "Settings",
    "own_app",
    "settings",
    "variables",
]
