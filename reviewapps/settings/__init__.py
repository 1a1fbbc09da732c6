"""The process environment and ``reviewapps.toml`` → one frozen value."""

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
    "Settings",
    "settings",
    "variables",
]
