"""Names that fit, that nobody shares by accident, and that lead back to what they name."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.errors import BadSettings
from reviewapps.model import Environment, Repository
from reviewapps.naming import LONGEST, address, addressed, names, slug, tag_digest

HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")

INSTANCES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
OWNERS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,38})?", fullmatch=True)
REPOSITORY_NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True)
NUMBERS = st.integers(1, 10**9)
ENVIRONMENT_NAMES = st.one_of(NUMBERS.map(lambda n: f"pr-{n}"), st.just("dev"))


def repository(id_: int, name: str) -> Repository:
    return Repository(id_, name, "main", False, "")


@st.composite
def repositories(draw: st.DrawFn) -> Repository:
    return repository(draw(st.integers(1, 10**9)), f"{draw(OWNERS)}/{draw(REPOSITORY_NAMES)}")


@given(INSTANCES, repositories(), ENVIRONMENT_NAMES)
def test_every_candidate_is_a_legal_host_name(instance: str, of: Repository, name: str) -> None:
    for candidate in names(instance, of, Environment(of.id, name)):
        assert HOST.fullmatch(candidate)
        assert len(candidate) <= LONGEST


@given(INSTANCES, repositories(), NUMBERS)
def test_a_review_environment_has_two_candidates_and_the_number_in_both(
    instance: str, of: Repository, number: int
) -> None:
    plain, own = names(instance, of, Environment.of_pull_request(of.id, number))
    assert plain.endswith(f"-pr-{number}")
    assert f"-pr-{number}-" in own


def test_a_shared_environment_has_one_name_or_none() -> None:
    assert names("acme", repository(7, "acme/shop"), Environment(7, "dev")) == ("shop-dev",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("acme", 7, "acme/shop", 1), ("acme", 8, "globex/shop", 1)),
        (("acme", 7, "acme/Shop", 1), ("acme", 8, "acme/shop_", 1)),
        (("acme", 7, "acme/shop.web", 1), ("acme", 8, "acme/shop-web", 1)),
        (("acme", 7, "acme/" + "x" * 90, 1), ("acme", 8, "acme/" + "x" * 90 + "y", 1)),
        (("acme", 7, "acme/shop", 1), ("globex", 7, "acme/shop", 1)),
        (("acme", 7, "acme/___", 1), ("acme", 8, "acme/...", 1)),
    ],
)
def test_who_shares_a_plain_name_has_another_one_of_its_own(
    one: tuple[str, int, str, int], other: tuple[str, int, str, int]
) -> None:
    def candidates(instance: str, id_: int, name: str, number: int) -> tuple[str, ...]:
        return names(instance, repository(id_, name), Environment.of_pull_request(id_, number))

    (plain, own), (same, another) = candidates(*one), candidates(*other)
    assert plain == same
    assert own != another


def test_a_thousand_pull_requests_of_twenty_repositories_share_no_name_of_their_own() -> None:
    own: defaultdict[str, int] = defaultdict(int)
    for id_ in range(20):
        for number in range(1, 1001):
            own[names("acme", repository(id_, "acme/shop"), Environment(id_, f"pr-{number}"))[-1]] += 1
    assert max(own.values()) == 1


@given(repositories(), repositories(), NUMBERS, NUMBERS)
def test_a_name_of_ones_own_is_nobodys_plain_name(one: Repository, other: Repository, n: int, m: int) -> None:
    own = names("acme", one, Environment.of_pull_request(one.id, n))[-1]
    assert own != names("acme", other, Environment.of_pull_request(other.id, m))[0]


@given(INSTANCES, st.integers(1, 10**9), NUMBERS)
def test_a_name_survives_what_github_does_not_count_as_a_rename(instance: str, id_: int, number: int) -> None:
    environment = Environment.of_pull_request(id_, number)
    cased = names(instance, repository(id_, "ACME/Shop"), environment)
    assert cased == names(instance, repository(id_, "acme/shop"), environment)


@given(st.text(max_size=80))
def test_a_slug_is_empty_or_a_legal_host_name(text: str) -> None:
    found = slug(text)
    assert found == "" or HOST.fullmatch(found)
    assert "--" not in found
    assert slug(found) == found


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_tag_is_known_again_by_twelve_digits(name: str, target: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", tag_digest(name, target))
    assert tag_digest(name, target) != tag_digest(name + "x", target)


@pytest.mark.parametrize("name", ["pr-012", "pr-0", "pr-", "pr-١٢", "pr-12 ", "pr-1-2", "xpr-1"])
def test_a_pull_requests_environment_has_one_name_alone(name: str) -> None:
    assert Environment(7, name).number is None


# --- what a person types ---

KNOWN = {"acme/Shop": 7, "acme/web": 8}


@given(st.sampled_from(sorted(KNOWN)), ENVIRONMENT_NAMES)
def test_an_address_leads_back_to_its_environment(name: str, environment: str) -> None:
    meant = Environment(KNOWN[name], environment)
    assert addressed(address(meant, name), KNOWN) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("acme/shop#12", Environment(7, "pr-12")),
        ("ACME/SHOP#12", Environment(7, "pr-12")),
        ("acme/web:dev", Environment(8, "dev")),
        ("acme/web#0012", Environment(8, "pr-12")),
        ("acme/web:pr-12", Environment(8, "pr-12")),
    ],
)
def test_how_an_environment_may_be_typed(typed: str, meant: Environment) -> None:
    assert addressed(typed, KNOWN) == meant


@pytest.mark.parametrize("typed", ["#12", ":dev"])
def test_the_only_repository_need_not_be_named(typed: str) -> None:
    assert addressed(typed, {"acme/shop": 7}).repository == 7


@pytest.mark.parametrize("typed", ["#12", "acme/other#12", "shop#12"])
def test_a_repository_that_is_not_ours_is_refused_with_those_that_are(typed: str) -> None:
    with pytest.raises(BadSettings, match="acme/Shop, acme/web"):
        addressed(typed, KNOWN)


def test_a_preview_of_another_spelling_is_refused() -> None:
    with pytest.raises(BadSettings, match="previews are written as acme/shop#12"):
        addressed("acme/shop:pr-0012", KNOWN)


@pytest.mark.parametrize(
    "typed", ["", "acme/shop", "acme/shop#", "acme/shop#x", "acme/shop:", "12", "acme/shop#١٢"]
)
def test_what_names_no_environment_is_refused_with_how_to_write_it(typed: str) -> None:
    with pytest.raises(BadSettings, match="write acme/shop#12 or acme/shop:dev"):
        addressed(typed, KNOWN)
