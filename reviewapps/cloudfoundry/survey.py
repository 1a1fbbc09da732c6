"""Looking at a space for whoever sets an installation up: all that can be known without writing anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar

from reviewapps.cloudfoundry import place
from reviewapps.cloudfoundry.access import Access
from reviewapps.cloudfoundry.errors import NoRoom, NotFound, Rejected
from reviewapps.cloudfoundry.keys import ServiceKeys
from reviewapps.cloudfoundry.place import Holding, Place, Room, Rule
from reviewapps.cloudfoundry.session import Session
from reviewapps.cloudfoundry.target import Target
from reviewapps.errors import RateLimited, ReviewAppsError, Unavailable

Json = dict[str, Any]
T = TypeVar("T")

ADMIN: Final = "cloud_controller.admin"


def survey(session: Session, access: Access, sources: tuple[str, ...] = ()) -> Place:
    """What our account sees of its space, and whether it sees the ``sources`` (org/space) that it copies from.

    Raises what keeps it from seeing the space at all; what it may not see of the rest is None in the place.
    """
    return Surveyor(session, access).look(sources)


def room(session: Session, access: Access) -> Room:
    """What the space has and may have; where only the org has a limit, what the org has and may have."""
    return Surveyor(session, access).room()


class Surveyor:
    """One look; ``unseen`` grows with what could not be seen."""

    def __init__(self, session: Session, access: Access) -> None:
        self._session, self._access = session, access
        self._target = Target(session, access)
        self._unseen: list[str] = []

    def look(self, sources: tuple[str, ...] = ()) -> Place:
        claims = self._session.claims
        user = str(claims.get("user_id") or claims.get("client_id") or "")
        space = self._target.space  # raises what keeps us from seeing it
        return Place(
            admin=ADMIN in (claims.get("scope") or ()),
            space=space,
            domain=self._seen(lambda: self._target.domain),
            roles=self._seen(lambda: self._roles(user)),
            of_org=self._seen(lambda: self._room(self._orgs, self._target.org, "organization")),
            of_space=self._seen(lambda: self._room(self._spaces, self._target.space, "space")),
            egress=self._seen(self._egress),
            flags=self._seen(self._flags),
            rolling=self._seen(self._rolling),
            log_cache=self._log_cache(),
            foreign_apps=self._seen(self._foreign_apps),
            password_since=self._seen(self._password_since),
            unread=self._seen(lambda: self._unread(sources)),
            unseen=tuple(self._unseen),
        )

    def room(self) -> Room:
        """What the space has and may have, or the org, where only that has a limit."""
        own = self._room(self._spaces, self._target.space, "space")
        if own.memory_limit is not None:
            return own
        shared = self._seen(lambda: self._room(self._orgs, self._target.org, "organization"))
        return own if shared is None or shared.memory_limit is None else shared

    def _seen(self, look: Callable[[], T]) -> T | None:
        """What ``look`` sees; None where it may not, or the answer is odd. That nobody answers is raised."""
        try:
            return look()
        except (Unavailable, RateLimited):
            raise
        except ReviewAppsError as wrong:
            self._unseen.append(str(wrong))
        except (KeyError, TypeError, ValueError, AttributeError) as odd:
            self._unseen.append(f"an answer was not understood: {odd!r}")
        return None

    @cached_property
    def _spaces(self) -> list[Json]:
        return self._list("/v3/spaces")

    @cached_property
    def _orgs(self) -> list[Json]:
        return self._list("/v3/organizations")

    def _roles(self, user: str) -> tuple[Holding, ...]:
        names = place.names_of_spaces(self._spaces, self._orgs)
        return tuple(place.holding(one, names) for one in self._list("/v3/roles", user_guids=user))

    def _unread(self, sources: tuple[str, ...]) -> tuple[str, ...]:
        seen = place.names_of_spaces(self._spaces, self._orgs).values() if sources else ()
        return tuple(one for one in sources if one not in seen)

    def _room(self, among: list[Json], guid: str, noun: str) -> Room:
        quota = next((place.quota_of(one) for one in among if one["guid"] == guid), None)
        limits = self._read(f"/v3/{noun}_quotas", quota) if quota else None
        return place.room(limits, self._read(f"/v3/{noun}s", f"{guid}/usage_summary"))

    def _egress(self) -> tuple[Rule, ...]:
        groups = self._list(f"/v3/spaces/{self._target.space}/running_security_groups")
        return tuple(rule for group in groups for rule in place.rules_of(group))

    def _flags(self) -> dict[str, bool]:
        listed = self._session.read("/v3/feature_flags", "list feature flags", per_page=100)
        return dict(map(place.flag, listed["resources"]))

    def _rolling(self) -> bool:
        """Whether deployments are allowed. Asked by one that names no app, so that none can be made: where they
        are switched off, that is said before the body is read."""
        try:
            self._session.write("POST", "/v3/deployments", "tell whether it rolls", json={})
        except NoRoom:
            return False
        except (Rejected, NotFound):
            return True
        return True

    def _log_cache(self) -> bool:
        try:
            url = self._session.links["log_cache"]["href"]
            return bool(self._session.read(f"{url}/api/v1/info", "show its logs"))
        except (ReviewAppsError, KeyError, TypeError):
            return False

    def _foreign_apps(self) -> tuple[str, ...]:
        apps = self._list("/v3/apps", space_guids=self._target.space)
        return tuple(sorted(app["name"] for app in apps if not place.is_ours(app)))

    def _password_since(self) -> datetime | None:
        """When the key was made that holds our account; None where no key that we see does."""
        if not self._access.user:
            return None
        mine = (key for key in ServiceKeys(self._session).all() if key.username == self._access.user)
        return next((key.made_at for key in mine), None)

    def _list(self, path: str, **query: str) -> list[Json]:
        return self._session.read_all(path, f"list {_noun(path)}", **query)

    def _read(self, path: str, rest: str) -> Json:
        return self._session.read(f"{path}/{rest}", f"show {_noun(path)}")


def _noun(path: str) -> str:
    return path.rpartition("/")[2].replace("_", " ")
