"""Droplets that cross spaces: copied where our signature vouches, built or waited for where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import labels
from reviewapps.errors import BadSettings
from reviewapps.grants import Grant, ring_of
from reviewapps.model import Attempt, Environment, Secret, Tag, Tagging
from reviewapps.plan.droplet import MOST_REFUSED
from reviewapps.signing import Contents, Provenance, Ring, digest_of
from tests.core.imagined import LOOK, CloudFoundry, Trouble
from tests.core.settling import NOW, SHOP, GitHub, Settling, is_as_it_should_be, pull_request, sha
from tests.core.worlds import only_at

DEV = Environment(SHOP.id, "dev")
TREE = f"tree-of-{sha(1)}"
SOURCE = ("acme/review",)
CHANGES = 40
"""More than any of these deploys needs."""


def tagged(*, signed: bool | None, builds: bool = True) -> Settling:
    """A tag moves dev, in another space than the preview that built its commit. ``signed`` is None where nobody
    did."""
    tag, cf = Tag("dev-1", sha(1), annotated=False), CloudFoundry(NOW, {}, looks=2)
    github = GitHub(tags={tag}, taggings={tag: Tagging(sha(1), None, NOW)})
    copies_only = frozenset() if builds else frozenset({"dev"})
    grant = Grant(sources={"dev": SOURCE}, copies_only=copies_only, signs=True)
    if signed is not None:
        cf.add_abroad(TREE, signed=signed)
    return Settling(github, cf, grant)


def attempt(there: Settling, environment: Environment = DEV) -> Attempt:
    app = there.cf.look().actual(environment).app
    assert app is not None and app.attempt is not None
    return app.attempt


def serves(there: Settling, commit: str = sha(1)) -> bool:
    running = there.cf.serving(DEV)
    return running is not None and running.commit == commit


def passed(there: Settling, looks: int) -> None:
    for _ in range(looks):
        for environment in there.attention():
            there.turn(environment)
        there.cf.pass_time()


# --- what is copied ---


@pytest.mark.parametrize("builds", [True, False])
def test_a_signed_droplet_of_another_space_is_copied_with_its_signature(builds: bool) -> None:
    there = tagged(signed=True, builds=builds)
    there.until_settled()
    assert serves(there) and there.cf.builds_made.total() == 0
    assert (attempt(there).copied_from, attempt(there).because) == ("pr-1", "")
    (copy,) = there.cf.droplets[there.cf.running_apps[0].guid]
    assert (copy.signed_for, copy.built_by) == (TREE, "pr-1")


@pytest.mark.parametrize("kill", range(CHANGES))
@pytest.mark.parametrize("disturbance", ["killed", "nothing", "lost", "half"])
def test_whatever_happens_on_the_way_nothing_is_built(disturbance: Trouble | str, kill: int) -> None:
    there = tagged(signed=True, builds=False)
    if disturbance == "killed":
        there.kills = frozenset({kill})
    else:
        there.cf.troubles = only_at(kill, disturbance)  # type: ignore[arg-type]
    there.until_settled()
    assert serves(there) and is_as_it_should_be(there) == {}
    assert there.cf.builds_made.total() == 0


def test_what_was_copied_once_is_found_again_when_its_source_is_gone() -> None:
    there = tagged(signed=True, builds=False)
    there.until_settled()
    there.cf.add_abroad(f"tree-of-{sha(2)}")
    follow(there, sha(2))
    assert serves(there, sha(2))
    there.cf.abroad.clear()
    follow(there, sha(1))
    assert serves(there) and there.cf.builds_made.total() == 0
    assert attempt(there).copied_from == "pr-1"


def follow(there: Settling, commit: str) -> None:
    tag = Tag(f"dev-{len(there.github.tags) + 1}", commit, annotated=False)
    there.github.tags.add(tag)
    there.github.taggings[tag] = Tagging(commit, None, there.cf.now)
    there.until_settled()


# --- what starts otherwise than it was signed ---


@pytest.mark.parametrize("builds", [True, False])
def test_a_copy_that_starts_by_other_commands_never_runs_and_the_next_source_is_taken(builds: bool) -> None:
    there = tagged(signed=True, builds=builds)
    for _ in range(2):
        there.cf.add_abroad(TREE, evil=True)
    there.until_settled()
    assert serves(there) and there.cf.builds_made.total() == 0
    copies = there.cf.droplets[there.cf.running_apps[0].guid]
    assert [(one.refused, one.signed_for) for one in copies] == [(False, TREE), (True, None), (True, None)]
    assert (attempt(there).copied_from, attempt(there).because) == ("pr-1", "")


@pytest.mark.parametrize("kill", range(20))
@pytest.mark.parametrize("disturbance", ["killed", "nothing", "lost", "half"])
def test_whatever_happens_on_the_way_other_commands_never_run(disturbance: Trouble | str, kill: int) -> None:
    there = tagged(signed=True, builds=False)
    there.cf.add_abroad(TREE, evil=True)
    if disturbance == "killed":
        there.kills = frozenset({kill})
    else:
        there.cf.troubles = only_at(kill, disturbance)  # type: ignore[arg-type]
    there.until_settled()
    assert serves(there) and is_as_it_should_be(there) == {}
    assert len(there.cf.droplets[there.cf.running_apps[0].guid]) <= 3


@pytest.mark.parametrize("meddled", [False, True])
def test_a_copy_from_elsewhere_is_not_taken_for_that_of_a_neighbour_with_the_same_bits(meddled: bool) -> None:
    there = Settling(
        GitHub({1: pull_request(1)}),
        CloudFoundry(NOW, {}, looks=2),
        Grant(sources={"dev": SOURCE}, signs=True),
    )
    there.cf.meddled = meddled  # what the neighbour built bears no signature
    there.until_settled()
    there.cf.add_abroad(TREE, evil=True)
    tag = Tag("dev-1", sha(1), annotated=False)
    there.github.tags.add(tag)
    there.github.taggings[tag] = Tagging(sha(1), None, there.cf.now)
    while not (there.cf.evil & there.cf.made_of.keys() - {one.guid for one in there.cf.abroad}):
        passed(there, 1)
    there.cf.abroad.clear()  # before anybody looks at the copy
    there.until_settled()
    assert serves(there) and there.cf.builds_made.total() == 1
    (dev,) = (app for app in there.cf.running_apps if app.environment == DEV)
    assert [one.refused for one in there.cf.droplets[dev.guid]] == [False, True]


@pytest.mark.parametrize("builds", [True, False])
def test_where_all_start_by_other_commands_it_is_built_or_held_and_says_why(builds: bool) -> None:
    there = tagged(signed=None, builds=builds)
    for _ in range(MOST_REFUSED + 2):
        there.cf.add_abroad(TREE, evil=True)
    if builds:
        there.until_settled()
    else:
        passed(there, 5 * MOST_REFUSED)
    why = "no signed build in acme/review (pr-1: starts by other commands than were signed)"
    assert attempt(there).because == (f"there was {why}" if builds else why)
    assert serves(there) is builds and there.cf.builds_made.total() == int(builds)
    assert sum(one.refused for some in there.cf.droplets.values() for one in some) == MOST_REFUSED


# --- what is not ---


@pytest.mark.parametrize(
    ("signed", "why"),
    [
        (None, "there was no build of it in acme/review"),
        (False, "there was no signed build in acme/review (pr-1: unsigned)"),
    ],
)
def test_without_a_signature_it_is_built_and_says_why(signed: bool | None, why: str) -> None:
    there = tagged(signed=signed)
    there.until_settled()
    assert serves(there) and there.cf.builds_made.total() == 1
    assert (attempt(there).copied_from, attempt(there).because) == (None, why)


@pytest.mark.parametrize("signed", [None, False])
def test_where_nothing_is_built_it_waits_and_goes_by_itself(signed: bool | None) -> None:
    there = tagged(signed=signed, builds=False)
    passed(there, 4)
    words = "no build of it" if signed is None else "no signed build"
    assert attempt(there).because.startswith(f"{words} in acme/review")
    assert not serves(there) and there.cf.builds_made.total() == 0 and not any(there.cf.packages.values())
    there.cf.add_abroad(TREE)
    there.until_settled()
    assert serves(there) and attempt(there).because == ""


def test_where_nothing_is_built_waiting_has_an_end() -> None:
    there = tagged(signed=None, builds=False)
    there.until_settled()
    refusal = attempt(there).refusal
    assert refusal is not None and refusal.fault == "copy"
    assert "there was no build of it in acme/review" in refusal.message
    there.cf.add_abroad(TREE)
    there.until_settled()
    assert not serves(there)  # too late, until somebody asks for it again
    again = replace(attempt(there), id="again", began=there.cf.now, refusal=None)
    there.cf.carry_out(steps.Begin(again), there.cf.look().actual(DEV))
    there.until_settled()
    assert serves(there) and attempt(there).because == ""


@pytest.mark.parametrize(("builds", "ends"), [(True, True), (False, False)])
def test_copies_that_fail_are_built_instead_or_given_up(builds: bool, ends: bool) -> None:
    there = tagged(signed=True, builds=builds)
    there.cf.fails_copies = True
    there.until_settled()
    assert serves(there) is ends and there.cf.builds_made.total() == int(ends)
    assert attempt(there).because == ("the copy of a build failed" if ends else "")
    refusal = attempt(there).refusal
    assert (refusal.fault if refusal else None) == (None if ends else "platform")


def test_a_new_build_cannot_be_asked_for_where_nothing_is_built() -> None:
    there = tagged(signed=True, builds=False)
    there.until_settled()
    again = replace(attempt(there), id="again", began=there.cf.now + LOOK, fresh=True)
    actual = there.cf.look().actual(DEV)
    there.cf.carry_out(steps.Begin(again), actual)
    there.told.clear()
    there.until_settled()
    assert serves(there) and there.cf.builds_made.total() == 0


# --- what is signed ---


@pytest.mark.parametrize("meddled", [False, True])
def test_a_build_is_signed_where_it_is_ours_alone_and_runs_in_any_case(meddled: bool) -> None:
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}), Grant(signs=True))
    there.cf.meddled = meddled
    there.until_settled()
    (droplet,) = (d for some in there.cf.droplets.values() for d in some)
    assert droplet.signed_for == (None if meddled else TREE)
    assert is_as_it_should_be(there) == {}


def statements() -> Iterator[Provenance | Contents]:
    told = Provenance(7, "a" * 40, "b" * 64, "pr-1", digest_of({"web": "serve"}))
    yield told
    yield replace(told, repository=8)
    yield replace(told, build_key="c" * 40)
    yield replace(told, checksum="c" * 64)
    yield replace(told, built_by="pr-2")
    yield replace(told, commands=digest_of({"web": "evil"}))
    yield replace(told, commands=digest_of({"web": "serve", "worker": "evil"}))
    yield replace(told, build_key="a" * 39, checksum="a" + "b" * 64)
    yield Contents(7, "a" * 40, "b" * 64)
    yield Contents(7, "a" * 40, "c" * 64)


def test_a_signature_is_about_one_thing() -> None:
    ring, all_of_them = Ring((Secret("k" * 32),)), list(statements())
    for signed in all_of_them:
        signature = ring.signature(signed)
        assert [one for one in all_of_them if ring.vouches(signature, one)] == [signed]
        assert not Ring((Secret("l" * 32),)).vouches(signature, signed)
    assert not any(ring.vouches(nonsense, one) for nonsense in ("", "1.", "é") for one in all_of_them)


@pytest.mark.parametrize("edited", [{}, {"reviewapps-repository": "shop"}, {"reviewapps-repository": "²"}])
def test_labels_that_somebody_edited_are_no_seal(edited: dict[str, str]) -> None:
    ring, marks = Ring((Secret("k" * 32),)), {"reviewapps-repository": "7", "reviewapps-build": "a" * 40}
    seal = {labels.SIGNATURE: ring.signature(Contents(7, "a" * 40, "p-1"))}
    assert labels.is_sealed(marks, seal, "p-1", ring)
    assert not labels.is_sealed(marks, seal, "p-2", ring) and not labels.is_sealed(edited, seal, "p-1", ring)


@pytest.mark.parametrize(
    ("found", "keys"),
    [
        ("n" * 32, ["n" * 32]),
        (f"{'n' * 32},\n{'o' * 40} ", ["n" * 32, "o" * 40]),
        ({"keys": ["n" * 32, "o" * 32]}, ["n" * 32, "o" * 32]),
    ],
)
def test_the_first_key_signs(found: str | dict[str, object], keys: list[str]) -> None:
    assert list(ring_of("signing", found).keys) == keys


@pytest.mark.parametrize("found", ["", "n" * 31, {"key": "n" * 32}, {"keys": []}])
def test_a_key_that_is_none_is_refused(found: str | dict[str, object]) -> None:
    with pytest.raises(BadSettings, match="openssl rand -hex 32"):
        ring_of("signing", found)


# --- the app that builds ---


def built_twice(*, meddled: bool) -> Settling:
    """A preview whose next push is built by an app of its own, in which somebody had a hand meanwhile, or not."""
    there = Settling(GitHub({1: pull_request(1)}), CloudFoundry(NOW, {}), Grant(signs=True))
    for number in (1, 2):
        there.github.pull_requests[1] = pull_request(1, sha(number))
        there.until_settled()
    there.cf.meddled = meddled
    there.cf.now += LOOK
    there.github.pull_requests[1] = pull_request(1, sha(3))
    return there


@pytest.mark.parametrize("meddled", [False, True])
def test_a_builder_that_is_not_ours_alone_makes_room_for_another(meddled: bool) -> None:
    there = built_twice(meddled=meddled)
    (before,) = (app for app in there.cf.apps.values() if app.is_builder)
    there.until_settled()
    (after,) = (app for app in there.cf.apps.values() if app.is_builder)
    assert (after.guid == before.guid) is not meddled
    assert is_as_it_should_be(there) == {}


@pytest.mark.parametrize("kill", range(16))
@pytest.mark.parametrize("disturbance", ["killed", "lost"])
def test_whatever_happens_while_a_builder_is_replaced_it_comes_up(disturbance: str, kill: int) -> None:
    there = built_twice(meddled=True)
    if disturbance == "killed":
        there.kills = frozenset({len(there.taken) + kill})
    else:
        there.cf.troubles = only_at(kill, "lost")
    there.until_settled()
    assert is_as_it_should_be(there) == {} and there.cf.builds_made.total() <= 4


def test_what_was_built_stays_known_when_its_builder_is_gone() -> None:
    there = built_twice(meddled=True)
    there.until_settled()
    there.cf.meddled = False
    there.github.pull_requests[1] = pull_request(1, sha(2))
    there.until_settled()
    assert is_as_it_should_be(there) == {} and there.cf.builds_made.total() == 3
