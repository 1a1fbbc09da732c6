"""The app that we are, where we run on Cloud Foundry ourselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = "VCAP_APPLICATION"


@dataclass(frozen=True)
class Own:
    """``space`` is the guid of the space that we run in; ``where`` says in words where that is; ``address`` is
    where the router leads to us, "" where it does not."""

    space: str
    where: str
    address: str = ""


def own_app(environ: Mapping[str, str]) -> Own | None:
    """What Cloud Foundry tells us of ourselves; None where we do not run on one."""
    try:
        told = json.loads(environ.get(VARIABLE) or "{}")
        space = told.get("space_id")
    except (ValueError, AttributeError):
        return None
    if not isinstance(space, str) or not space:
        return None
    where = f"{told.get('organization_name')}/{told.get('space_name')}"
    uris = [uri for uri in told.get("application_uris") or () if isinstance(uri, str)]
    return Own(space, where, f"https://{uris[0]}" if uris else "")
