"""``reviewapps doctor --deploy``: a small app pushed to where the previews will live."""

from __future__ import annotations

from collections.abc import Iterator

from reviewapps import wiring
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.doorbell import Doorbell
from reviewapps.cloudfoundry.place import Place
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.trial import Trial
from reviewapps.coordination.visiting import OwnHead
from reviewapps.doctor.finding import Finding, fail, ok, warn
from reviewapps.doctor.seen import Seen
from reviewapps.errors import NotAuthorised, ReviewAppsError
from reviewapps.grants import Target
from reviewapps.settings import Settings

REQUEST = 30.0


def real_tries(seen: Seen) -> Iterator[Finding]:
    """One for each space that previews live in. Where we could not even look, nothing is tried."""
    told = seen.told.settings
    if told is None:
        return
    for target in told.grants.targets.values():
        if _holds_previews(told, target):
            yield _tried(told, target, seen)


def _tried(told: Settings, target: Target, seen: Seen) -> Finding:
    area, place = "real try", seen.targets.get(target.name)
    if not isinstance(place, Place) or (seen.own is not None and seen.own.space == place.space):
        return warn(area, f"nothing was pushed to {target.name}", f"mend cf {target.name} first")
    try:
        seconds = _trial(told, target).run()
    except NotAuthorised as refused:
        return fail(area, str(refused), f"see cf {target.name}: SpaceDeveloper is needed there")
    except ReviewAppsError as wrong:
        return fail(area, str(wrong), f"cf logs and cf events of {target.org}/{target.space} may say more")
    return ok(area, f"pushed, reached and removed a small app in {seconds:.0f} s")


def _trial(told: Settings, target: Target) -> Trial:
    access = wiring.access(target)
    session = Session(access, timeout=REQUEST, memory=OwnHead(), spend=_nothing, say=_nothing)
    return Trial(Client(session, access, told.instance), Doorbell(target.address, access.verify))


def _holds_previews(told: Settings, target: Target) -> bool:
    return any(grant.targets.get("review") == target.name for grant in told.grants.repositories.values())


def _nothing(*_: object, **__: object) -> None:
    """We ask too little to count it; all that is made is removed again."""
