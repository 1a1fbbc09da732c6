"""The process environment and ``reviewapps.toml`` → one frozen value."""

from reviewapps.settings.own import Own, own_app
from reviewapps.settings.secrets import SECRET
from reviewapps.settings.settings import (
    FILE,
    INJECTED,
    LOOPBACK,
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
    "Own",
    "Settings",
    "own_app",
    "settings",
    "variables",
]
