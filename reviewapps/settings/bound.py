"""The services that are bound to us on Cloud Foundry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from reviewapps.errors import BadSettings

VARIABLE = "VCAP_SERVICES"
REDIS = "aws-elasticache-redis"
"""The offering of cloud.gov's broker."""


def services(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """All of them, whatever offers them. BadSettings where the platform's own words cannot be read."""
    try:
        bound = json.loads(environ.get(VARIABLE) or "{}")
    except ValueError:
        raise BadSettings(f"{VARIABLE} is no JSON") from None
    return [service for services in bound.values() for service in services]


def bound_redis(environ: Mapping[str, str]) -> str:
    """The address of the Redis that is bound to us; else nothing. BadSettings where there are several.

    The broker's own ``uri`` says ``redis://``, while its servers take nothing but TLS: we build our own.

    >>> bound_redis({})
    ''
    """
    found = [service for service in services(environ) if service.get("label") == REDIS]
    if len(found) > 1:
        names = ", ".join(str(service.get("name")) for service in found)
        raise BadSettings(
            f"several Redis are bound ({names}): unbind all but one, or set REVIEWAPPS_REDIS_URL"
        )
    return _address(found[0]) if found else ""


def _address(service: Mapping[str, Any]) -> str:
    try:
        told = service["credentials"]
        password = quote(told["password"], safe="")
        return f"rediss://:{password}@{told['host']}:{int(told['port'])}/0"
    except (KeyError, TypeError, ValueError):
        raise BadSettings(
            f"the service {service.get('name')} does not say host, port and password: set REVIEWAPPS_REDIS_URL"
        ) from None
