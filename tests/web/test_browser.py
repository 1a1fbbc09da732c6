"""The page in a real browser, where there is one: as wide as a desk, as narrow as a phone, by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.browser import CHROMIUM, Browser, browsing
from tests.web.seen import shop
from tests.web.serving import TOKEN, Serving

pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="no Chromium on PATH (apt-get install chromium): the page is only read as HTML (test_pages.py)",
)

LONG = "9a8b7c6: build failed: " + "a/very/long/path/without/an/end/" * 12
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HEAD = "document.querySelector('thead').getBoundingClientRect().height"
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


def test_a_page_is_read_on_a_desk_and_on_a_phone_by_day_and_by_night(
    web: Serving, browser: Browser, tmp_path: Path
) -> None:
    web.show(shop(6, reason=LONG))
    papers = set()
    for name, width, mobile, dark in (("desk", 1280, False, False), ("phone", 390, True, True)):
        browser.resize(width, 900, mobile=mobile, dark=dark)
        browser.open(web.url)
        assert browser.find("document.querySelectorAll('tbody tr').length") == 8
        assert browser.find(TOO_WIDE) == 0, f"{name}: the page scrolls sideways"
        assert (browser.find(HEAD) > 10) is not mobile
        papers.add(browser.find(PAPER))
        assert len(browser.draw(tmp_path / f"{name}.png")) > 10_000, "an empty page"
    assert len(papers) == 2
    assert browser.complaints == [], "the page breaks its own Content-Security-Policy"


def test_a_person_signs_in_with_the_token(asking: Serving, browser: Browser, tmp_path: Path) -> None:
    asking.show(shop())
    browser.resize(390, 700, mobile=True)
    browser.open(asking.url.replace("127.0.0.1", "localhost") + "/acme/shop")
    browser.draw(tmp_path / "sign-in.png")
    browser.find(f"document.querySelector('#token').value = '{TOKEN}'")
    browser.find("document.querySelector('.sign-in').submit()")
    browser.until("document.querySelectorAll('tbody tr').length === 3")
    assert browser.find("location.pathname") == "/acme/shop"
    browser.find("document.querySelector('header form').submit()")
    browser.until("document.querySelector('#token') !== null")
