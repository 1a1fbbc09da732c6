"""What an environment may have, in the words of the room that reads manifests, and what it keeps."""

from __future__ import annotations

from typing import Final

from reviewapps.errors import BadManifest, BadRules
from reviewapps.grants import Grant
from reviewapps.manifest import Allowance
from reviewapps.model import Blueprint, Environment
from reviewapps.rules import Rules

KEEP: Final = ("staging", "production")
"""Kinds of environments whose data is nobody's to throw away by a deploy."""


def allowance(grant: Grant, environment: Environment) -> Allowance:
    """What the operator's grant leaves an environment."""
    kind = environment.kind
    return Allowance(
        grant.memory_mb,
        grant.may_share(kind),
        grant.plans,
        kind in grant.databases,
        disk_mb=grant.disk_mb,
    )


def keeps_its_data(environment: Environment, asked: Rules | BadRules, grant: Grant) -> bool:
    """Whether its databases are never made anew: staging's and production's, and those of whatever something is
    asked for before a commit may go there. Where nobody can read whether, they are kept too."""
    if not environment.shared:
        return False
    if environment.kind in KEEP or isinstance(asked, BadRules):
        return True
    return not grant.requires(environment.kind, asked.of(environment).requires).nothing


def check_data(environment: Environment, plan: Blueprint) -> None:
    """Raise BadManifest where each deploy would empty what staging or production keeps."""
    emptied = next((one.name for one in plan.services if one.fresh), None)
    if emptied is not None and environment.shared and environment.kind in KEEP:
        raise BadManifest(
            f"the rules make `{emptied}` anew with each deploy, and what {environment.name} keeps is never thrown "
            f"away by us: name it under `{environment.name}` without `fresh`"
        )
