"""The services of an environment: made, filled, bound, and taken away again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import structlog

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import ALREADY_BOUND, NotFound, Rejected
from reviewapps.cloudfoundry.noting import Note, noted
from reviewapps.cloudfoundry.postgres import Postgres
from reviewapps.cloudfoundry.removal import is_gone
from reviewapps.cloudfoundry.skeleton import app_of
from reviewapps.errors import BadManifest, LeaseLost, NameTaken, NotAuthorised, OperatorMustAct, UnsafePlan
from reviewapps.model import Actual, App, Belongings, Environment, Service, ServiceInstance
from reviewapps.naming import DROPPED, digest, fence
from reviewapps.steps import Bind, CreateService, DeleteService, Look, MakeDatabase, Unbind

log = structlog.get_logger()

Json = dict[str, Any]
ServiceStep = CreateService | MakeDatabase | DeleteService | Bind | Unbind

TAGS: Final = ["postgres", "postgresql", "relational"]


class Servants:
    """Does for services what a plan asks for."""

    def __init__(self, api: Client, postgres: Postgres) -> None:
        self._api, self._postgres = api, postgres

    def carry_out(self, step: ServiceStep | Look, actual: Actual) -> Actual:
        """Do the step; what is there afterwards."""
        match step:
            case Look():
                return self._look(step, actual)
            case CreateService():
                return self._create(step, actual)
            case MakeDatabase():
                return self._make_database(step, actual)
            case DeleteService(guid):
                return self._delete(guid, actual)
            case Bind():
                return self._bind(step, actual)
            case Unbind(binding):
                return self._unbind(binding, actual)

    def environments(self) -> frozenset[Environment]:
        """The environments that have services of their own."""
        return frozenset(environment for environment, _ in self._owned())

    def belongings(self) -> Belongings:
        """All data of environments here, also what no service leads to any more."""
        services = tuple((whose, parse.service_instance(one, ours=True)) for whose, one in self._owned())
        if not self._postgres.is_named:
            return Belongings(services)
        notes = ((noted(one.note, self._api.instance), one.name) for one in self._postgres.server.all())
        databases = tuple((note.environment, name) for note, name in notes if note is not None)
        return Belongings(services, databases)

    def drop(self, name: str, of: str | None = None, newest: str | None = None) -> None:
        """Drop a database, unless it was made for another service than the one it is ``of``, or by a later attempt
        than the ``newest`` that is known: who comes late must not drop what was made again meanwhile, nor who
        sweeps a space what lives by now in another one, perhaps not ours to see, on the same server. Of no
        service, it goes where the one it was made for is gone."""

        def goes(text: str) -> bool:
            note = noted(text, self._api.instance)
            if note is None or note.service is None:
                return True
            if note.service == of:
                known = fence(newest or "")
                return not known or fence(note.data or "") <= known
            return of is None and not self._stands(note.service)

        self._postgres.server.drop(name, goes)

    def _stands(self, service: str) -> bool:
        """Whether there is such a service, in whichever space we see. That we see none is believed while we see
        our own space."""
        try:
            self._api.services.instance(service)
        except NotFound:
            self._api.target.check_space()
            return False
        return True

    def _owned(self) -> Iterator[tuple[Environment, Json]]:
        """All services of ours whose labels say whose they are: one that somebody edited keeps nobody from
        theirs."""
        for one in self._all():
            try:
                yield labels.environment_of(parse.labels_of(one)), one
            except labels.Unreadable as wrong:
                log.warning("service not read", service=one.get("name"), reason=str(wrong))

    def _all(self) -> list[Json]:
        return self._api.services.instances(labels.selector(self._api.instance, service=None))

    # --- looking ---

    def _look(self, step: Look, actual: Actual) -> Actual:
        mine = labels.selector(
            self._api.instance,
            repository=str(actual.environment.repository),
            environment=actual.environment.name,
        )
        found = [parse.service_instance(one, ours=True) for one in self._api.services.instances(mine)]
        if step.shared:
            named = self._api.services.named(step.shared)
            others = (one for one in named if labels.SERVICE not in parse.labels_of(one))
            found += [parse.service_instance(one, ours=False) for one in others]
        app = actual.app
        bindings = self._api.services.bindings(app.guid) if app is not None else []
        ours = self._api.instance
        return replace(
            actual,
            services=tuple(sorted(found, key=lambda one: one.guid)),
            shared_asked=frozenset(step.shared),
            bindings=tuple(parse.binding(one, ours) for one in bindings),
        )

    # --- made ---

    def _create(self, step: CreateService, actual: Actual) -> Actual:
        actual = self._remembering(step.service.name, actual)
        for name in step.names:
            try:
                self._make(step.service, name, step.attempt, actual)
            except NameTaken:
                if not self._is_ours(name, actual):
                    continue
            return replace(actual, services=None, bindings=None)
        raise NameTaken(f"the service name {step.names[-1]!r} belongs to somebody else")

    def _make(self, service: Service, name: str, attempt: str, actual: Actual) -> None:
        marks = labels.owner(self._api.instance, actual.environment)
        marks |= {labels.SERVICE: digest(service.name, length=12), labels.ATTEMPT: attempt}
        notes = {labels.SERVICE: service.name}
        if service.kind == "database":
            notes |= {labels.DATABASE: database_name(self._api.instance, actual.environment, service.name)}
            self._api.services.create_user_provided(name, TAGS, {"labels": marks, "annotations": notes})
            return
        notes |= {labels.PLAN: service.plan or ""}
        try:
            plan = self._plan(service.plan or "")
            self._api.services.create_managed(name, plan, {"labels": marks, "annotations": notes})
        except (Rejected, NotAuthorised) as refused:
            raise BadManifest(f"{service.name}: {refused}") from refused

    def _plan(self, named: str) -> str:
        offering, _, plan = named.partition("/")
        found = self._api.services.plans(offering, plan)
        if not found:
            raise BadManifest(f"the plan `{named}` is not offered in this space")
        return str(found[0]["guid"])

    def _is_ours(self, name: str, actual: Actual) -> bool:
        found = self._api.services.named((name,))
        marks = (parse.labels_of(one) for one in found)
        return any(labels.belongs(each, self._api.instance, actual.environment) for each in marks)

    def _remembering(self, service: str, actual: Actual) -> Actual:
        """With the service's name on the app, before anything of it is there: so it is known when all goes."""
        app = app_of(actual)
        if service in app.service_names:
            return actual
        names = app.service_names | {service}
        notes = labels.names_annotations(labels.SERVICE_NAMES, app.service_names or None, names)
        return actual.with_app(parse.app(self._api.annotate(app.guid, notes)))

    def _make_database(self, step: MakeDatabase, actual: Actual) -> Actual:
        """The password is stored before the role has it; what the instance is known to hold is noted last.

        Who was stopped before any of this, and goes on when others came, changes nothing: the password is the
        same, and what was made for this, or for a later attempt, stands on the database itself.
        """
        instance = _instance(step.instance, actual)
        name = self._database(instance, actual)
        server = self._postgres.server
        known = self._api.services.credentials(instance.guid)
        password = known.get("password") or server.password(f"{name} {instance.guid}")
        uri = server.uri_for(name, password)
        if known.get("uri") != uri:  # the first time, or the operator has another server now
            self._api.services.set_credentials(instance.guid, _credentials(uri, name, password))
        try:
            note = Note(actual.environment, instance.guid, step.data)
            stays, empty = self._standing(note, app_of(actual)), instance.data is not None
            server.make(name, password, note.text(self._api.instance), empty=empty, stays=stays)
        except NotAuthorised:
            self._postgres.forget()
            raise
        made = self._api.services.annotate(instance.guid, {labels.DATA: step.data})
        return _with_instance(actual, parse.service_instance(made, ours=True))

    def _standing(self, wanted: Note, app: App) -> Callable[[str], bool]:
        """Whether what stands on a database says that this was made already. Raises LeaseLost where it was made
        by an attempt which began under a later lease, or where the app is at another attempt by now."""

        def stays(text: str) -> bool:
            found = noted(text, self._api.instance)
            if found == wanted:
                return True
            if found is not None and fence(found.data or "") > fence(wanted.data or ""):
                raise LeaseLost(f"{wanted.environment.name}: its database was made for a later attempt")
            now = (parse.app(one) for one in self._api.apps_named(app.name) if one["guid"] == app.guid)
            if not any(_same_attempt(one, app) for one in now):
                raise LeaseLost(f"{wanted.environment.name}: another attempt is under way")
            return False

        return stays

    def _database(self, instance: ServiceInstance, actual: Actual) -> str:
        """What this environment's database is called, whatever somebody may have written onto the instance."""
        return database_name(self._api.instance, actual.environment, instance.service)

    # --- bound ---

    def _bind(self, step: Bind, actual: Actual) -> Actual:
        actual = self._remembering(step.name, actual)
        app = app_of(actual)
        marks = labels.owner(self._api.instance, actual.environment, app.app) | {labels.ATTEMPT: step.attempt}
        try:
            self._api.services.bind(step.instance, app.guid, step.name, marks)
        except Rejected as refused:
            if ALREADY_BOUND in refused.codes or "already bound" in str(refused):
                return replace(actual, bindings=None)
            if "could not be found" in str(refused):  # it went since we looked
                raise NotFound(str(refused)) from refused
            raise BadManifest(f"{step.name}: {refused}") from refused  # such as a plan that binds nothing
        return replace(actual, bindings=None)

    # --- gone ---

    def _unbind(self, binding: str, actual: Actual) -> Actual:
        """What a broker gave is taken away by a job, which the listing does not show before it is begun."""
        if is_gone(self._api, lambda: self._api.services.unbind(binding)):
            return replace(actual, bindings=None)
        known = actual.bindings or ()
        return replace(
            actual,
            bindings=tuple(
                replace(one, state="waiting", going=True) if one.guid == binding else one for one in known
            ),
        )

    def _delete(self, guid: str, actual: Actual) -> Actual:
        """That a database goes is noted before it does: whoever is killed in between may be followed by one who
        wants the service again, and would take it for one that holds what it held."""
        instance = _instance(guid, actual)
        if not instance.ours:
            raise UnsafePlan(f"{instance.name} does not bear our labels for this environment: not deleted")
        if instance.database is not None:
            name = self._database(instance, actual)
            if instance.data not in (None, DROPPED):
                self._check_server(instance, name)
                with suppress(NotFound):
                    self._api.services.annotate(guid, {labels.DATA: DROPPED})
            attempt = actual.app.attempt if actual.app is not None else None
            self.drop(name, guid, attempt.id if attempt is not None else None)
        if not is_gone(self._api, lambda: self._api.services.delete(guid)):
            return actual
        left = tuple(one for one in actual.services or () if one.guid != guid)
        return replace(actual, services=left, bindings=None)

    def _check_server(self, instance: ServiceInstance, name: str) -> None:
        """Raise OperatorMustAct where a database that is not on our server is on another one, to which nothing
        would lead any more once its service is gone: somebody has named another server since it was made. One
        server may have two names."""
        try:
            known = str(self._api.services.credentials(instance.guid).get("uri") or "")
        except NotFound:
            return
        there, here = _place(known), _place(self._postgres.server.uri_for(name, ""))
        if known and there != here and all(one.name != name for one in self._postgres.server.all()):
            raise OperatorMustAct(
                f"the database of {instance.name} is on another server, at {there}: name that one as `postgres` "
                "until it is dropped, or drop it yourself and delete the service instance"
            )


