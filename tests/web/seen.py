"""What looks may have seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reviewapps.model import Environment
from reviewapps.overview import Overview, Passed, Row

COMMIT = "3f2c1ab" + 33 * "0"


def shop(
    number_of_previews: int = 1, *, looked: timedelta = timedelta(seconds=12), reason: str = ""
) -> Overview:
    """``acme/shop`` as it was ``looked`` at so long ago: previews that are live, one that failed, and dev."""
    now = datetime.now(UTC)
    previews = [
        Row(
            Environment(7, f"pr-{number}"),
            "live",
            runs=COMMIT,
            commit=COMMIT,
            since=now - timedelta(hours=2),
            ends=now + timedelta(days=5),
            memory_mb=256,
            address=f"https://shop-pr-{number}.app.cloud.gov",
        )
        for number in range(1, number_of_previews + 1)
    ]
    failed = Row(
        Environment(7, "pr-9000"), "failed", commit="9a8b7c6" + 33 * "0", reason=reason or "build failed"
    )
    dev = Row(
        Environment(7, "dev"), "live", runs="dev-map", commit=COMMIT, address="https://shop-dev.app.cloud.gov"
    )
    passed = (Passed(13, "bot"), Passed(14, "fork"))
    return Overview("acme/shop", True, now - looked, (*previews, failed, dev), passed)


def empty(repository: str) -> Overview:
    return Overview(repository, False, datetime.now(UTC))
