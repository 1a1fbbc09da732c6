"""Whether previews with a database of their own are kept to it, on each target's PostgreSQL. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reviewapps.doctor.finding import Finding, ok, warn
from reviewapps.doctor.seen import Seen
from reviewapps.errors import ReviewAppsError


def databases(seen: Seen) -> Iterator[Finding]:
    grants = seen.told.settings.grants if seen.told.settings else None
    for target in grants.targets.values() if grants else ():
        area, found = f"cf {target.name}", seen.databases.get(target.name)
        if isinstance(found, ReviewAppsError):
            mend = "where reviewapps runs, it has to be reached (on cloud.gov: trusted_local_networks_egress)"
            yield warn(area, f"{target.postgres} could not be looked at: {found}", mend)
        elif found:
            named = ", ".join(found)
            yield warn(
                area,
                f"on {target.postgres} previews may connect to more than their own databases: {named}; our "
                "account may not keep them out",
                f"who owns them runs: REVOKE CONNECT, TEMPORARY ON DATABASE {named} FROM PUBLIC",
            )
        elif found is not None:
            yield ok(area, f"on {target.postgres} previews may connect to no database but their own")
