"""``reviewapps rotate NAME``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from reviewapps import settings as settings_room
from reviewapps import wiring
from reviewapps.cloudfoundry import target as place
from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.keys import ServiceKeys
from reviewapps.cloudfoundry.place import Key
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.user_provided import UserProvided
from reviewapps.coordination.visiting import visiting
from reviewapps.errors import BadSettings
from reviewapps.grants import Target
from reviewapps.model import Secret
from reviewapps.ports import Memory
from reviewapps.rotation.steps import Rotated, Where, carried_out
from reviewapps.rotation.stores import Bound, File, Variables
from reviewapps.settings import PREFIX, Settings
from reviewapps.settings.secrets import Secrets

REQUEST = 30.0


def rotate(
    environ: Mapping[str, str],
    name: str,
    *,
    service: str,
    at_once: bool,
    agreed: Callable[[str], bool],
    for_programs: bool = False,
    rehearsed: bool = False,
) -> int:
    """The exit status. ``agreed`` is asked once, with what is to happen. Programs are told by one JSON object, and
    where it is only ``rehearsed`` nobody is asked and nothing is done for them."""
    told = settings_room.settings(environ)
    target = _named(told, name)
    if not target.account.user:
        raise BadSettings(
            f"{name} is a client of UAA, and no service account: its secret is changed with uaac"
        )
    if for_programs and rehearsed:
        print(json.dumps({"action": "rotate", "done": False, "name": name, "plan": _plan(target, at_once)}))
        return 0
    if not agreed(_plan(target, at_once)):
        return 1
    with ExitStack() as open_:
        folder, keys = told.home / "redis", wiring.prefix(told)
        visit = open_.enter_context(visiting(told.redis_url, folder, keys, program=told.redis_server))
        access = wiring.access(target)
        session = _session(access, visit.memory, target.name)
        done = carried_out(
            ServiceKeys(session, service),
            target.account.user,
            _where(environ, target, session),
            lambda key: _try_out(access, key, visit.memory, target.name),
            at_once=at_once,
        )
    _tell(done)
    if for_programs:
        print(json.dumps(_for_programs(name, done), indent=2))
    elif done.stored is not None and done.stored.lines and not sys.stdout.isatty():
        print("\n".join(done.stored.lines))
    return 0


def _for_programs(name: str, done: Rotated) -> dict[str, object]:
    """What was done. The secret itself only where no person reads it, and somebody has to set it."""
    stored = done.stored
    told: dict[str, object] = {
        "action": "rotate",
        "done": True,
        "name": name,
        "key": done.new.name,
        "replaces": done.old.name,
        "old_key_deleted": done.deleted,
        "stored": stored.done if stored is not None else True,
        "next": "" if stored is None else stored.words,
    }
    if stored is not None and stored.lines and not sys.stdout.isatty():
        told["lines"] = list(stored.lines)
    return told


def _named(told: Settings, name: str) -> Target:
    targets = told.grants.targets.values()
    found = next((one for one in targets if name in (one.credentials, one.name)), None)
    if found is None:
        known = ", ".join(sorted({one.credentials or one.name for one in targets}))
        raise BadSettings(f"there are no credentials `{name}`; there are: {known}")
    return found


def _plan(target: Target, at_once: bool) -> str:
    then = "deletes the old key at once" if at_once else "leaves the old key until you run this again"
    return f"This makes a new service key for {target.org}/{target.space}, tries it, stores it, and {then}."


def _session(access: Access, memory: Memory, target: str) -> Session:
    return Session(access, timeout=REQUEST, memory=memory, spend=lambda: None, say=partial(_say, target))


def _say(target: str, action: str, **facts: object) -> None:
    """The audit line. On stderr, since stdout may be read by whatever stores the secret."""
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    told = {"event": "audit", "action": action, "target": target, **facts, "timestamp": at}
    print(json.dumps(told, default=str), file=sys.stderr)


def _try_out(access: Access, key: Key, memory: Memory, target: str) -> None:
    """Return if the key's account logs in and sees the space; raise why not."""
    new = replace(access, user=key.username, password=Secret(key.password))
    _ = place.Target(_session(new, memory, target), new).space


def _where(environ: Mapping[str, str], target: Target, session: Session) -> Where:
    if not target.credentials:  # described by variables alone
        return Variables({f"{PREFIX}CF_USER": "{username}", f"{PREFIX}CF_PASSWORD": "{password}"})
    secrets = Secrets(environ)
    kind, _, at = (target.found_at or secrets.usual(target.credentials)).partition(":")
    if kind == "file":
        return File(Path(at))
    if kind == "vcap":
        service, _, field = at.partition("/")
        guid = secrets.guid_of(service)
        return Bound(UserProvided(session), service, guid, field or target.credentials)
    return Variables({at: "{json}"})


def _tell(done: Rotated) -> None:
    """What was done and what is next, on stderr."""
    if done.stored is None:
        print(f"{done.old.name} is deleted; {done.new.name} is in use since", file=sys.stderr)
        return
    print(f"{done.new.name}: made and tried; {done.stored.words}", file=sys.stderr)
    if done.deleted:
        print(f"{done.old.name} is deleted. Restart reviewapps now.", file=sys.stderr)
    else:
        print(f"Then restart reviewapps and run this again: it deletes {done.old.name}.", file=sys.stderr)
