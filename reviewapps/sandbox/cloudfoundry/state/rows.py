"""What every row has."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewapps.sandbox.cloudfoundry.state.places import Organization, Space


def new_guid() -> str:
    return str(uuid.uuid4())


@dataclass(eq=False, kw_only=True, repr=False)
class Row:
    """What every resource has. ``home`` is where a role is needed to see it; without one everybody does."""

    guid: str = field(default_factory=new_guid)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Organization | Space | None:
        return None

    def touch(self) -> None:
        """Note that the row has changed."""
        self.updated_at = time.time()
