"""What an installation tells of itself: every environment, and why it is as it is."""

from __future__ import annotations

import json

from reviewapps.model import Environment
from tests.stories.samples import BROKEN_BUILD, headline
from tests.stories.town import Town


def test_every_environment_has_its_row_and_its_reasons(quiet_town: Town) -> None:
    town = quiet_town
    installation = town.employ(LIMIT="2").installation
    live = town.open("blue-header")
    town.until_live(live)
    failed = town.open("broken", {**headline("broken"), **BROKEN_BUILD})
    town.until_comment(failed, "build failed")
    waiting = [town.open(name) for name in ("one", "two")]
    theirs = town.stranger.fork()
    theirs.write("gift", "A gift", headline("a gift"))
    fork = theirs.open("gift", "A gift", base=town.repository)
    town.hubot.tag("dev-1", town.head(live))
    town.until("dev", lambda: town.page("shop-dev").headline == "blue-header")
    town.until_idle()

    (seen,) = installation.overviews()

    rows = {row.environment.name: row for row in seen.rows}
    assert (rows[f"pr-{live}"].state, rows[f"pr-{live}"].memory_mb) == ("live", 64)
    assert rows[f"pr-{live}"].address == town.url(f"shop-pr-{live}")
    assert rows[f"pr-{failed}"].state == "failed"
    assert "build failed" in rows[f"pr-{failed}"].reason
    assert rows["dev"].runs == "dev-1"
    states = sorted(rows[f"pr-{number}"].state for number in waiting)
    assert states == ["live", "waiting"]
    assert [(one.number, one.why) for one in seen.passed] == [(fork, "fork")]

    shop = installation.reconcilers[town.repository].repository.id
    for name, follows, last in (
        (f"pr-{live}", "should run", True),
        (f"pr-{fork}", "is not fetched, built or run", False),
        ("dev", "by the tag dev-1", True),
    ):
        decision = installation.decision(Environment(shop, name))
        assert follows in decision.follows
        assert decision.answers[-1].holds is last
        assert all(answer.holds for answer in decision.answers[:-1])


def test_a_tick_says_in_the_log_what_it_found_and_a_repair_is_a_warning(town: Town) -> None:
    live, failed = town.open("blue"), town.open("broken", BROKEN_BUILD)
    town.until_live(live)
    town.until_comment(failed, "build failed")
    town.until_idle()
    town.operator.stop(f"shop-pr-{live}")
    town.look_afresh(2)

    lines = [json.loads(line) for line in town.log.read_text().splitlines()]
    looked = [line for line in lines if line["event"] == "looked"]
    assert (looked[0]["settled_now"], looked[-1]["right"]) == ([f"pr-{live}", f"pr-{failed}"], 1)
    assert "build failed" in looked[-1]["refused"][f"pr-{failed}"]
    (repaired,) = [line for line in lines if line["event"] == "repaired"]
    assert (repaired["level"], repaired["reason"]) == ("warning", "its app had been stopped")
    assert repaired["environment"].endswith(f"/pr-{live}")
