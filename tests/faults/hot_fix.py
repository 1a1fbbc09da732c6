"""Somebody with an account who mends a shared app by hand, as ``cf push`` does."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from reviewapps.demo.onlooker import until
from reviewapps.sandbox.world import SPACE, World
from tests.faults.shop import SAMPLE, Shop
from tests.stories.operator import Operator

WHO: Final = "lovelace"


def let_in_whoever_mends_by_hand(world: World) -> None:
    """Let there be an account that may deploy to the space."""
    world.cloudfoundry.add_user(WHO, WHO, roles={f"acme/{SPACE}": "space_developer"})


def push_by_hand(shop: Shop, name: str, words: str) -> None:
    """``cf push``: its page says these words. None of it is a day's request, and nothing of it goes wrong."""
    person = Operator(shop.world)
    with _unseen(shop):
        guid = person.app(name).guid
        droplet = _droplet(person, guid, words)
        current = {"data": {"guid": droplet}}
        person.ask("PATCH", f"/v3/apps/{guid}/relationships/current_droplet", current, who=WHO)
        person.ask("POST", f"/v3/apps/{guid}/actions/restart", who=WHO)


def _droplet(person: Operator, app: str, words: str) -> str:
    """The guid of a droplet of the sample with another headline."""
    relationships = {"app": {"data": {"guid": app}}}
    package = person.ask("POST", "/v3/packages", {"type": "bits", "relationships": relationships}, who=WHO)[
        "guid"
    ]
    bits = {"bits": ("app.zip", _zipped(words))}
    person.answer("POST", f"/v3/packages/{package}/upload", who=WHO, files=bits)
    _until(person, f"/v3/packages/{package}", "READY")
    build = person.ask("POST", "/v3/builds", {"package": {"guid": package}}, who=WHO)["guid"]
    return str(_until(person, f"/v3/builds/{build}", "STAGED")["droplet"]["guid"])


def _until(person: Operator, path: str, state: str) -> Any:
    def come() -> Any:
        found = person.ask("GET", path, who=WHO)
        return found if found["state"] == state else None

    return until(f"{path} {state}", come, 60)


def _zipped(words: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in SAMPLE.iterdir():
            if path.is_file():
                archive.writestr(path.name, f"{words}\n" if path.name == "headline.txt" else path.read_text())
    return packed.getvalue()


@contextmanager
def _unseen(shop: Shop) -> Iterator[None]:
    """Nothing that is asked meanwhile counts, or goes wrong."""
    observed = shop.world.cloudfoundry.observed
    faults, before = observed.faults, len(observed.calls)
    observed.faults = []
    try:
        yield
    finally:
        observed.faults = faults
        del observed.calls[before:]
