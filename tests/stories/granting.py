"""An operator's ``reviewapps.toml`` for environments of one space, and the process environment with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reviewapps import settings
from reviewapps.sandbox.world import BOT, DEPLOYER, World
from reviewapps.settings.single import Single

FILE: Final = """
[target.cloud]
api = "{api}"
space = "acme/review"
credentials = "cf"
address = "http://{{host}}:{port}"

[github]
url = "{github}"

[[repository]]
name = "acme/shop"
environments = {{ {kinds} }}
"""
REQUIRES: Final = "requires = { production = { approvals = 1 } }\n"


def operators_file(world: World, *kinds: str) -> str:
    """One that grants these environments, and asks for an approval before production."""
    foundry, granted = world.cloudfoundry, ", ".join(f'{kind} = "cloud"' for kind in kinds)
    told = {"api": foundry.api_url, "port": foundry.app_port, "github": world.github.url}
    return FILE.format(kinds=granted, **told) + (REQUIRES if "production" in kinds else "")


def by_file(file: Path, world: World, known: Mapping[str, str], **secrets: str) -> dict[str, str]:
    """The process environment of an installation that this file describes, and no variables: of what is ``known``
    only the others remain. It finds the world's own secrets where nothing else is known, and these."""
    single = {settings.PREFIX + name.upper() for name in Single.model_fields}
    own = {"GITHUB": world.tokens[BOT], "CF": f"{DEPLOYER}:{DEPLOYER}"}
    return {
        **_named(own),
        **{name: value for name, value in known.items() if name not in single},
        **_named(secrets),
        settings.FILE: str(file),
    }


def _named(secrets: Mapping[str, str]) -> dict[str, str]:
    return {settings.SECRET + name: value for name, value in secrets.items()}
