"""What of an environment still holds when the next turn goes on with it: what only we change, and what is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from reviewapps.model import Actual, App, Build, Deployment, Droplet, Package


def lasting(actual: Actual) -> Actual:
    """What may be believed of ``actual`` as long as nobody of ours touches the environment in between.

    The platform goes on with what is waited for, so that this is looked at anew, with all that may come of it. (An
    upload need not be: who builds it too early is told so. A build that was not over can have no copy.)
    Of a gate behind which nobody answered it is asked again whether it is up.
    How instances are, what commands run and what services there are is never believed: it changes by itself, or
    too much hangs on it. Nor is it that variables and sizes are set: the next turn may want others.
    """
    staging, guard = _waits(actual.builds), actual.guard
    if guard is not None and not (guard.bound and guard.up and actual.answers is not False):
        guard = None
    return replace(
        actual,
        packages=_processed(actual.packages),
        builds=None if staging else actual.builds,
        droplets=None if staging or _waits(actual.droplets) else actual.droplets,
        abroad=None,
        unsignable=frozenset(),
        alike=frozenset(),
        uncopied=frozenset(b.guid for b in actual.builds or () if b.state == "waiting"),
        builder_is_ours=None,
        deployments=None if any(one.active for one in actual.deployments or ()) else actual.deployments,
        instances=None,
        crashes=None,
        services=None,
        bindings=None,
        tasks=None,
        answers=None,
        configured=None,
        scaled=False,
        no_room_to_roll=False,
        guard=None if guard is None else replace(guard, tended=False),
    )


def with_ends(
    lasted: Actual,
    builds: tuple[Build, ...] | None,
    deployments: tuple[Deployment, ...] | None,
    over: Callable[[str], Build | Deployment | None],
) -> Actual:
    """``lasted`` with the ``builds`` and ``deployments`` that were there when it was kept, those that the platform
    was at work on as they ended since; where ``over`` knows of all of them."""
    built = [over(one.guid) if one.state == "waiting" else one for one in builds or ()]
    rolled = [over(one.guid) if one.active else one for one in deployments or ()]
    known = tuple(one for one in built if isinstance(one, Build))
    told = tuple(one for one in rolled if isinstance(one, Deployment))
    if len(known) == len(builds or ()) > 0:
        lasted = replace(lasted, builds=known)
    if len(told) == len(deployments or ()) > 0:
        lasted = replace(lasted, deployments=told)
    return lasted


def gone_on(kept: Actual, seen: Actual) -> Actual | None:
    """``seen``, which shows apps and routes alone, with all that was ``kept``; None where they are not as they
    were left."""
    if (_marks(kept.apps), frozenset(kept.routes)) != (_marks(seen.apps), frozenset(seen.routes)):
        return None
    return replace(kept, apps=seen.apps, routes=seen.routes)


def _marks(apps: Iterable[App]) -> frozenset[App]:
    return frozenset(replace(app, said=None) for app in apps)


def _processed(packages: tuple[Package, ...] | None) -> tuple[Package, ...] | None:
    waiting = [one for one in packages or () if one.state == "waiting"]
    if packages is None or not all(one.uploaded for one in waiting):
        return None
    return tuple(replace(one, processed=one.state == "waiting") for one in packages)


def _waits(some: Iterable[Build | Droplet] | None) -> bool:
    return any(one.state == "waiting" for one in some or ())
