"""The status page, the API and the door before them."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from fastapi import Request
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from openapi_schema_validator import OAS31Validator

from reviewapps.errors import BadSettings
from reviewapps.overview import State
from reviewapps.web import serve
from reviewapps.web.access import COOKIE
from reviewapps.web.doors import form_of
from tests.web.seen import COMMIT, empty, shop
from tests.web.serving import TOKEN, Serving, serving, told

API = ("/api/environments", "/api/environments/acme/shop/pr-1", "/api/openapi.json")
BEHIND = ("/", "/acme/shop", "/metrics", *API)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Text(HTMLParser):
    """A page as it is read: its words in order, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") and value is not None]

    def __contains__(self, text: str) -> bool:
        return text in " ".join(self.words)

    def has(self, pattern: str) -> bool:
        """Whether it says so; times go on where much else runs."""
        return re.search(pattern, " ".join(self.words)) is not None


def test_a_page_says_what_the_last_look_saw(web: Serving) -> None:
    web.show(shop(), empty("acme/Web"))
    page = Text(web.ask("/").text)
    assert "2 live, 1 failed · 256 MB" in page
    assert page.has(r"acme/shop looked 1\d s ago on GitHub"), "one failed, so not: nothing wrong"
    assert page.has(r"acme/Web looked \d s ago , nothing wrong")
    assert "pr-1 live 3f2c1ab 2 h 256 https://shop-pr-1.app.cloud.gov ends" in page
    assert "pr-9000 failed build failed" in page
    assert "dev live dev-map https://shop-dev.app.cloud.gov" in page
    assert "No preview: #13 bot and #14 fork" in page
    assert "No environments." in page
    assert f"https://github.com/acme/shop/commit/{COMMIT}" in page.links
    assert "https://github.com/acme/shop/pull/1" in page.links
    assert "https://github.com/acme/shop/tree/dev-map" in page.links


def test_every_state_has_its_colour(web: Serving) -> None:
    coloured = set(re.findall(r"\.([a-z]+)", " ".join(re.findall(r"(.*)\{ --c", web.ask("/style.css").text))))
    assert coloured == set(get_args(State))


def test_what_nobody_looked_at_yet_says_so(web: Serving) -> None:
    web.remember("acme/shop:overview", {"another": "version of us wrote this"})
    assert "acme/shop not looked yet" in Text(web.ask("/").text)
    (answer, _) = web.ask("/api/environments").json()["repositories"]
    assert (answer["looked_at"], answer["environments"]) == (None, [])


def test_where_nobody_has_looked_for_minutes_that_is_said(web: Serving) -> None:
    web.show(shop(looked=timedelta(minutes=12)), empty("acme/Web"))
    page = Text(web.ask("/").text)
    assert "acme/shop looked 12 min ago on GitHub No worker looks at it" in page
    assert "acme/Web looked 0 s ago , nothing wrong" in page
    assert [one["stale"] for one in web.ask("/api/environments").json()["repositories"]] == [True, False]


def test_one_repository_has_a_page_of_its_own_and_others_have_none(web: Serving) -> None:
    web.show(shop(), empty("acme/Web"))
    page = Text(web.ask("/ACME/shop").text)
    assert "pr-1 live" in page
    assert "acme/Web" not in page
    assert web.ask("/acme/other").status_code == 404


def test_a_look_that_failed_is_told_until_one_did_not(web: Serving) -> None:
    ago = datetime.now(UTC) - timedelta(seconds=40)
    web.remember("trouble:acme/shop", [ago.timestamp(), "GitHub: answered 401: Bad credentials"])
    web.show(shop(looked=timedelta(minutes=2)))
    page = Text(web.ask("/").text)
    assert page.has("The last look failed 4[0-9] s ago: GitHub: answered 401: Bad credentials")
    assert "nothing wrong" not in page
    web.show(shop(looked=timedelta(seconds=5)))
    assert "The last look failed" not in Text(web.ask("/").text)


def test_whatever_a_stranger_wrote_is_text(web: Serving) -> None:
    web.show(shop(reason='</td><script src="https://evil.example/x.js"></script><img onerror=x>'))
    page = Text(web.ask("/").text)
    assert not page.tags & {"script", "img"}
    assert '</td><script src="https://evil.example/x.js"></script><img onerror=x>' in page


