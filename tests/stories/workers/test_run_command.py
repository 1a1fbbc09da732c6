"""``reviewapps run`` and ``redeploy``: what is wrong is said in one sentence, before anything is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coordination.waiting import until_dead
from tests.faults.shop import Shop
from tests.stories.workers.command import ended, family, residents, running

pytestmark = pytest.mark.story

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def quiet_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One without any worker."""
    with Shop(tmp_path_factory.mktemp("quiet") / "shop") as shop:
        yield shop


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"GITHUB_TOKEN": "ghp_wrong"}, "Bad credentials"),
        ({"CF_PASSWORD": "wrong"}, "rejected the user 'deployer'"),
        ({"GITHUB_URL": NOBODY}, "GitHub"),
        ({"CF_API": NOBODY}, f"{NOBODY} did not"),
        ({"REPOSITORIES": "acme/nothing"}, "acme/nothing"),
        ({"CF_SPACE": "nowhere"}, "nowhere"),
        ({"LIMITS": "3"}, "did you mean REVIEWAPPS_LIMIT"),
        ({"LIMIT": "many"}, "REVIEWAPPS_LIMIT"),
        ({"CF_API": "https://api.example.org"}, "REVIEWAPPS_ACCESS=public"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_said_in_a_sentence(quiet_shop: Shop, settings: dict[str, str], reason: str) -> None:
    went = ended("run", env=quiet_shop.playground.environment(**settings))
    assert went.returncode != 0
    assert went.stdout == ""
    assert went.stderr.startswith("reviewapps: ")
    assert went.stderr.count("\n") == 1, went.stderr
    assert reason in went.stderr
    assert quiet_shop.apps() == []
    assert not any("workers" in line for line in residents(quiet_shop.playground.home))


def test_a_rejected_password_is_tried_once(quiet_shop: Shop) -> None:
    observed = quiet_shop.world.cloudfoundry.observed
    before = len(list(observed.asked("POST", "/oauth/token")))
    env = quiet_shop.playground.environment(CF_PASSWORD="wrong too")
    assert [ended("run", env=env).returncode for _ in range(2)] == [1, 1]
    assert len(list(observed.asked("POST", "/oauth/token"))) == before + 1


def test_run_works_with_a_redis_of_its_own_until_it_is_told_to_end(tmp_path: Path) -> None:
    with Shop(tmp_path / "shop") as shop:
        env = shop.playground.environment(REDIS_URL="", HOME=str(tmp_path / "orchestrator"))
        with running("run", env=env) as run:
            preview = shop.open("blue header")
            shop.until_live(preview)
            everybody = family(run)
            run.send_signal(signal.SIGTERM)
            assert run.wait(timeout=20) == 0
        until_dead(everybody)
        assert shop.oddities(preview) == []


def test_redeploy_builds_the_same_commit_again(shop: Shop) -> None:
    preview = shop.open("blue header")
    shop.until_live(preview)
    shop.until_settled()
    went = ended("redeploy", "acme/shop#1", env=shop.playground.environment())
    assert went.returncode == 0, went.stderr
    assert preview.commit[:7] in went.stdout
    shop.until("another build", lambda: shop.builds("shop-pr-1") == 2)
    shop.until_settled()
    assert shop.oddities(preview, builds=2, told=2) == []


@pytest.mark.parametrize("asked", ["acme/shop#99", "nonsense", "acme/other#1"])
def test_redeploy_of_what_is_not_there_is_refused_in_a_sentence(quiet_shop: Shop, asked: str) -> None:
    went = ended("redeploy", asked, env=quiet_shop.playground.environment())
    assert went.returncode != 0
    assert went.stderr.startswith("reviewapps: ")
    assert went.stderr.count("\n") == 1, went.stderr
