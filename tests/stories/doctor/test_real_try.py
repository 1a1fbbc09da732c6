"""``reviewapps doctor --deploy``: whatever happens, nothing stays behind."""

from __future__ import annotations

import pytest

from reviewapps import settings, wiring
from reviewapps.cloudfoundry.client import Client
from reviewapps.cloudfoundry.doorbell import Doorbell
from reviewapps.cloudfoundry.labels import TRIAL
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.trial import Trial
from reviewapps.coordination.visiting import OwnHead
from reviewapps.doctor.looking import looked_at
from reviewapps.doctor.real_try import real_tries
from reviewapps.sandbox.cloudfoundry.state import AuditEvent
from tests.stories.doctor.clinic import Clinic

pytestmark = pytest.mark.story


class Interrupted(Doorbell):
    """Where Ctrl-C comes while the app is waited for."""

    def answers(self, address: str) -> bool:
        raise KeyboardInterrupt


def client(clinic: Clinic) -> Client:
    told = settings.settings(clinic.environment())
    access = wiring.access(told.grants.targets["review"])

    def nothing(*_: object, **__: object) -> None:
        """Nobody counts, and nobody listens."""

    session = Session(access, timeout=30, memory=OwnHead(), spend=nothing, say=nothing)
    return Client(session, access, told.instance)


def doorbell(clinic: Clinic) -> Doorbell:
    return Doorbell(f"http://{{host}}:{clinic.foundry.app_port}", True)


def started(clinic: Clinic) -> int:
    """How many apps were ever started."""
    return sum(event.type == "audit.app.start" for event in clinic.foundry.world.all(AuditEvent))


def test_a_small_app_is_pushed_reached_and_removed(clinic: Clinic) -> None:
    before = started(clinic)
    (found,) = real_tries(looked_at(clinic.environment()))
    assert found.level == "ok"
    assert "pushed, reached and removed a small app in" in found.text
    assert started(clinic) == before + 1
    assert clinic.leftovers == []


def test_an_interrupted_try_leaves_nothing_behind(clinic: Clinic) -> None:
    with pytest.raises(KeyboardInterrupt):
        Trial(client(clinic), Interrupted("http://{host}", True)).run()
    assert clinic.leftovers == []


def test_what_a_killed_try_left_is_found_and_removed_first(clinic: Clinic) -> None:
    api = client(clinic)
    api.create_route("reviewapps-doctor-old", {TRIAL: api.instance})
    api.create_app("reviewapps-doctor-old", {TRIAL: api.instance}, {})
    assert clinic.complaints(clinic.environment()) == []  # it is ours, and in nobody's way
    Trial(api, doorbell(clinic)).run()
    assert clinic.leftovers == []


def test_somebody_elses_app_is_left_alone(clinic: Clinic) -> None:
    clinic.operator.create_app("somebodys-app")
    Trial(client(clinic), doorbell(clinic)).run()
    assert clinic.leftovers == ["somebodys-app"]


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [("POST", "/v3/apps$", "lost"), ("POST", "/v3/routes$", "lost"), ("POST", "/v3/builds", "status")],
)
def test_a_try_that_goes_wrong_is_told_and_leaves_nothing_behind(
    clinic: Clinic, method: str, path: str, kind: str
) -> None:
    seen = looked_at(clinic.environment())
    clinic.fault("cf", path, method=method, kind=kind)
    (found,) = real_tries(seen)
    assert found.level == "FAIL"
    assert found.mend
    assert clinic.leftovers == []
