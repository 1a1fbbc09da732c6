"""Who may come in, what they see, and what breaks on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from cloudfoundry_client.client import CloudFoundryClient
from cloudfoundry_client.errors import InvalidStatusCode
from oauth2_client.credentials_manager import OAuthError

from reviewapps.sandbox.cloudfoundry.state import SecurityGroup
from tests.sandbox.cloudfoundry.cloud import Cloud, Refused

FORM = "application/x-www-form-urlencoded"
CLIENT = "grant_type=client_credentials"


def test_an_expired_token_is_refreshed_by_the_client(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, token_seconds=0.05)
    try:
        asked = cloud.server.observed.asked
        while not any(call.status == 401 for call in asked("GET", "/v3/apps")):
            assert cloud.client.v3.apps.len() == 0
        granted = [call.status for call in asked("POST", "/oauth/token")]
        assert granted[:2] == [200, 200]
    finally:
        cloud.close()


def test_an_expired_token_and_a_missing_one_are_told_apart(cloud: Cloud) -> None:
    url = cloud.server.api_url + "/v3/apps"

    for headers, code in (({}, 10002), ({"Authorization": "bearer nonsense"}, 1000)):
        answer = requests.get(url, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, code)
        assert "X-Vcap-Request-Id" in answer.headers


def test_a_client_logs_in_with_its_secret(cloud: Cloud) -> None:
    cloud.server.add_client("robot", "secret", roles={"acme/review": "space_developer"})
    client = CloudFoundryClient(cloud.server.api_url, client_id="robot", client_secret="secret")

    client.init_with_client_credentials()

    assert [space["name"] for space in client.v3.spaces.list()] == ["review"]


def test_three_wrong_passwords_lock_the_account(cloud: Cloud) -> None:
    for _ in range(3):
        with pytest.raises(OAuthError, match="Bad credentials"):
            cloud.login("deployer", "wrong")

    with pytest.raises(OAuthError, match="locked"):
        cloud.login("deployer", "deployer")
    assert len(cloud.server.platform.uaa.failures["deployer"]) == 3


def test_a_token_is_good_for_ten_minutes(shared: Cloud) -> None:
    form = {"grant_type": "password", "username": "deployer", "password": "deployer"}
    granted = requests.post(f"{shared.server.api_url}/oauth/token", form, auth=("cf", ""), timeout=30).json()
    old = {"Authorization": f"bearer {granted['access_token']}"}
    assert granted["expires_in"] == 599

    try:
        shared.server.world.clock.forward(599)
        assert requests.get(f"{shared.server.api_url}/v3/apps", headers=old, timeout=30).status_code == 200
        shared.server.world.clock.forward(2)
        answer = requests.get(f"{shared.server.api_url}/v3/apps", headers=old, timeout=30)
        assert answer.json()["errors"][0]["code"] == 1000
    finally:
        shared.server.world.clock.forward(-601)


@pytest.mark.parametrize(
    ("headers", "form", "status", "error"),
    [
        ({"Authorization": "Basic !", "Content-Type": FORM}, CLIENT, 401, "unauthorized"),
        ({"Authorization": "Basic", "Content-Type": FORM}, CLIENT, 401, "unauthorized"),
        ({"Content-Type": "multipart/form-data"}, "x", 400, "invalid_request"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "--x\r\n\r\n", 400, "invalid_request"),
        ({"Content-Type": FORM + "; charset=klingon"}, "grant_type=password", 400, "invalid_request"),
        ({"Content-Type": FORM}, "grant_type=magic", 400, "unsupported_grant_type"),
    ],
)
def test_a_login_that_makes_no_sense_is_refused(
    shared: Cloud, headers: dict[str, str], form: str, status: int, error: str
) -> None:
    answer = requests.post(f"{shared.server.api_url}/oauth/token", form, headers=headers, timeout=30)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_user_sees_only_their_own_spaces(cloud: Cloud) -> None:
    cloud.server.add_user("reviewer", "secret", roles={"acme/review": "space_auditor"})
    reviewer = cloud.login("reviewer", "secret")
    here, there = cloud.app("here"), cloud.app("there", cloud.server.space("production").guid)

    assert [app["name"] for app in reviewer.v3.apps.list()] == ["here"]
    with pytest.raises(Refused) as unseen:
        cloud.call("GET", f"/v3/apps/{there}", client=reviewer)
    assert unseen.value.status == 404
    with pytest.raises(Refused) as untouched:
        cloud.call("PATCH", f"/v3/apps/{here}", {"name": "mine"}, client=reviewer)
    assert (untouched.value.status, untouched.value.code) == (403, 10003)
    with pytest.raises(Refused) as secret:
        cloud.call("GET", f"/v3/apps/{here}/environment_variables", client=reviewer)
    assert secret.value.status == 403


def test_a_lost_answer_leaves_what_was_done(cloud: Cloud) -> None:
    fault = {"method": "POST", "path": "/v3/apps$", "kind": "lost"}
    requests.post(cloud.server.api_url + "/_sandbox/faults", json=fault, timeout=30)

    with pytest.raises(requests.ConnectionError):
        cloud.app("shop")

    assert [app["name"] for app in cloud.client.v3.apps.list()] == ["shop"]
    last = next(cloud.server.observed.asked("POST", "/v3/apps$"))
    assert (last.status, last.who) == (0, "deployer")


def test_a_fault_for_one_caller_strikes_that_one_alone(shared: Cloud) -> None:
    shared.server.add_user("watcher", "secret", roles={"acme/review": "space_auditor"})
    watcher = shared.login("watcher", "secret")
    fault = {"path": "/v3/apps$", "who": "deployer", "status": 503}
    requests.post(shared.server.api_url + "/_sandbox/faults", json=fault, timeout=30)

    url = shared.server.api_url + "/v3/apps"
    bearers = [client._session.headers["Authorization"] for client in (watcher, shared.client)]
    for bearer in (*bearers, "", "bearer nonsense"):
        requests.get(url, headers={"Authorization": bearer}, timeout=30)

    asked = list(shared.server.observed.asked("GET", "/v3/apps$"))[-4:]
    told = [(call.who, call.status) for call in asked]
    assert told == [("watcher", 200), ("deployer", 503), ("", 401), ("", 401)]


def test_a_cut_answer_is_not_mistaken_for_a_whole_one(cloud: Cloud) -> None:
    cloud.app("shop")
    fault = {"method": "GET", "path": "/v3/apps", "kind": "cut"}
    requests.post(cloud.server.api_url + "/_sandbox/faults", json=fault, timeout=30)

    with pytest.raises(requests.RequestException):
        cloud.client.v3.apps.len()

    assert cloud.client.v3.apps.len() == 1


def test_a_taken_port_is_an_os_error(cloud: Cloud, tmp_path: Path) -> None:
    other = type(cloud.server)(tmp_path / "other")

    with pytest.raises(OSError, match="address already in use"):
        cloud.run(other.start(cloud.server.port))


def test_log_cache_says_no_more_than_404_to_all_who_may_not_read(cloud: Cloud) -> None:
    cloud.server.add_user("stranger", "secret", roles={})
    app, stranger = cloud.app("shop"), cloud.login("stranger", "secret")
    at = f"{cloud.server.api_url}/api/v1"

    tokens: tuple[dict[str, str], ...] = ({}, {"Authorization": "bearer expired"})
    for path in (f"/read/{app}", "/meta"):
        for headers in tokens:
            answer = requests.get(at + path, headers=headers, timeout=30)
            assert (answer.status_code, answer.content) == (404, b"")
    with pytest.raises(InvalidStatusCode, match="NOT_FOUND"):
        stranger.get(f"{at}/read/{app}")
    with pytest.raises(InvalidStatusCode, match="BAD_REQUEST"):
        cloud.client.get(f"{at}/read/{app}?limit=many")


def test_a_space_has_the_security_groups_of_all_and_its_own(cloud: Cloud) -> None:
    space = cloud.server.space("review")
    rules = [{"protocol": "tcp", "destination": "10.0.0.0/8", "ports": "5432"}]
    cloud.server.world.add(SecurityGroup(name="databases", rules=rules, spaces=[space]))

    def names(path: str) -> list[str]:
        return [group["name"] for group in cloud.call("GET", path)["resources"]]

    assert names(f"/v3/spaces/{space.guid}/running_security_groups") == ["anywhere", "databases"]
    other = cloud.server.space("production").guid
    assert names(f"/v3/spaces/{other}/running_security_groups") == ["anywhere"]
    assert names("/v3/security_groups?globally_enabled_running=false") == ["databases"]


def test_a_token_says_whose_it_is_and_whether_of_an_admin(cloud: Cloud) -> None:
    cloud.server.add_user("root", "root", roles={"*": ""})
    cloud.server.add_client("robot", "secret", roles={"acme/review": "space_developer"})

    def scopes(name: str) -> list[str]:
        form = {"grant_type": "password", "username": name, "password": name}
        return str(
            requests.post(f"{cloud.server.api_url}/oauth/token", data=form, timeout=30).json()["scope"]
        ).split()

    assert "cloud_controller.admin" in scopes("root")
    assert "cloud_controller.admin" not in scopes("deployer")
    roles = cloud.call("GET", "/v3/roles?user_guids=robot")["resources"]
    assert [role["type"] for role in roles] == ["space_developer"]
