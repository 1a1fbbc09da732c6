"""Names that are free, ours, and somebody else's."""

from __future__ import annotations

import pytest

from reviewapps import steps
from reviewapps.cloudfoundry import SpaceClient
from reviewapps.errors import NameTaken
from reviewapps.model import Actual
from tests.contract.test_cloudfoundry.platform import Platform, client
from tests.contract.test_cloudfoundry.scenes import (
    NAMES,
    OTHER,
    PREVIEW,
    app_of,
    attempt,
    created,
)


def test_an_app_and_a_route_are_born_with_their_labels(space: SpaceClient) -> None:
    tried = attempt()
    actual = space.carry_out(steps.CreateApp(NAMES, tried), Actual(PREVIEW))
    actual = space.carry_out(steps.CreateRoute(NAMES), actual)

    app, route = app_of(actual), actual.route
    assert (app.name, app.environment, app.attempt) == (NAMES[0], PREVIEW, tried)
    assert (app.started, app.commit, app.droplet) == (False, None, None)
    assert route is not None
    assert (route.host, route.environment, route.apps) == (NAMES[0], PREVIEW, frozenset())
    assert route.address == f"{NAMES[0]}.{space.domain}"


def test_a_name_of_somebody_elses_is_passed_over(platform: Platform, space: SpaceClient) -> None:
    theirs = client(platform, instance="umbrella")
    taken = created(theirs)
    theirs.carry_out(steps.CreateRoute(NAMES[:1]), taken)

    actual = space.carry_out(steps.CreateApp(NAMES, attempt()), Actual(PREVIEW))
    actual = space.carry_out(steps.CreateRoute(NAMES), actual)

    assert app_of(actual).name == NAMES[1]
    assert actual.route is not None and actual.route.host == NAMES[1]


def test_a_name_of_our_own_other_environment_is_passed_over(space: SpaceClient) -> None:
    created(space, OTHER)
    actual = space.carry_out(steps.CreateApp(NAMES, attempt()), Actual(PREVIEW))
    assert app_of(actual).name == NAMES[1]


def test_where_every_name_is_taken_it_is_said_which(platform: Platform, space: SpaceClient) -> None:
    theirs = client(platform, instance="umbrella")
    theirs.carry_out(steps.CreateRoute(NAMES[:1]), created(theirs))

    with pytest.raises(NameTaken, match="'shop-pr-12' in the space 'review' belongs to somebody else"):
        created(space)
    with pytest.raises(NameTaken, match=r"'shop-pr-12' in apps\.localhost belongs to somebody else"):
        space.carry_out(steps.CreateRoute(NAMES[:1]), Actual(PREVIEW))
