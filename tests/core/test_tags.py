"""Which commit the shared dev app follows: the newest of the tags that are new."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.desired import Known, Leave, Run, Verdict, desired, natural
from reviewapps.desired.tags import WEIGHED_AT_ONCE
from reviewapps.errors import BadRules
from reviewapps.grants import Grant
from reviewapps.model import App, Environment, Over, Space, Tag, Tagging, Wanted
from reviewapps.naming import tag_digest
from reviewapps.rules import Rules
from tests.core.imagined import CloudFoundry
from tests.core.settling import DAY, NOW, SHOP, GitHub, Settling, sha

DEV = Environment(SHOP.id, "dev")


class Shop:
    """A repository whose tags come, move and go, and its dev app, brought up to date by ``followed``."""

    def __init__(self) -> None:
        self.world = Settling(GitHub(), CloudFoundry(NOW, {}))

    def tag(self, name: str, commit: int, committed: datetime = NOW, tagged: datetime | None = None) -> None:
        """An annotated tag where ``tagged`` is given. One of that name is moved."""
        self.untag(name)
        annotated = tagged is not None
        tag = Tag(name, sha(commit + 1000 if annotated else commit), annotated)
        self.world.github.tags.add(tag)
        self.world.github.taggings[tag] = Tagging(sha(commit), tagged, committed)

    def untag(self, name: str) -> None:
        self.world.github.tags = {tag for tag in self.world.github.tags if tag.name != name}

    def followed(self) -> tuple[str | None, int] | None:
        """The tag that the app follows by now, and the number of the commit that it runs."""
        self.world.until_settled()
        apps = list(self.world.cf.apps.values())
        return (apps[0].source, int(apps[0].commit or "0", 16)) if apps else None

    @property
    def app(self) -> App:
        """The dev app, beside which there may be one that builds."""
        (app,) = (app for app in self.world.cf.apps.values() if not app.is_builder)
        return app


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_without_tags_there_is_no_dev_app(shop: Shop) -> None:
    assert shop.followed() is None


@pytest.mark.parametrize("name", ["v1", "develop", "deviant", "release-dev"])
def test_other_tags_mean_nothing(shop: Shop, name: str) -> None:
    shop.tag(name, 1)
    assert shop.followed() is None


@pytest.mark.parametrize("name", ["dev", "dev-1", "dev-2026-03-02"])
def test_the_first_tag_brings_the_app(shop: Shop, name: str) -> None:
    shop.tag(name, 1)
    assert shop.followed() == (name, 1)


def test_at_first_sight_the_newest_of_many_wins(shop: Shop) -> None:
    for number in range(1, 5):
        shop.tag(f"dev-{number}", number, NOW - number * DAY)
    assert shop.followed() == ("dev-1", 1)


def test_a_tag_that_means_no_commit_is_seen_and_deploys_nothing(shop: Shop) -> None:
    tree = Tag("dev-9", sha(99), False)
    shop.world.github.tags.add(tree)
    shop.world.github.taggings[tree] = None
    assert shop.followed() is None

    shop.tag("dev-1", 1)
    assert shop.followed() == ("dev-1", 1)
    [app] = shop.world.cf.apps.values()
    assert app.tags_seen is not None and tag_digest(tree.name, tree.object) in app.tags_seen

    other = Tag("dev-10", sha(98), False)
    shop.world.github.tags.add(other)
    shop.world.github.taggings[other] = None
    assert shop.followed() == ("dev-1", 1)


def test_a_new_tag_is_followed_even_where_its_commit_is_older(shop: Shop) -> None:
    shop.tag("dev-2", 2, NOW)
    shop.followed()
    shop.tag("dev-3", 1, NOW - DAY)
    assert shop.followed() == ("dev-3", 1)


def test_a_moved_tag_is_a_new_one(shop: Shop) -> None:
    shop.tag("dev", 2)
    shop.followed()
    shop.tag("dev", 1, NOW - DAY)
    assert shop.followed() == ("dev", 1)


def test_a_deleted_tag_moves_nothing(shop: Shop) -> None:
    shop.tag("dev-1", 1)
    shop.tag("dev-2", 2, NOW + DAY)
    shop.followed()
    shop.untag("dev-2")
    assert shop.followed() == ("dev-2", 2)


def test_when_all_tags_are_deleted_the_app_stays(shop: Shop) -> None:
    shop.tag("dev", 1)
    shop.followed()
    shop.untag("dev")
    assert shop.followed() == ("dev", 1)


def test_a_deleted_tag_that_comes_back_is_a_new_one(shop: Shop) -> None:
    shop.tag("dev-1", 1)
    shop.followed()
    shop.tag("dev-2", 2)
    shop.followed()
    shop.untag("dev-1")
    shop.followed()
    shop.tag("dev-1", 1)
    assert shop.followed() == ("dev-1", 1)


def test_of_four_at_once_the_newest_commit_wins(shop: Shop) -> None:
    shop.tag("dev-0", 9)
    shop.followed()
    for number, days in ((1, 3), (2, 1), (3, 2), (4, 4)):
        shop.tag(f"dev-{number}", number, NOW - days * DAY)
    assert shop.followed() == ("dev-2", 2)


def test_who_came_over_whom_is_written_down_with_the_wish(shop: Shop) -> None:
    shop.tag("dev-map", 1)
    shop.followed()
    assert not shop.app.over  # at first sight all tags are news, and nobody lost
    shop.world.cf.now += timedelta(seconds=4)
    shop.tag("dev-login", 2, NOW)
    shop.tag("dev-cart", 3, NOW - DAY)
    shop.tag("dev-same", 2, NOW - DAY)
    shop.followed()
    app = shop.app
    at_once, before = app.over
    assert at_once == Over("dev-cart", sha(3))
    assert (before.source, before.commit, before.live) == ("dev-map", sha(1), True)
    assert before.seconds is not None and before.seconds >= 4
    shop.untag("dev-cart")
    shop.followed()
    assert shop.app.over == (at_once, before)  # other tags that are seen forget nothing


def test_an_annotated_tag_counts_from_when_it_was_made(shop: Shop) -> None:
    shop.tag("dev-1", 1, NOW - DAY, tagged=NOW)
    shop.tag("dev-2", 2, NOW - DAY / 2)
    assert shop.followed() == ("dev-1", 1)


def test_of_two_tags_on_commits_of_one_time_the_higher_number_wins(shop: Shop) -> None:
    shop.tag("dev-9", 9)
    shop.tag("dev-10", 10)
    assert shop.followed() == ("dev-10", 10)


def test_a_push_to_the_default_branch_moves_nothing(shop: Shop) -> None:
    shop.tag("dev", 1)
    shop.followed()
    calm = len(shop.world.taken)
    shop.world.told.clear()
    shop.world.github.committed[sha(5)] = NOW + DAY
    assert shop.followed() == ("dev", 1)
    assert len(shop.world.taken) == calm


def test_broken_rules_leave_the_app_as_it_is(shop: Shop) -> None:
    shop.tag("dev", 1)
    shop.followed()
    shop.world.github.rules = BadRules("no", 1)
    shop.tag("dev", 2)
    assert shop.followed() == ("dev", 1)


def test_broken_rules_bring_no_first_app(shop: Shop) -> None:
    shop.world.github.rules = BadRules("no", 1)
    shop.tag("dev", 1)
    assert shop.followed() is None


# --- what is asked of GitHub ---


def verdict(tags: set[Tag], app: App | None, known: Known | None = None) -> tuple[frozenset[Tag], Verdict]:
    wanted = Wanted(SHOP, (), tuple(tags), None)
    space = Space(() if app is None else (app,))
    found = desired(wanted, Rules(), Grant(), space, known or Known(), NOW)
    return found.asks.tags, found.of(DEV)


def an_app(*seen: Tag) -> App:
    config = Grant().config(Rules(), DEV)
    app = App("g", "shop-dev", DEV, "app", True, "d", sha(1), config, NOW, source="dev-1", wished=sha(1))
    return replace(app, tags_seen=frozenset(tag_digest(t.name, t.object) for t in seen))


def test_only_new_tags_are_asked_for() -> None:
    old, new = Tag("dev-1", sha(1), False), Tag("dev-2", sha(2), False)
    assert verdict({old, new}, an_app(old)) == (frozenset({new}), Leave())


def test_nothing_is_asked_where_no_tag_is_new() -> None:
    old = Tag("dev-1", sha(1), False)
    asked, found = verdict({old}, an_app(old), Known(rules_at={sha(1): Rules()}))
    assert asked == frozenset()
    assert isinstance(found, Run) and (found.commit, found.source) == (sha(1), "dev-1")


def test_an_app_that_was_killed_before_it_knew_a_tag_takes_all_as_new() -> None:
    tag = Tag("dev-1", sha(1), False)
    app = replace(an_app(), tags_seen=None, source=None, wished=None)
    assert verdict({tag}, app)[0] == frozenset({tag})


def test_of_hundreds_of_new_tags_the_last_by_name_are_weighed() -> None:
    tags = {Tag(f"dev-{n}", sha(n), False) for n in range(500)}
    asked, _ = verdict(tags, None)
    assert asked == {Tag(f"dev-{n}", sha(n), False) for n in range(500 - WEIGHED_AT_ONCE, 500)}


def test_tags_of_equal_number_are_chosen_between_by_name_and_not_by_listing() -> None:
    tags = [Tag("dev-01", sha(1), False), Tag("dev-1", sha(1), False)]
    known = Known(taggings=dict.fromkeys(tags, Tagging(sha(1), None, NOW)))
    for listed in (tags, tags[::-1]):
        wanted = Wanted(SHOP, (), tuple(listed), None)
        found = desired(wanted, Rules(), Grant(), Space(), known, NOW).of(DEV)
        assert isinstance(found, Run) and found.source == "dev-1"


@given(st.lists(st.text(max_size=6), max_size=6))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    ordered = sorted(names, key=natural)
    assert [natural(name) for name in ordered] == sorted(map(natural, names))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_in_names_sort_as_numbers(one: int, other: int) -> None:
    assert (natural(f"dev-{one}") < natural(f"dev-{other}")) == (one < other)
