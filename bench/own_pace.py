"""The three deploys at the product's own intervals, where staging takes ten seconds, beside ``cf push`` of the
same trees, and beside the fewest requests by hand: what the platform itself takes. GitHub's webhooks call for
looks, as in an installation; and once more without them, where somebody looks each second."""

from __future__ import annotations

import threading
import time

from bench.by_hand import ByHand, source
from bench.cf_push import CfPush
from bench.deploys import KINDS
from bench.results import Results
from bench.team import OWN_PACE, Team, counted
from reviewapps.demo.story import SAMPLE
from reviewapps.sandbox.observed import Call

STAGING = 10.0

HOOKED = {**OWN_PACE, "LOOK_EVERY": "15"}


def run(results: Results) -> dict[str, list[str]]:
    """Add the figures; the requests of each kind, in order."""
    with Team(**HOOKED) as team:
        _slowed(team)
        team.hook()
        alone = _by_hand(team)  # first, since it asks by the same account as we
        theirs: dict[str, tuple[float, int]] = {}
        cf = threading.Thread(target=lambda: theirs.update(_by_cf(team)), daemon=True)
        cf.start()
        ours = _by_us(team)
        cf.join()
    with Team(**OWN_PACE) as team:
        _slowed(team)
        unhooked = _by_us(team)
    for kind in KINDS:
        took, calls = ours[kind]
        results.add(f"{kind}, at the product's own intervals: reviewapps", "s", [took])
        over = took - alone[kind]
        results.add(f"{kind}, …: the platform's own time", "s", [alone[kind]])
        results.add(f"{kind}, …: over the platform's own time", "s", [over], "≤ 2 s, or 5 %")
        results.add(f"{kind}, …: over it, in parts of a hundred", "%", [100 * over / alone[kind]])
        unasked = unhooked[kind][0] - alone[kind]
        results.add(f"{kind}, …: over it, without webhooks and with a look each second", "s", [unasked])
        results.add(f"{kind}, …: cf push of the same tree", "s", [theirs[kind][0]])
        results.add(f"{kind}, …: reviewapps / cf push", "", [took / theirs[kind][0]])
        results.add(f"{kind}, …: requests to Cloud Foundry, all of them", "", [counted(calls)[0]])
        results.add(f"{kind}, …: requests of cf push", "", [theirs[kind][1]])
    return {kind: [f"{call.method} {call.path}" for call in calls] for kind, (_, calls) in ours.items()}


def _slowed(team: Team) -> None:
    platform = team.world.cloudfoundry.settings
    platform.staging_seconds, platform.deployment_tick = STAGING, 1.0


def _at_rest() -> None:
    """Let pass what the last deploy asked: it counts against what may be asked now."""
    time.sleep(2 * float(OWN_PACE["POLL_EVERY"]))


def _by_us(team: Team) -> dict[str, tuple[float, list[Call]]]:
    octocat = team.octocat
    warm = octocat.write("warm", "warm", {"headline.txt": "warm\n"})
    team.live(octocat.open("warm", "warm"), warm)
    main = octocat.write("main", "main", {"headline.txt": "main\n"})
    octocat.tag("dev-0", main)
    team.dev_serves(main)
    found: dict[str, tuple[float, list[Call]]] = {}
    _at_rest()
    commit = octocat.write("blue", "blue", {"headline.txt": "blue\n"})
    found[KINDS[0]] = team.timed(lambda: team.live(octocat.open("blue", "blue"), commit))
    _at_rest()
    found[KINDS[1]] = team.timed(
        lambda: team.live(2, octocat.write("blue", "more", {"headline.txt": "more\n"}))
    )
    pushed = str(octocat.api("GET", f"/repos/{team.world.repository}/pulls/2")["head"]["sha"])
    _at_rest()

    def tagged() -> None:
        octocat.tag("dev-1", pushed)
        team.dev_serves(pushed)

    found[KINDS[2]] = team.timed(tagged)
    return found


def _by_cf(team: Team) -> dict[str, tuple[float, int]]:
    cf = CfPush(team.world.described())
    plan = (
        (KINDS[0], "cf-blue", "blue\n", False),
        (KINDS[1], "cf-blue", "more\n", True),
        ("", "cf-dev", "main\n", False),
        (KINDS[2], "cf-dev", "more\n", True),
    )
    found: dict[str, tuple[float, int]] = {}
    for kind, name, words, rolling in plan:
        before = _asked(team)
        took = cf.push(name, source(SAMPLE, headline_txt=words), rolling=rolling)
        found[kind] = took, _asked(team) - before
    return found


def _by_hand(team: Team) -> dict[str, float]:
    hand = ByHand(team.world.described())
    first = hand.push("by-hand", source(SAMPLE, headline_txt="blue\n"))
    again = hand.push_again(first, source(SAMPLE, headline_txt="more\n"))
    target = hand.push("by-hand-dev", source(SAMPLE, headline_txt="main\n"))
    promoted = hand.promote(again, target)
    return dict(zip(KINDS, (first.seconds, again.seconds, promoted.seconds), strict=True))


def _asked(team: Team) -> int:
    calls = team.world.cloudfoundry.observed.calls
    return sum(call.who == "by-cf" and call.path.startswith("/v3") for call in calls)