def test_a_page_needs_nothing_of_anybody_else_and_is_shown_nowhere_else(web: Serving) -> None:
    answer = web.ask("/")
    assert [link for link in Text(answer.text).links if link.endswith((".css", ".js"))] == ["/style.css"]
    assert "url(" not in web.ask("/style.css").text
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", answer.text)
    said = answer.headers
    assert said["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert said["x-robots-tag"] == "noindex, nofollow"
    assert (said["cache-control"], said["referrer-policy"]) == ("no-store", "no-referrer")


def test_the_api_says_the_same(web: Serving) -> None:
    web.show(shop())
    described = web.ask("/api/openapi.json").json()
    all_of_it = web.ask("/api/environments").json()
    _check(described, "EnvironmentsAnswer", all_of_it)
    assert [one["name"] for one in all_of_it["repositories"][0]["environments"]] == ["pr-1", "pr-9000", "dev"]
    one = web.ask("/api/environments/acme/shop/pr-1").json()
    _check(described, "EnvironmentAnswer", one)
    assert one == all_of_it["repositories"][0]["environments"][0]
    assert (one["pull_request"], one["state"], one["address"]) == (
        1,
        "live",
        "https://shop-pr-1.app.cloud.gov",
    )
    for nothing in ("acme/shop/pr-2", "acme/Web/pr-1", "acme/other/pr-1"):
        missing = web.ask(f"/api/environments/{nothing}")
        assert missing.status_code == 404
        _check(described, "Problem", missing.json())


def test_a_thousand_environments_are_one_page(web: Serving) -> None:
    web.show(shop(1000))
    assert web.ask("/").text.count("<tr>") == 1003


# --- the door ---


@pytest.mark.parametrize("path", BEHIND)
def test_who_does_not_know_the_token_reads_nothing(asking: Serving, path: str) -> None:
    asking.show(shop())
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{COOKIE}=wrong"}):
        answer = asking.ask(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "pr-1" not in answer.text.replace(path, "")
    assert asking.ask(path, headers=BEARER).status_code == 200


def test_people_sign_in_once_and_come_to_where_they_wanted(asking: Serving) -> None:
    asking.show(shop())
    form = asking.ask("/acme/shop")
    assert 'name="back" value="/acme/shop"' in form.text
    wrong = asking.ask("/sign-in", "POST", data={"token": "wrong", "back": "/acme/shop"})
    assert (wrong.status_code, "That is not the token." in wrong.text) == (401, True)
    assert "set-cookie" not in wrong.headers
    right = asking.ask("/sign-in", "POST", data={"token": TOKEN, "back": "/acme/shop"})
    assert (right.status_code, right.headers["location"]) == (303, "/acme/shop")
    cookie = right.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    session = {"Cookie": cookie.partition(";")[0]}
    assert "pr-1" in asking.ask("/acme/shop", headers=session).text
    out = asking.ask("/sign-out", "POST", headers=session)
    assert "Max-Age=0" in out.headers["set-cookie"]


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "/é"])
def test_signing_in_leads_nowhere_else(asking: Serving, back: str) -> None:
    answer = asking.ask("/sign-in", "POST", data={"token": TOKEN, "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_new_token_ends_every_session(asking: Serving) -> None:
    cookie = asking.ask("/sign-in", "POST", data={"token": TOKEN}).headers["set-cookie"].partition(";")[0]
    with serving(told(asking.told.redis_url, WEB_TOKEN=TOKEN + "!")) as renewed:
        assert renewed.ask("/", headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize(("ago", "status"), [(0, 200), (13 * 3600, 401)])
def test_a_session_ends(asking: Serving, ago: int, status: int) -> None:
    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - ago

    options = {"digest_method": hashlib.sha256}
    sessions = URLSafeTimedSerializer(
        f"{TOKEN}\n", salt="acme session", signer=Earlier, signer_kwargs=options
    )
    assert asking.ask("/", headers={"Cookie": f"{COOKIE}={sessions.dumps('*')}"}).status_code == status


def test_what_is_open_to_this_machine_answers_to_no_other_name(web: Serving) -> None:
    foreign = {"Host": "reviewapps.example.gov"}
    for path in (*BEHIND, "/style.css"):
        assert web.ask(path, headers=foreign).status_code == 421
    assert web.ask("/healthz", headers=foreign).status_code == 200
    assert web.deliver({"zen": "…"}, event="ping", headers=foreign).status_code == 202


def test_nobody_opens_the_page_to_everybody_by_mistake() -> None:
    with pytest.raises(BadSettings, match=r"open to everybody at 0\.0\.0\.0: set REVIEWAPPS_WEB_TOKEN"):
        serve(told("redis://127.0.0.1:9/0", BIND="0.0.0.0:0"))


# --- health and metrics ---


def test_ready_means_looked_at_lately(web: Serving) -> None:
    def said() -> tuple[int, Any]:
        answer = web.ask("/readyz")
        return answer.status_code, answer.json().get("reason")

    assert said() == (503, "not looked yet: 2 of 2 repositories; is a worker running?")
    web.show(shop(), empty("acme/Web"))
    assert said() == (200, None)
    web.show(shop(looked=timedelta(minutes=6)))
    assert said() == (503, "the last look is too old: 1 of 2 repositories; is a worker running?")
    assert web.ask("/healthz").status_code == 200


def test_without_redis_it_is_alive_and_says_what_is_wrong() -> None:
    with serving(told("redis://127.0.0.1:9/0")) as alone:
        assert alone.ask("/healthz").json() == {"alive": True}
        assert alone.ask("/readyz").json() == {"ready": False, "reason": "Redis does not answer"}
        page = alone.ask("/")
        assert (page.status_code, "Redis does not answer" in page.text) == (503, True)
        assert "reviewapps_redis_up 0.0" in alone.ask("/metrics").text


def test_an_installation_that_is_paused_is_ready_though_nobody_looks(web: Serving) -> None:
    with serving(told(web.told.redis_url, MODE="paused")) as paused:
        assert paused.ask("/readyz").json() == {"ready": True, "mode": "paused"}
        assert "is paused" in Text(paused.ask("/").text)


def _check(described: dict[str, Any], name: str, answer: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    OAS31Validator(schema).validate(answer)


def test_a_form_that_does_not_come_in_is_given_up() -> None:
    async def trickling() -> dict[str, object]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def read() -> dict[str, str]:
        scope = {"type": "http", "method": "POST", "path": "/sign-in", "headers": []}
        async with asyncio.timeout(5):
            return await form_of(Request(scope, trickling), within=0.05)

    assert asyncio.run(read()) == {}
