"""Signing what we built, and believing what was signed elsewhere.

A label is no proof: whoever may push to a space may write any. What the platform wrote down itself is: it says
who did what to the app that built. So a droplet is signed where nobody but us ever had a hand in that app, and
where its package bears our seal, which was written before its bits were uploaded. How it starts is no part of its
bits: that is signed too, and looked at once it is copied, since only who may write in a space is shown it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reviewapps.cloudfoundry import labels, parse
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.errors import NotFound
from reviewapps.errors import NotAuthorised
from reviewapps.model import Abroad, Actual, Droplet
from reviewapps.signing import Provenance
from reviewapps.steps import CarrySignature, Look, Sign

Json = dict[str, Any]

CANDIDATES = 20
"""How many builds are looked at to say whose droplets bear no signature."""

CREATED = "audit.app.create"


def sign(api: Client, step: Sign, actual: Actual) -> Actual:
    """The droplet with our signature, where the platform's record shows that it is ours alone."""
    droplet = next(d for d in actual.droplets or () if d.guid == step.droplet)
    commands = None
    try:
        if droplet.checksum is not None and _holds(api, step, actual) and is_ours_alone(api, droplet):
            commands = _commands(api, droplet)
    except (NotAuthorised, NotFound):
        pass  # who may not read the record cannot sign; what was built runs all the same
    if droplet.checksum is None or commands is None:
        return replace(actual, unsignable=actual.unsignable | {droplet.guid})
    told = Provenance(
        actual.environment.repository,
        step.build_key,
        droplet.checksum,
        actual.environment.name,
        commands,
    )
    return _signed(api, droplet, told, actual)


def _holds(api: Client, step: Sign, actual: Actual) -> bool:
    """Whether the package that the droplet was built of is sealed for this build. (Which package, which build and
    which droplet belong together is the platform's to say; the labels of all three are anybody's to write.)"""
    build = next((b for b in actual.builds or () if b.droplet == step.droplet), None)
    if build is None:
        return False
    return parse.package(api.package(build.package), api.ring).build_key == step.build_key


def carry_signature(api: Client, step: CarrySignature, actual: Actual) -> Actual:
    """The copy with the same signature, where bits and start commands are the same; else it is refused, whoever
    signed its source's labels: they may have been put onto a droplet whose commands somebody chose."""
    copy = next(d for d in actual.droplets or () if d.guid == step.droplet)
    others = actual.abroad.signed if actual.abroad is not None else ()
    found = (*others, *actual.sources.values(), *(actual.droplets or ()))
    source = next(d for d in found if d.guid == step.source)
    commands = _commands(api, source) if source.signed_for is None else source.commands or ""
    if copy.checksum is None or copy.checksum != source.checksum or _commands(api, copy) != commands:
        return _known(parse.droplet(api.provenance.note(copy.guid, {labels.REFUSED: labels.YES})), actual)
    if source.signed_for is None:
        return replace(actual, alike=actual.alike | {copy.guid})
    told = Provenance(
        actual.environment.repository, source.signed_for, copy.checksum, source.built_by or "", commands
    )
    return _signed(api, copy, told, actual)


def _commands(api: Client, droplet: Droplet) -> str:
    """A digest of its start commands. Raises NotAuthorised where our account is not shown them."""
    found = parse.commands(api.provenance.droplet(droplet.guid))
    if found is None:
        raise NotAuthorised(f"the start commands of the droplet {droplet.guid} are not shown to this account")
    return found


def is_ours_alone(api: Client, droplet: Droplet) -> bool:
    """Whether nobody but us did anything to the app that built it, from its making to the droplet's.

    That covers its variables, buildpacks, packages, builds, and what is bound to it: all that a build sees. Where
    the platform has forgotten the beginning, nobody can know.
    """
    if droplet.app is None or droplet.created_at is None:
        return False
    return _is_ours(api, droplet.app, droplet.created_at)


def builder(api: Client, actual: Actual) -> Actual:
    """Whether nobody but us ever had a hand in the app that builds."""
    ours = actual.builder is not None and _is_ours(api, actual.builder.guid, datetime.max.replace(tzinfo=UTC))
    return replace(actual, builder_is_ours=ours)


def _is_ours(api: Client, app: str, until: datetime) -> bool:
    us = api.provenance.us
    record = [parse.deed(event) for event in api.provenance.record_of(app)] if us else []
    begun = next((deed for deed in record if deed.type == CREATED), None)
    if begun is None or any(deed.at <= until and deed.by not in (us, None) for deed in record):
        return False
    bound = map(parse.deed, api.provenance.bindings_since(_moment(begun.at)))
    others = (deed for deed in bound if deed.at <= until and deed.by not in (us, None))
    return not any(deed.about in (app, None) for deed in others)


def abroad(api: Client, step: Look, actual: Actual) -> Actual:
    """What other spaces have of this build."""
    key, repository = step.build_key or "", actual.environment.repository
    guids = {place: api.provenance.space(place) for place in step.spaces}
    selector = labels.provenance_selector(repository, key)
    readable = [guid for guid in guids.values() if guid is not None]
    listed = api.provenance.droplets(selector, readable) if readable else []
    droplets = (parse.droplet(one, api.ring, repository) for one in listed)
    signed = tuple(d for d in droplets if d.signed_for == key)
    if signed:
        return replace(actual, abroad=Abroad(signed))
    claimed = [parse.labels_of(one).get(labels.BUILT_BY, "") for one in listed]
    if readable:
        claimed += _builders(api.provenance.builds(selector, CANDIDATES), actual)
    unread = tuple(place for place, guid in guids.items() if guid is None)
    return replace(actual, abroad=Abroad((), tuple(dict.fromkeys(filter(None, claimed))), unread))


def _builders(builds: Iterable[Json], actual: Actual) -> Iterator[str]:
    """The names of other environments that are said to have built it."""
    for one in builds:
        name = parse.labels_of(one).get(labels.ENVIRONMENT, "")
        if name != actual.environment.name:
            yield name


def _signed(api: Client, droplet: Droplet, told: Provenance, actual: Actual) -> Actual:
    if api.ring is None:
        raise ValueError("there is no key to sign with")
    notes = {labels.SIGNATURE: api.ring.signature(told), labels.COMMANDS: told.commands}
    made = parse.droplet(
        api.provenance.label(droplet.guid, labels.provenance(told), notes), api.ring, told.repository
    )
    return _known(made, actual)


def _known(made: Droplet, actual: Actual) -> Actual:
    """The same with a droplet as it is now."""
    known = tuple(made if d.guid == made.guid else d for d in actual.droplets or ())
    return replace(actual, droplets=known)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
