"""The services of an environment: there, filled and bound before anything new is started; unbound where they are
no longer wanted. Those of its own live as long as it does."""

from __future__ import annotations

from collections.abc import Mapping

from reviewapps import steps
from reviewapps.model import (
    Actual,
    App,
    Attempt,
    Binding,
    Blueprint,
    Environment,
    Refusal,
    Service,
    ServiceInstance,
)
from reviewapps.naming import DROPPED, data_name, digest, fence, is_data
from reviewapps.plan.attempts import is_over
from reviewapps.plan.terms import Terms, another_try
from reviewapps.steps import Next, Wait


def served(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint, terms: Terms) -> Next | None:
    """What brings the services nearer to where they should be; None where they are."""
    if not blueprint.services and not app.service_names:
        return None
    if actual.services is None or actual.bindings is None or not _shared(blueprint) <= actual.shared_asked:
        return _looked_at(blueprint)
    for service in blueprint.services:
        step = _filled(service, instance_of(service, actual), attempt, actual.environment, terms)
        if step is not None:
            return step
    guids = _wanted(blueprint, actual)
    unwanted = _unbound(guids, actual)
    if unwanted is not None:
        return unwanted
    for guid, name in guids.items():
        step = _bound(guid, name, attempt, actual, terms)
        if step is not None:
            return step
    return None


def bound_again(app: App, attempt: Attempt, actual: Actual, blueprint: Blueprint) -> Next | None:
    """What gives what serves its bindings back, and no others, after another version had its own; None where it
    has them. What does not stand any more is not made for it, and no broker is waited for that takes its time to
    unbind: people wait to read why the other version is not to come."""
    if not blueprint.services and not app.service_names:
        return None
    if actual.services is None or actual.bindings is None or not _shared(blueprint) <= actual.shared_asked:
        return _looked_at(blueprint)
    guids, there = _wanted(blueprint, actual), {one.instance for one in actual.bindings if not one.going}
    missing = (steps.Bind(guid, name, attempt.id) for guid, name in guids.items() if guid not in there)
    surplus = (one for one in _unwanted(guids, actual) if not one.going and one.state != "failed")
    return next((steps.Unbind(one.guid) for one in surplus), None) or next(missing, None)


def _looked_at(blueprint: Blueprint) -> steps.Look:
    return steps.Look("services", shared=tuple(sorted(_shared(blueprint))))


def _shared(blueprint: Blueprint) -> frozenset[str]:
    """The services that others have too; who looked for the environment's own alone has not seen them."""
    return frozenset(one.name for one in blueprint.services if one.kind == "share")


def _wanted(blueprint: Blueprint, actual: Actual) -> dict[str, str]:
    """The guids of the instances to be bound, with the names that the app knows them by."""
    found = ((instance_of(service, actual), service.name) for service in blueprint.services)
    return {instance.guid: name for instance, name in found if instance is not None}


def _unbound(guids: Mapping[str, str], actual: Actual) -> steps.Unbind | Wait | None:
    unwanted = _unwanted(guids, actual)
    asked = next((steps.Unbind(one.guid) for one in unwanted if not one.going), None)
    return asked or (Wait("the end of a binding") if unwanted else None)


def _unwanted(guids: Mapping[str, str], actual: Actual) -> list[Binding]:
    return [one for one in actual.bindings or () if one.ours and one.instance not in guids]


def instance_of(service: Service, actual: Actual) -> ServiceInstance | None:
    """The instance that stands for the service; None where there is none."""
    for instance in actual.services or ():
        if service.kind == "share" and not instance.ours and instance.name == service.name:
            return instance
        if service.kind != "share" and instance.ours and instance.service == service.name:
            return instance
    return None


def data_of(actual: Actual) -> tuple[str, ...]:
    """Which data the environment's own services hold: another tuple, another world for its commands."""
    mine = (instance for instance in actual.services or () if instance.ours)
    return tuple(sorted(f"{instance.guid}:{instance.data or ''}" for instance in mine))


def databases_of(actual: Actual) -> tuple[str, ...]:
    """Which data its own databases hold, whatever else it is served by."""
    mine = (instance for instance in actual.services or () if instance.ours and instance.database is not None)
    return tuple(sorted(f"{instance.guid}:{instance.data or ''}" for instance in mine))


