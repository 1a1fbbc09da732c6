"""Who may do what: collaborators, organizations, teams."""

from __future__ import annotations

import pytest
from github import GithubException
from github.Organization import Organization

from tests.sandbox.github.conftest import Checkout, Hub

ROLES = {"pull": "read", "triage": "read", "push": "write", "maintain": "write", "admin": "admin"}


@pytest.fixture
def acme(hub: Hub) -> Organization:
    """An organization of octocat's, with the private repository `acme/web`."""
    hub.server.add_owner("acme", "octocat")
    organization = hub.client().get_organization("acme")
    organization.create_repo("web", private=True)
    return organization


def test_a_role_is_told_in_old_words_and_new_ones(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    for word, permission in ROLES.items():
        repository.add_to_collaborators("stranger", word)
        assert repository.get_collaborator_permission("stranger") == permission
        role = {"pull": "read", "push": "write"}.get(word, word)
        assert repository.get_collaborator_role_name("stranger") == role
    assert {one.login for one in repository.get_collaborators()} == {"octocat", "hubot", "stranger"}
    repository.remove_from_collaborators("stranger")
    assert repository.get_collaborator_permission("stranger") == "read"
    assert not repository.has_in_collaborators("stranger") and repository.has_in_collaborators("hubot")
    path = "/repos/octocat/shop/collaborators/hubot/permission"
    asked = hub.request("GET", path, token="stranger-token")
    assert (asked.status_code, asked.json()["message"]) == (
        403,
        "Must have push access to view collaborator permission.",
    )
    wrong = hub.request("PUT", "/repos/octocat/shop/collaborators/hubot", json={"permission": "boss"})
    assert wrong.status_code == 422


def test_triage_labels_and_does_not_merge(hub: Hub, shop: Checkout) -> None:
    repository = hub.client().get_repo("octocat/shop")
    repository.create_pull(base="main", head="feature", title="Greet")
    repository.add_to_collaborators("stranger", "triage")
    pull = hub.client("stranger-token").get_repo("octocat/shop").get_pull(1)
    pull.add_to_labels("preview")
    with pytest.raises(GithubException, match="403"):
        pull.merge()


def test_a_team_gives_its_members_what_it_has(hub: Hub, acme: Organization) -> None:
    web = acme.get_repo("web")
    team = acme.create_team("Core Team", privacy="closed")
    assert (team.slug, acme.get_team_by_slug("core-team").id) == ("core-team", team.id)
    hubot = hub.client().get_user("hubot")
    hub.request("PUT", "/orgs/acme/teams/core-team/memberships/hubot", json={}).raise_for_status()
    assert web.get_collaborator_permission(hubot) == "read"  # a member of the organization by now
    hub.request("PUT", "/orgs/acme/teams/core-team/repos/acme/web", json={"permission": "maintain"})
    assert web.get_collaborator_role_name(hubot) == "maintain"
    assert [(one.slug, one.permission) for one in web.get_teams()] == [("core-team", "maintain")]
    assert [one.login for one in team.get_members()] == ["octocat", "hubot"]  # by id, as the client asks
    assert [one.full_name for one in team.get_repos()] == ["acme/web"]
    one = hub.request("GET", "/orgs/acme/teams/core-team/memberships/hubot").json()
    assert (one["role"], one["state"]) == ("member", "active")
    team.remove_membership(hubot)
    assert hub.request("GET", "/orgs/acme/teams/core-team/memberships/hubot").status_code == 404
    assert web.get_collaborator_permission(hubot) == "read"
    hub.request("DELETE", "/orgs/acme/memberships/hubot")
    assert web.get_collaborator_permission(hubot) == "none"
    assert hub.request("DELETE", "/orgs/acme/teams/core-team").status_code == 204
    assert list(acme.get_teams()) == list(web.get_teams()) == []


def test_an_organization_is_ruled_by_its_owners_and_seen_by_its_members(hub: Hub, acme: Organization) -> None:
    assert hub.request("POST", "/orgs/acme/teams", token="hubot-token", json={"name": "x"}).status_code == 403
    assert hub.request("GET", "/orgs/acme/teams", token="hubot-token").status_code == 404
    assert hub.request("GET", "/repos/acme/web", token="hubot-token").status_code == 404
    made = hub.request("PUT", "/orgs/acme/memberships/hubot", json={"role": "member"}).json()
    assert (made["role"], made["user"]["login"]) == ("member", "hubot")
    assert hub.request("GET", "/repos/acme/web", token="hubot-token").json()["permissions"] == {
        "admin": False,
        "maintain": False,
        "push": False,
        "triage": False,
        "pull": True,
    }
    assert [one.login for one in acme.get_members(role="member")] == ["hubot"]
    assert hub.request("GET", "/orgs/acme/members/hubot").status_code == 204
    assert hub.request("GET", "/orgs/acme/members/stranger").status_code == 404


def test_only_an_owner_rules_an_organization(hub: Hub, shop: Checkout) -> None:
    hub.server.add_repository("acme", "web")
    made = hub.request(
        "PUT", "/orgs/acme/memberships/stranger", token="stranger-token", json={"role": "admin"}
    )
    assert made.status_code == 403
    created = hub.request("POST", "/orgs/acme/repos", token="stranger-token", json={"name": "mine"})
    assert created.status_code == 403
    for owner, status in (("acme", 403), ("hubot", 404), ("nobody", 404)):
        wanted = {"organization": owner}
        fork = hub.request("POST", "/repos/octocat/shop/forks", token="stranger-token", json=wanted)
        assert fork.status_code == status
    assert hub.server.world.user("nobody") is None
    hub.server.add_owner("acme", "octocat")
    assert hub.request("PUT", "/orgs/acme/memberships/hubot", json={}).status_code == 200
    assert (
        hub.request("POST", "/orgs/acme/repos", token="hubot-token", json={"name": "ours"}).status_code == 201
    )
