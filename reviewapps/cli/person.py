"""Who sits here, as the owner of their own GitHub token: what they say by hand is told with their name."""

from __future__ import annotations

import getpass
import os
import subprocess
from typing import Final
from urllib.parse import urlsplit

import requests

from reviewapps.errors import BadSettings, unanswered
from reviewapps.settings import Settings

PATIENCE: Final = 10


def somebody(told: Settings) -> str:
    """Who says something: on GitHub, or else on this machine. A workflow's token is nobody's, and whoever has to
    go back does so also while GitHub is away."""
    try:
        return person(told) or _here()
    except BadSettings:
        return _here()


def person(told: Settings) -> str | None:
    """Whose the GitHub token of whoever sits here is; None where there is none. BadSettings where GitHub does not
    say."""
    token = os.environ.get("GH_TOKEN") or os.environ.get("GITHUB_TOKEN") or _token_of_gh(told)
    if not token:
        return None
    url = f"{told.grants.github.url.rstrip('/')}/user"
    try:
        answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
    except requests.RequestException as broken:
        raise BadSettings(f"GitHub does not say whose your token is: {unanswered(broken)}") from None
    if answer.status_code != 200:
        raise BadSettings(f"GitHub does not know whose your token is: it answered {answer.status_code}")
    return str(answer.json()["login"])


def _here() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "somebody"


def _token_of_gh(told: Settings) -> str:
    """The token that ``gh`` has for the very GitHub that it is sent to, and not for another one."""
    try:
        asked = subprocess.run(
            ["gh", "auth", "token", "--hostname", _host(told.grants.github.url)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _host(api: str) -> str:
    """What ``gh`` calls the GitHub whose API is there.

    >>> _host("https://api.github.com"), _host("https://api.acme.ghe.com"), _host("https://git.acme.org/api/v3")
    ('github.com', 'acme.ghe.com', 'git.acme.org')
    """
    host = urlsplit(api).hostname or ""
    return host.removeprefix("api.") if host == "api.github.com" or host.endswith(".ghe.com") else host
