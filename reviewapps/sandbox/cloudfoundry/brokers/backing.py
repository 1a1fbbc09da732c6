"""What a broker does for the platform."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from reviewapps.sandbox.cloudfoundry.state import Binding

Credentials = dict[str, str]
"""What an app needs to use an instance. Numbers are words too, as with the brokers of cloud.gov."""


class BrokerFailure(Exception):
    """A broker could not do what was asked. The sentence is for whoever asked."""


class Backing(Protocol):
    """The real thing behind one offering; instances go by their guid."""

    async def provision(self, guid: str) -> Credentials:
        """The credentials of a new, empty instance. Raises BrokerFailure."""

    async def resume(self, guid: str, credentials: Credentials) -> Credentials:
        """Let an instance answer again after a restart: its credentials, the same ones where possible."""

    async def deprovision(self, guid: str) -> None:
        """Take the instance away, whoever still uses it; gone already is fine."""

    async def close(self) -> None:
        """End what runs, and keep the data."""


@runtime_checkable
class OfEachBinding(Protocol):
    """What a broker does besides that gives every binding credentials of its own."""

    async def bind(self, binding: Binding) -> Credentials:
        """The credentials of a new binding."""

    async def unbind(self, binding: Binding) -> None:
        """Let its credentials be worth nothing; gone already is fine."""