def database_name(instance: str, environment: Environment, service: str) -> str:
    """What an environment's database is called: the same whoever asks, and no other's.

    >>> database_name("acme", Environment(7, "pr-12"), "shop-db")
    'ra_pr_12_5a6b0a6d3b7e'
    """
    return f"ra_{environment.name.replace('-', '_')}_{digest(instance, environment.key, service, length=12)}"


def _same_attempt(one: App, other: App) -> bool:
    return (one.attempt and one.attempt.id) == (other.attempt and other.attempt.id)


def _credentials(uri: str, name: str, password: str) -> Json:
    """In the words of the platform's own PostgreSQL brokers; the app finds it as DATABASE_URL too, which Cloud
    Foundry makes of ``uri``."""
    where = uri.rpartition("@")[2].partition("/")[0]
    host, _, port = where.partition(":")
    return {
        "uri": uri,
        "host": host,
        "port": port or "5432",
        "username": name,
        "password": password,
        "db_name": name,
        "name": name,
    }


def _place(uri: str) -> str:
    """Host, port and database, without who may enter."""
    return uri.rpartition("@")[2].partition("?")[0]


def _instance(guid: str, actual: Actual) -> ServiceInstance:
    found = next((one for one in actual.services or () if one.guid == guid), None)
    if found is None:
        raise UnsafePlan(f"{guid} is not among the services of this environment: not touched")
    return found


def _with_instance(actual: Actual, instance: ServiceInstance) -> Actual:
    others = (one for one in actual.services or () if one.guid != instance.guid)
    return replace(actual, services=tuple(sorted((*others, instance), key=lambda one: one.guid)))
