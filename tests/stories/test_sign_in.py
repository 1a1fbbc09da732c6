"""Signing in on the status page with an account of GitHub's."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from reviewapps.sandbox.github.state import Registration
from reviewapps.web.access import COOKIE
from reviewapps.web.github import RETURN
from tests.stories.town import Town
from tests.web.serving import TOKEN, Serving, serving

pytestmark = pytest.mark.story


@pytest.fixture
def web(quiet_town: Town) -> Iterator[Serving]:
    """A status page on two private repositories, of which the stranger may read none and hubot only one."""
    town = quiet_town
    town.make_private()
    town.world.github.add_repository("acme", "secret", private=True, writers=["octocat", "reviewapps-bot"])
    app = town.world.github.add_app("acme", Registration(name="Status page"), installed_on=["shop", "secret"])
    told = town.employ(
        REPOSITORIES="acme/shop,acme/secret",
        GITHUB_CLIENT_ID=app.client_id,
        GITHUB_CLIENT_SECRET=app.client_secret,
        WEB_TOKEN=TOKEN,
    ).told
    with serving(told) as web:
        town.world.github.add_sign_in(app, f"{web.url}/sign-in/github/callback")
        yield web


def left(web: Serving, back: str = "/") -> tuple[str, str]:
    """Where somebody is sent who wants to sign in, and the cookie that they take along."""
    leaving = web.ask("/sign-in/github", params={"back": back})
    assert leaving.status_code == 303
    return leaving.headers["location"], leaving.headers["set-cookie"].partition(";")[0]


def signed_in(web: Serving, login: str, back: str = "/") -> requests.Response:
    """What somebody gets who comes back from GitHub as ``login``."""
    there, cookie = left(web, back)
    asked = requests.get(there, timeout=30)
    assert f">{login}</a>" in asked.text
    yes = requests.get(f"{there}&login={login}", timeout=30, allow_redirects=False)
    return came_back(web, yes.headers["location"], cookie)


def came_back(web: Serving, location: str, cookie: str) -> requests.Response:
    assert location.startswith(web.url)
    return web.ask(location.removeprefix(web.url), headers={"Cookie": cookie})


def session(answer: requests.Response) -> dict[str, str]:
    (value,) = [c.value for c in answer.cookies if c.name == COOKIE]
    return {"Cookie": f"{COOKIE}={value}"}


def test_people_read_here_what_they_may_read_on_github(web: Serving) -> None:
    assert 'href="/sign-in/github?back=/acme/shop"' in web.ask("/acme/shop").text
    answer = signed_in(web, "hubot", "/acme/shop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acme/shop")
    assert "ghu_" not in str(answer.headers)
    mine = session(answer)
    page = web.ask("/", headers=mine).text
    assert "acme/shop" in page
    assert "acme/secret" not in page
    assert web.ask("/acme/shop", headers=mine).status_code == 200
    for path in ("/acme/secret", "/api/environments/acme/secret/pr-1"):
        assert web.ask(path, headers=mine).status_code == 404
    (only,) = web.ask("/api/environments", headers=mine).json()["repositories"]
    assert only["repository"] == "acme/shop"
    assert web.ask("/metrics", headers=mine).status_code == 403
    everything = web.ask("/", headers=session(signed_in(web, "octocat"))).text
    assert "acme/secret" in everything

    stranger = signed_in(web, "stranger")
    assert (stranger.status_code, COOKIE in stranger.cookies) == (403, False)
    assert "You may read none of these repositories" in stranger.text


def test_nobody_is_signed_in_by_what_somebody_else_began(web: Serving, quiet_town: Town) -> None:
    there, cookie = left(web)
    _, other = left(web)
    yes = requests.get(f"{there}&login=octocat", timeout=30, allow_redirects=False).headers["location"]
    state = parse_qs(urlsplit(yes).query)["state"][0]
    for query, brought in (
        (urlsplit(yes).query, other),
        (urlsplit(yes).query, ""),
        (f"code=guessed&state={state}", cookie),
        (f"code=&state={state[:-2]}", cookie),
        ("", f"{RETURN}="),
    ):
        answer = web.ask(f"/sign-in/github/callback?{query}", headers={"Cookie": brought})
        assert (answer.status_code, COOKIE in answer.cookies) == (401, False)
    assert came_back(web, yes, cookie).status_code == 303
    assert came_back(web, yes, cookie).status_code == 401, "a code opens once"

    there, cookie = left(web)
    yes = requests.get(f"{there}&login=octocat", timeout=30, allow_redirects=False).headers["location"]
    quiet_town.fail("GET", "/repos/acme/shop", status=502, times=1)
    assert came_back(web, yes, cookie).status_code == 503