def has_data_of_another(app: App, actual: Actual) -> steps.Look | bool:
    """Whether a database was made anew for a commit that did not come to serve, since what serves went live: so
    that stands on data which its commands did not run on. What such a commit had besides is nothing to it. Nobody
    has to look where nothing was tried since."""
    attempt = app.attempt
    if attempt is None or is_over(app, attempt) or not app.service_names:
        return False
    if actual.services is None:
        return steps.Look("services")
    mine = [one for one in actual.services if one.ours and one.database is not None]
    if app.live_by is None:
        return any(_maker(one) == attempt.id != one.attempt for one in mine)
    live = fence(app.live_by)
    return any(fence(one.data or "") > live >= fence(one.attempt or "") for one in mine)


def _maker(instance: ServiceInstance) -> str:
    """The id of the attempt that made what the database holds."""
    return (instance.data or "").rpartition("@")[2]


def in_words(blueprint: Blueprint) -> tuple[str, ...]:
    """The services of an environment, as people are told of them."""
    return tuple(f"{service.name}: {_words(service)}" for service in blueprint.services)


def _words(service: Service) -> str:
    match service.kind:
        case "share":
            return "shared"
        case "plan":
            return f"its own {service.plan}"
        case "database":
            return "its own database, new with each commit" if service.fresh else "its own database"


def _filled(
    service: Service,
    instance: ServiceInstance | None,
    attempt: Attempt,
    environment: Environment,
    terms: Terms,
) -> Next | None:
    """The instance there, and with what should be in it. Somebody may have tried in vain to delete what is shared:
    it holds what it held, and is not taken for one that was never made."""
    if instance is None and service.kind == "share":
        missing = f"there is no service `{service.name}` in the space, which the rules share"
        return steps.Refuse(Refusal("service", missing, terms.now))
    if instance is None:
        return steps.CreateService(service, tuple(f"{n}-{service.name}" for n in terms.names), attempt.id)
    stands = instance.undeleted and (environment.shared or not instance.ours)
    if instance.state == "failed" and instance.ours and not stands:
        if instance.attempt == attempt.id:
            return another_try(attempt, f"{service.name}: {instance.error}", terms)
        return steps.DeleteService(instance.guid)
    other = _other_kind(service, instance)
    if other is not None:
        return steps.Refuse(Refusal("service", _kept(service, other, environment), terms.now))
    if service.kind == "database":
        wanted = _wanted_data(service, attempt)
        data = None if instance.data == DROPPED else instance.data
        if data is None or (wanted is not None and not is_data(data, wanted)):
            return steps.MakeDatabase(instance.guid, data_name(wanted or attempt.id, attempt.id))
        return None
    return None if instance.state == "ready" or stands else Wait(f"the service {service.name}")


def _other_kind(service: Service, instance: ServiceInstance) -> Service | None:
    """What the instance was made as, where the rules say something else by now. (Of which plan it is, earlier
    versions did not say.)"""
    if service.kind == "share":
        return None
    if instance.database is not None:
        return Service(service.name, "database") if service.kind != "database" else None
    if service.kind == "database" or instance.plan not in (None, service.plan):
        return Service(service.name, "plan", instance.plan or "service")
    return None


def _kept(service: Service, there: Service, environment: Environment) -> str:
    """Why the service is not what the rules say, and what would make it so."""
    again = "" if environment.shared else ", or close the pull request and open it again"
    return (
        f"`{service.name}` is {_words(there)} so far, and the rules now say {_words(service)}. "
        f"What it holds is not thrown away for that: give the new one another name{again}"
    )


def _wanted_data(service: Service, attempt: Attempt) -> str | None:
    """What a database has to hold; None where anything will do that was made for this environment."""
    if service.fresh:
        return digest(attempt.commit, attempt.config, *filter(None, [attempt.data]), length=12)
    return attempt.data


def _bound(instance: str, name: str, attempt: Attempt, actual: Actual, terms: Terms) -> Next | None:
    found = next((b for b in actual.bindings or () if b.instance == instance), None)
    if found is None:
        return steps.Bind(instance, name, attempt.id)
    if found.state == "failed":
        if found.attempt == attempt.id:
            return another_try(attempt, f"{name} could not be bound: {found.error}", terms)
        return steps.Unbind(found.guid)
    return None if found.state == "ready" else Wait(f"the binding of {name}")
