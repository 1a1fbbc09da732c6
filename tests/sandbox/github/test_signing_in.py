"""Signing in at an App with an account of this GitHub, by the real client and by hand."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import github
import pytest

from reviewapps.sandbox.github.state import Registration
from tests.sandbox.github.conftest import Hub

CALLBACK = "http://127.0.0.1:1/back"


def test_somebody_comes_back_with_a_code_that_is_good_once_and_for_ten_minutes(hub: Hub) -> None:
    app = hub.server.add_app("octocat", Registration(name="Ours"))
    hub.server.add_sign_in(app, CALLBACK)
    asked = f"/login/oauth/authorize?client_id={app.client_id}&state=abc"

    assert f"{app.client_id}&amp;state=abc&amp;login=octocat" in hub.request("GET", asked, token=None).text
    code = _code(hub, f"{asked}&login=octocat", "abc")
    client = hub.client().get_oauth_application(app.client_id, app.client_secret)
    token = client.get_access_token(code).token
    assert hub.client(token).get_user().login == "octocat"
    with pytest.raises(github.BadCredentialsException):
        client.get_access_token(code)

    late, body = _code(hub, f"{asked}&login=octocat", "abc"), {"client_id": app.client_id}
    hub.request("POST", "/_sandbox/clock", json={"forward": 601})
    for secret, answer in (
        (app.client_secret, "bad_verification_code"),
        ("x", "incorrect_client_credentials"),
    ):
        form = {**body, "client_secret": secret, "code": late}
        told = hub.request("POST", "/login/oauth/access_token", token=None, data=form)
        assert (told.status_code, parse_qs(told.text)["error"]) == (200, [answer])


def test_a_code_is_sent_to_nobody_but_the_app(hub: Hub) -> None:
    app = hub.server.add_app("octocat", Registration(name="Theirs"))
    hub.server.add_sign_in(app, CALLBACK)
    asked = f"/login/oauth/authorize?client_id={app.client_id}&state=abc&login=octocat"

    below = hub.request("GET", f"{asked}&redirect_uri={CALLBACK}/below", token=None, allow_redirects=False)
    assert below.headers["Location"].startswith(f"{CALLBACK}/below?code=")
    for other in ("http://evil.example/back", "http://127.0.0.1:2/back", f"{CALLBACK}ward"):
        sent = hub.request("GET", f"{asked}&redirect_uri={other}", token=None, allow_redirects=False)
        assert sent.headers["Location"] == f"{CALLBACK}?error=redirect_uri_mismatch&state=abc"
    assert hub.request("GET", "/login/oauth/authorize?client_id=x", token=None).status_code == 404


def _code(hub: Hub, path: str, state: str) -> str:
    sent = hub.request("GET", path, token=None, allow_redirects=False)
    told = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert (sent.status_code, told["state"]) == (302, [state])
    return told["code"][0]
