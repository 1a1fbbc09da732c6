"""Whether previews may connect to databases and to the internet, by the security groups of their space. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from reviewapps.cloudfoundry.place import Place, Rule
from reviewapps.doctor.finding import Finding, fail, warn
from reviewapps.doctor.seen import Seen
from reviewapps.grants import Target

INTERNET: Final = "the internet"
DESTINATIONS: Final = (
    ("databases", "trusted_local_networks_egress", IPv4Address("10.0.0.1"), 5432),
    (INTERNET, "public_networks_egress", IPv4Address("140.82.112.3"), 443),
)
"""In words, cloud.gov's group for it, and one address and port of that kind."""


def egress(seen: Seen, target: Target, place: Place) -> Iterator[Finding]:
    if place.egress is None:
        return
    for what, group, address, port in DESTINATIONS:
        if not any(allows(rule, address, port) for rule in place.egress):
            gated = target.gate is not None and what == INTERNET
            lost = "so the gate leads nobody to a preview" if gated else "nor can a preview that needs to"
            yield (fail if gated else warn)(
                f"cf {target.name}",
                f"the space cannot reach {what}, {lost}",
                f"an OrgManager runs: cf bind-security-group {group} {target.org} --space {target.space}",
            )


def allows(rule: Rule, address: IPv4Address, port: int) -> bool:
    """Whether TCP to this address and port passes by the rule. What cannot be read allows nothing."""
    if rule.protocol not in ("tcp", "all"):
        return False
    try:
        there = any(_holds(part.strip(), address) for part in rule.destination.split(","))
        return there and (rule.protocol == "all" or any(_opens(part, port) for part in rule.ports.split(",")))
    except ValueError:
        return False


def _holds(destination: str, address: IPv4Address) -> bool:
    if ":" in destination:  # IPv6
        return False
    first, dash, last = destination.partition("-")
    if dash:
        return IPv4Address(first) <= address <= IPv4Address(last)
    return address in IPv4Network(destination, strict=False)


def _opens(ports: str, port: int) -> bool:
    first, dash, last = ports.strip().partition("-")
    return int(first) <= port <= int(last if dash else first)
