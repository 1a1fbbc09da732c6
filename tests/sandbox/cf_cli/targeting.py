"""api, auth, login, logout, target, and what there is to target."""

from __future__ import annotations

from dataclasses import dataclass

from tests.sandbox.cf_cli.connection import USER_AGENT, Cf, Place, claims, decoded
from tests.sandbox.cf_cli.refusals import CommandFailed
from tests.sandbox.cf_cli.structs import (
    Application,
    Domain,
    Login,
    Organization,
    Quota,
    Root,
    SecurityGroup,
    ServiceInstance,
    Space,
    ToOne,
)

OLDEST_API = (3, 160, 0)
"""What version 9 of the client asks for; version 8 is content with 3.99.0."""


def api(cf: Cf, url: str) -> str:
    """``cf api URL``: the version of the API."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    cf.root = decoded(Root, cf.http.get(f"{url}/", headers=headers, timeout=30))
    cf.organization, cf.space = Place(), Place()
    version = cf.root.link("cloud_controller_v3").meta.version
    assert tuple(int(part) for part in version.split(".")) >= OLDEST_API
    assert cf.root.link("login").href
    assert cf.root.link("log_cache").href
    return version


def auth(cf: Cf, name: str, password: str) -> str:
    """``cf auth NAME PASSWORD``: who one is now."""
    cf.client = ("", "")
    cf.organization, cf.space = Place(), Place()
    tokens = cf.token({"grant_type": "password", "username": name, "password": password})
    assert tokens.refresh_token
    cf.accept(tokens)
    return str(claims(cf.access_token)["user_name"])


def auth_client(cf: Cf, client_id: str, secret: str) -> str:
    """``cf auth ID SECRET --client-credentials``: id and secret in the form, and no header."""
    cf.client = (client_id, secret)
    said = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    cf.accept(cf.token(said, basic=False))
    return str(claims(cf.access_token)["client_id"])


def login(cf: Cf, name: str, password: str) -> list[str]:
    """``cf login``: asks what UAA says is to be asked, then lets one choose; the only org is taken at once."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    answer = cf.http.get(cf.root.link("login").href + "/login", headers=headers, timeout=30)
    page = Login.model_validate_json(answer.content)
    assert {kind for kind, _ in page.prompts.values()} == {"text", "password"}
    auth(cf, name, password)
    found = cf.rows(Organization, "/v3/organizations", {"order_by": "name"})
    if len(found) == 1:
        _target_organization(cf, found[0])
    return [label for _, label in page.prompts.values()]


def logout(cf: Cf) -> None:
    """``cf logout``: the token is told to be forgotten, where it can be."""
    path = f"/oauth/token/revoke/{claims(cf.access_token)['jti']}"
    headers = {"Authorization": f"bearer {cf.access_token}", "Accept": "application/json"}
    answer = cf.http.delete(cf.root.link("uaa").href + path, headers=headers, timeout=30)
    assert answer.status_code == 200


def target(cf: Cf, organization: str, space: str = "") -> None:
    """``cf target -o ORG [-s SPACE]``: an only space is taken without being named."""
    path, missing = "/v3/organizations", f"Organization '{organization}' not found."
    _target_organization(cf, cf.first(Organization, path, {"names": organization}, missing))
    if space:
        _target_space(cf, space_named(cf, space))


def _target_organization(cf: Cf, found: Organization) -> None:
    cf.organization, cf.space = Place(found.guid, found.name), Place()
    query = {"organization_guids": found.guid, "order_by": "name"}
    spaces = cf.rows(Space, "/v3/spaces", query)
    if len(spaces) == 1:
        _target_space(cf, spaces[0])


def _target_space(cf: Cf, found: Space) -> None:
    cf.space = Place(found.guid, found.name)


def space_named(cf: Cf, name: str) -> Space:
    query = {"names": name, "organization_guids": cf.organization.guid}
    return cf.first(Space, "/v3/spaces", query, f"Space '{name}' not found.")


def orgs(cf: Cf) -> list[str]:
    """``cf orgs``."""
    return [one.name for one in cf.rows(Organization, "/v3/organizations", {"order_by": "name"})]


def spaces(cf: Cf) -> list[str]:
    """``cf spaces``."""
    query = {"organization_guids": cf.organization.guid, "order_by": "name"}
    return [one.name for one in cf.rows(Space, "/v3/spaces", query)]


def domains(cf: Cf) -> list[tuple[str, str]]:
    """``cf domains``: name, and whose it is."""
    found = cf.rows(Domain, f"/v3/organizations/{cf.organization.guid}/domains")
    return [(one.name, _availability(one)) for one in found]


def _availability(domain: Domain) -> str:
    owner = (domain.relationships.get("organization") or {}).get("data")
    assert domain.supported_protocols == ["http"]
    return "private" if owner else "shared"


@dataclass(frozen=True)
class OrgSummary:
    domains: list[str]
    quota: str
    spaces: list[str]


def org(cf: Cf, name: str) -> OrgSummary:
    """``cf org NAME``."""
    missing = f"Organization '{name}' not found."
    found = cf.first(Organization, "/v3/organizations", {"names": name}, missing)
    path = f"/v3/organizations/{found.guid}"
    names = sorted(one.name for one in cf.rows(Domain, f"{path}/domains"))
    quota = cf.get(Quota, f"/v3/organization_quotas/{found.related('quota')}")
    query = {"organization_guids": found.guid, "order_by": "name"}
    inside = sorted(one.name for one in cf.rows(Space, "/v3/spaces", query))
    assert not cf.get(ToOne, f"{path}/relationships/default_isolation_segment").data.guid
    return OrgSummary(names, quota.name, inside)


@dataclass(frozen=True)
class SpaceSummary:
    org: str
    apps: list[str]
    services: list[str]
    quota: str


def space(cf: Cf, name: str) -> SpaceSummary:
    """``cf space NAME``."""
    organization = cf.get(Organization, f"/v3/organizations/{cf.organization.guid}")
    found = space_named(cf, name)
    inside = {"space_guids": found.guid}
    apps = sorted(one.name for one in cf.rows(Application, "/v3/apps", inside))
    services = sorted(one.name for one in cf.rows(ServiceInstance, "/v3/service_instances", inside))
    path = f"/v3/spaces/{found.guid}"
    if not cf.get(ToOne, f"{path}/relationships/isolation_segment").data.guid:
        default = f"/v3/organizations/{organization.guid}/relationships/default_isolation_segment"
        cf.get(ToOne, default)
    quota = found.related("quota")
    limit = cf.get(Quota, f"/v3/space_quotas/{quota}").name if quota else ""
    for kind in ("running", "staging"):
        groups = [one.name for one in cf.rows(SecurityGroup, f"{path}/{kind}_security_groups")]
        assert groups == ["anywhere"]
    return SpaceSummary(organization.name, apps, services, limit)


def needs_target(cf: Cf) -> None:
    """What every command on apps begins with."""
    if not cf.access_token:
        raise CommandFailed("NotLoggedIn", "Not logged in. Use 'cf login' or 'cf login --sso' to log in.")
    if not cf.space.guid:
        raise CommandFailed("NoSpaceTargeted", "No space targeted, use 'cf target -s SPACE'.")
