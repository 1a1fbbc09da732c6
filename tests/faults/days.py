"""Two days in the life of a pull request, and what is odd about how they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
import yaml

from reviewapps.demo.onlooker import page
from reviewapps.sandbox.cloudfoundry.state import Binding, ServiceInstance
from tests.faults.shop import Preview, Shop
from tests.stories.operator import Operator
from tests.stories.samples import BROKEN_BUILD, CRASHES_AT_START, WORKING_APP, manifest

Story = Callable[[Shop], Iterator[str]]

BYSTANDER = "bystander"
"""An app, its address and a service in the same space that are nobody's business."""

POSTGRES = "review-db"
COMMANDS: Final = ("release", "setup", "teardown")


def settle_in(shop: Shop) -> None:
    """Let there be what is nobody's business, and a PostgreSQL for previews."""
    operator = Operator(shop.world)
    operator.create_app(BYSTANDER)
    operator.create_route(BYSTANDER)
    operator.create_user_provided(BYSTANDER, {"host": "mail.example.gov"})
    operator.create_service(POSTGRES, "aws-rds/micro-psql")
    shop.world.cloudfoundry.observed.calls.clear()


def an_app(shop: Shop) -> Iterator[str]:
    """Opened, pushed to, broken in its build and at its start, mended, tagged and merged; what is odd.

    The shared dev app follows a tag of what the preview runs, so that nothing has to be built."""
    preview = shop.open("blue header")
    yield from _live(shop, preview)
    preview = shop.push(preview, "green header")
    yield from _live(shop, preview)
    failed = shop.push(preview, "no header", **_as_keywords(BROKEN_BUILD))
    yield from _still(shop, preview, failed, "build failed")
    failed = shop.push(failed, "some header", bin__pre_compile=None, **_as_keywords(CRASHES_AT_START))
    yield from _still(shop, preview, failed, "crashed at start")
    preview = shop.push(failed, "white header", **_as_keywords(WORKING_APP))
    yield from _live(shop, preview)
    yield from _tagged(shop, preview)
    yield from _deleted_too_soon(shop)
    shop.octocat.merge(preview.number)
    yield from _gone(shop, preview, ["shop-dev"])


def a_database(shop: Shop) -> Iterator[str]:
    """With a database of its own and commands around it: opened, pushed to, a failing release, mended, closed."""
    ask_for_data(shop)
    preview = shop.open("blue header")
    yield from _live(shop, preview)
    commits = [preview.commit]
    preview = shop.push(preview, "green header")
    yield from _live(shop, preview)
    failed = shop.push(preview, "no header", broken="1")
    yield from _still(shop, preview, failed, "its release task failed")
    preview = shop.push(failed, "white header", broken=None)
    yield from _live(shop, preview)
    commits += [failed.commit, preview.commit]
    yield from _deleted_too_soon(shop)
    shop.octocat.close(preview.number)
    yield from _gone(shop, preview, [])
    yield from _odd_runs(shop)
    yield from odd_data(shop)


STORIES: Final[dict[str, tuple[Story, int]]] = {"an app": (an_app, 5), "a database": (a_database, 4)}
"""What can be lived through, and how many builds it takes."""


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


def _as_keywords(files: Any) -> dict[str, str | None]:
    return {name.replace("/", "__"): text for name, text in files.items()}


def _live(shop: Shop, preview: Preview) -> list[str]:
    shop.until_live(preview)
    shop.until_settled()
    return shop.oddities(preview, builds=preview.pushes + 1)


def _still(shop: Shop, served: Preview, failed: Preview, words: str) -> list[str]:
    """What is odd when a push has failed and what was served before is served on."""
    short = (failed.commit[:7], served.commit[:7], "Still live", words)
    what = f"a comment that says {words}"
    shop.until(what, lambda: shop.onlooker.comment(failed.number, *short), 40.0)
    shop.until_settled()
    return shop.oddities_of_platform(served, builds=failed.pushes + 1)


def _tagged(shop: Shop, preview: Preview) -> Iterator[str]:
    shop.octocat.tag("dev-1", preview.commit)
    shop.until("the deployment of dev", lambda: shop.deployment_states("dev") == ["success"])
    shop.until_settled()
    seen = page(shop.url("dev"))
    if seen.headline != preview.words:
        yield f"dev says {seen.headline!r} ({seen.status}) and not {preview.words!r}"
    if shop.builds("shop-dev") > 1:
        yield f"{shop.builds('shop-dev')} builds of dev"


def _gone(shop: Shop, preview: Preview, stays: list[str]) -> Iterator[str]:
    shop.until_gone(preview)
    shop.until_settled()
    yield from shop.leftovers(preview)
    names = sorted([BYSTANDER, *stays])
    if (shop.apps(), shop.hosts()) != (names, names):
        yield f"after all there are apps {shop.apps()} and routes {shop.hosts()}"


def _deleted_too_soon(shop: Shop) -> Iterator[str]:
    """Whatever was deleted while nobody wanted anything gone."""
    for call in shop.world.cloudfoundry.observed.asked("DELETE", "^/v3/(apps|routes|service_instances)/"):
        yield f"DELETE {call.path} ({call.status}) while the pull request was open"


def _odd_runs(shop: Shop) -> Iterator[str]:
    """Commands that were run more often than once for the same, or never."""
    for name, most in zip(COMMANDS, (4, 1, 1), strict=True):
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
