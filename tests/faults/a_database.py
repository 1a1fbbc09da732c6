"""A day of a pull request with a database of its own and commands around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import psycopg
import yaml

from reviewapps.sandbox.cloudfoundry.state import Binding, ServiceInstance
from tests.faults.days import BRISK, BYSTANDER, SoFar, Story, gone, let_in_a_bystander, live, still
from tests.faults.shop import Shop
from tests.stories.samples import manifest

POSTGRES: Final = "review-db"
COMMANDS: Final = ("release", "setup", "teardown")


def environment(shop: Shop) -> Mapping[str, str]:
    """That of an orchestrator that may make databases."""
    return shop.playground.environment(**BRISK, POSTGRES=POSTGRES)


def settle_in(shop: Shop) -> None:
    """Let there be what is nobody's business, a PostgreSQL for previews, and rules that ask for it."""
    let_in_a_bystander(shop).create_service(POSTGRES, "aws-rds/micro-psql")
    ask_for_data(shop)


def ask_for_data(shop: Shop) -> None:
    """Let previews have a database of their own, and commands around it."""
    rules = {"services": {"shop-db": {"database": "own"}}, **_commands(shop)}
    asked = yaml.safe_dump({"environments": {"review": rules}})
    shop.octocat.write("main", "Ask", {".reviewapps.yml": asked, **manifest(services="[shop-db]")})


def _commands(shop: Shop) -> dict[str, str]:
    """Each writes down that it ran, outside of the container."""
    ran = {
        name: f'echo "$REVIEWAPPS_COMMIT $DATABASE_URL" >> {shop.playground.home / name}' for name in COMMANDS
    }
    return {**ran, "release": ran["release"] + "; test ! -s broken"}


def _opened(shop: Shop, now: SoFar) -> Iterator[str]:
    preview = shop.open("blue header")
    now.released.append(preview.commit)
    yield from live(shop, now, preview)


def _pushed(shop: Shop, now: SoFar) -> Iterator[str]:
    assert now.pushed is not None
    preview = shop.push(now.pushed, "green header")
    now.released.append(preview.commit)
    yield from live(shop, now, preview)


def _unreleasable(shop: Shop, now: SoFar) -> Iterator[str]:
    assert now.pushed is not None
    failed = shop.push(now.pushed, "no header", broken="1")
    now.released.append(failed.commit)
    yield from still(shop, now, failed, "its release task failed")


def _mended(shop: Shop, now: SoFar) -> Iterator[str]:
    assert now.pushed is not None
    preview = shop.push(now.pushed, "white header", broken=None)
    now.released.append(preview.commit)
    yield from live(shop, now, preview)


def _closed(shop: Shop, now: SoFar) -> Iterator[str]:
    assert now.served is not None
    shop.octocat.close(now.served.number)
    yield from gone(shop, now)
    yield from _odd_runs(shop, len(now.released))
    yield from odd_data(shop)


def _odd_runs(shop: Shop, releases: int) -> Iterator[str]:
    """Commands that were run more often than once for the same, or never."""
    for name, most in zip(COMMANDS, (releases, 1, 1), strict=True):
        file = shop.playground.home / name
        ran = Counter(line.split()[0] for line in file.read_text().splitlines()) if file.exists() else {}
        yield from (
            f"{name} ran {times} times for {commit[:7]}" for commit, times in ran.items() if times > 1
        )
        if len(ran) != most:
            yield f"{name} ran for {len(ran)} commits, and not for {most}"


def odd_data(shop: Shop) -> Iterator[str]:
    """Services, bindings, databases and roles that are left, or gone by mistake."""
    instances = list(shop.world.cloudfoundry.world.all(ServiceInstance))
    if (names := sorted(one.name for one in instances)) != [BYSTANDER, POSTGRES]:
        yield f"after all there are services {names}"
    apps = [b for b in shop.world.cloudfoundry.world.all(Binding) if getattr(b, "app", None) is not None]
    if apps:
        yield f"{len(apps)} bindings are left"
    uri = next(one.credentials["uri"] for one in instances if one.name == POSTGRES)
    with psycopg.connect(uri) as server:
        databases = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ra%'").fetchall()
        roles = server.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ra%'").fetchall()
    for (name,) in databases + roles:
        yield f"on the PostgreSQL server {name} is left"


A_DATABASE: Final = Story(
    prepare=settle_in,
    scenes={
        "opened": _opened,
        "pushed to": _pushed,
        "not released": _unreleasable,
        "mended": _mended,
    },
    end=_closed,
    environment=environment,
)
