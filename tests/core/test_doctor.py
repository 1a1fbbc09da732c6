"""What the doctor says of what was seen: tables."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from reviewapps.approval import NOTHING, Requires
from reviewapps.cloudfoundry import labels
from reviewapps.cloudfoundry.place import GateSeen, Holding, Place, Room, Rule, is_ours
from reviewapps.doctor import (
    Finding,
    about_cloudfoundry,
    about_databases,
    about_github,
    about_grants,
    about_us,
    examined,
)
from reviewapps.doctor.egress import allows
from reviewapps.doctor.gathering import Gathering
from reviewapps.doctor.looking import told_by
from reviewapps.doctor.seen import Machine, RedisSeen, Seen, Told
from reviewapps.errors import NotAuthorised, ReviewAppsError, Unavailable
from reviewapps.github.account import Account
from reviewapps.github.parse import Permissions, RepositoryFacts
from reviewapps.github.survey import Surveyed
from reviewapps.grants import Grant, Named
from reviewapps.settings import Settings, settings

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ENVIRON = {
    "REVIEWAPPS_REPOSITORIES": "acme/shop",
    "REVIEWAPPS_GITHUB_TOKEN": "t",
    "REVIEWAPPS_CF_USER": "u",
    "REVIEWAPPS_CF_PASSWORD": "p",
    "REVIEWAPPS_CF_ORG": "acme",
    "REVIEWAPPS_CF_SPACE": "review",
    "REVIEWAPPS_GATE_PASSWORD": "a long password",
    "REVIEWAPPS_MEMORY": "256M",
}
ANYWHERE = Rule("all", "0.0.0.0-255.255.255.255", "")
ROOMY = Room(4096, 0, 100, 0)
PLACE = Place(
    admin=False,
    space="s-1",
    domain="app.cloud.gov",
    roles=(Holding("space_developer", "acme/review", "s-1"),),
    of_org=ROOMY,
    of_space=ROOMY,
    egress=(ANYWHERE,),
    flags={"route_creation": True},
    rolling=True,
    log_cache=True,
    foreign_apps=(),
    password_since=NOW - timedelta(days=3),
)
ACCOUNT = Account("bot", None, 5000, 4998, NOW + timedelta(hours=1), None, 0.2)
SURVEYED = Surveyed(
    facts=RepositoryFacts(7, "acme/shop", "main", True, ""),
    permissions=Permissions(push=True, archived=False),
    head="3" * 40,
    contents=True,
    pull_requests=True,
    writes={"pull requests": True, "deployments": True},
    files={".reviewapps.yml": None, "manifest.yml": "applications: [{name: shop, memory: 256M}]"},
)
HERE = Machine((3, 11), "2.39.5", "/home", None, 80_000)


def told(**more: str) -> Settings:
    return settings({**ENVIRON, **more})


def seen(**changes: object) -> Seen:
    sound = Seen(
        now=NOW,
        told=Told(told(), "variables"),
        machine=HERE,
        redis=RedisSeen(embedded=True),
        account=ACCOUNT,
        repositories={"acme/shop": SURVEYED},
        targets={"review": PLACE},
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def of_place(**changes: object) -> list[Finding]:
    place = replace(PLACE, **changes)  # type: ignore[arg-type]
    return complaints(list(about_cloudfoundry.targets(seen(targets={"review": place}))))


def complaints(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.level != "ok"]


def test_a_postgresql_whose_previews_are_not_kept_to_their_own_databases_is_warned_of() -> None:
    here = Told(told(REVIEWAPPS_POSTGRES="review-db"), "variables")

    def of(found: tuple[str, ...] | ReviewAppsError) -> Finding:
        (one,) = about_databases.databases(seen(told=here, databases={"review": found}))
        return one

    assert (of(()).level, list(about_databases.databases(seen(told=here)))) == ("ok", [])
    open_ = of(("postgres", "template1"))
    assert open_.level == "warn" and "postgres, template1" in open_.text
    assert "REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC" in open_.mend
    away = of(Unavailable("PostgreSQL did not answer", after=1.0))
    assert away.level == "warn" and "review-db could not be looked at" in away.text


@pytest.mark.parametrize(
    ("asks", "ungranted", "lacking"),
    [
        ("{checks: [test]}", {"checks", "members"}, ["checks"]),
        ("{approvals: 1, from: [acme/release]}", {"checks", "members"}, ["members"]),
        ("{checks: [test]}", {"members"}, []),
        ("{approvals: 1, from: [alice]}", {"checks", "members"}, []),
    ],
)
def test_what_an_app_lacks_for_the_rules_is_warned_of(
    asks: str, ungranted: set[str], lacking: list[str]
) -> None:
    variables = told()
    grant = replace(variables.grants.repositories["acme/shop"], targets={"staging": "review"})
    grants = replace(variables.grants, repositories={"acme/shop": grant})
    text = f"environments: {{staging: {{requires: {asks}}}}}"
    files = {**SURVEYED.files, ".reviewapps.yml": text}
    surveyed = replace(SURVEYED, files=files, ungranted=frozenset(ungranted))
    sound = Told(variables.model_copy(update={"grants": grants}), "file")
    found = complaints(
        list(about_github.repositories(seen(told=sound, repositories={"acme/shop": surveyed})))
    )

    assert [(one.level, one.text.split('"')[1]) for one in found] == [
        ("warn", f"{one}: read") for one in lacking
    ]


FLOOR = Requires.wish(1)
ASKS_FOR_ONE = "environments: {staging: {requires: {approvals: 1}}}"


FLOORS = """# alice and acme/release say the least
[[repository]]
name = "acme/web"
requires.production.from = ["alice", "acme/release"]
[[repository]]
name = "acme/shop"
slack = "alice"
requires.dev = { sign_off = ["alicent", "bob"] }
[repository.requires.production]
approvals = 2
from = ["Alicent",
  "Alice", 'ACME/Release']
[[repository]]
name = "acme/api"
requires.production.from = ["alice"]
"""


@pytest.mark.parametrize(
    ("unknown", "ungranted", "said"),
    [
        (Named(), (), []),
        (Named(people=frozenset({"alice"})), (), ["`alice` on GitHub, line 12"]),
        (Named(people=frozenset({"bob"})), (), ["`bob` on GitHub, line 8"]),
        (
            Named(people=frozenset({"alicent"})),
            (),
            ["`alicent` on GitHub, line 8", "`alicent` on GitHub, line 11"],
        ),
        (Named(teams=frozenset({"acme/release"})), (), ["seen from here, line 12"]),
        (Named(teams=frozenset({"acme/release"})), ("members",), []),  # what is not granted is told itself
        (Unavailable("GitHub is away", after=1.0), (), ["was not looked up: GitHub is away, try again"]),
    ],
)
def test_whom_a_floor_names_in_vain_is_said_with_the_line(
    unknown: Named | ReviewAppsError, ungranted: tuple[str, ...], said: list[str]
) -> None:
    people = Requires.wish(2, ["Alicent", "Alice", "ACME/Release"])
    floors = {"dev": Requires.wish(sign_off=["alicent", "bob"]), "production": people}
    variables, grant = told(), Grant(targets={"production": "t"}, floors=floors)
    grants = replace(variables.grants, repositories={"acme/shop": grant})
    sound = Told(variables.model_copy(update={"grants": grants}), "ours.toml", text=FLOORS)
    shop = replace(SURVEYED, ungranted=frozenset(ungranted))
    there = seen(told=sound, repositories={"acme/shop": shop}, unknown={"acme/shop": unknown})
    found = [
        f"{one.text}, {one.mend.removeprefix('mend it: ours.toml, ')}" for one in about_grants.grants(there)
    ]
    assert len(found) == len(said)
    assert all(one.endswith(words) for one, words in zip(found, said, strict=True))


def of_grant(grant: Grant, text: str | None = None) -> list[Finding]:
    """What is said of a grant, where the rules on main are these."""
    variables = told()
    grants = replace(variables.grants, repositories={"acme/shop": grant})
    sound = variables.model_copy(update={"grants": grants})
    surveyed = replace(SURVEYED, files={**SURVEYED.files, ".reviewapps.yml": text})
    return list(about_grants.grants(seen(told=Told(sound, "file"), repositories={"acme/shop": surveyed})))


@pytest.mark.parametrize(
    ("kind", "floors", "text", "warned"),
    [
        ("staging", {}, None, False),
        ("staging", {}, ASKS_FOR_ONE, True),
        ("staging", {"staging": FLOOR}, ASKS_FOR_ONE, False),
        ("staging", {"staging": NOTHING}, ASKS_FOR_ONE, False),
        ("staging", {}, "environments: [", False),
        ("review", {}, None, False),
    ],
)
def test_where_rules_alone_say_what_a_first_deploy_needs_is_told(
    kind: str, floors: dict[str, Requires], text: str | None, warned: bool
) -> None:
    found = of_grant(Grant(targets={kind: "t"}, floors=floors), text)
    assert [one.level for one in found] == (["warn"] if warned else [])
    assert all(f"acme/shop: {kind} has no floor" in one.text for one in found)
    assert all(f"requires = {{ {kind} =" in one.mend for one in found)


TAGS_THERE = "environments: {production: {follows: {tags: [v*]}}}"


@pytest.mark.parametrize(
    ("floor", "text", "mend"),
    [
        (FLOOR, TAGS_THERE, "`requires = { production = { approvals = 0 } }`, or let it follow a branch"),
        (NOTHING, TAGS_THERE, None),
        (FLOOR, None, None),
    ],
)
def test_tags_that_no_approval_lets_pass_are_told(
    floor: Requires, text: str | None, mend: str | None
) -> None:
    found = of_grant(Grant(targets={"production": "t"}, floors={"production": floor}), text)
    assert [one.mend for one in found] == ([] if mend is None else [mend])
    assert all("production follows tags, and none passes" in one.text for one in found)


@pytest.mark.parametrize(("space", "warned"), [("t", True), ("apart", False)])
def test_that_previews_may_share_what_production_has_is_told(space: str, warned: bool) -> None:
    grant = Grant(
        targets={"review": "t", "production": space},
        floors={"production": FLOOR},
        services=frozenset({"shop-db"}),
    )
    assert [one.text for one in of_grant(grant)] == (
        ["acme/shop: previews may share what production has: shop-db"] if warned else []
    )
    by_kind = replace(grant, services=frozenset(), services_of_kind={"production": frozenset({"shop-db"})})
    assert of_grant(by_kind) == []


def test_what_is_sound_is_ok() -> None:
    assert complaints(examined(seen())) == []


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [
        (59, None, ""),
        (60, "warn", "the password dies in 30 days"),
        (71, "warn", "the password dies in 19 days"),
        (90, "FAIL", "the password is 90 days old"),
        (100, "FAIL", "the password is 100 days old"),
    ],
)
def test_a_password_of_cloud_gov_grows_old(days: int, level: str | None, words: str) -> None:
    found = of_place(password_since=NOW - timedelta(days=days))
    assert [one.level for one in found] == ([level] if level else [])
    assert [one.mend for one in found] == (["reviewapps rotate review"] if level else [])
    assert all(words in one.text for one in found)


def test_that_the_age_of_a_password_cannot_be_known_is_said() -> None:
    (found,) = of_place(password_since=None)
    assert found.level == "warn"
    assert "cannot be known" in found.text


@pytest.mark.parametrize(
    ("room", "level", "words"),
    [
        (Room(None, 900, None, 3), None, ""),
        (Room(511, 0), "FAIL", "does not hold one preview"),
        (Room(512, 0), "warn", "5 x 256 awake + 1,024 build + 256 switch + 64 gate = 2,624 MB"),
        (Room(2623, 0), "warn", "will wait for room"),
        (Room(2624, 0), None, ""),
        (Room(2624, 1600), None, ""),
        (Room(2624, 1601), "warn", "1,023 of 2,624 MB left"),
        (Room(None, 0, 20, 18), None, ""),
        (Room(None, 0, 20, 19), "warn", "1 left"),
        (Room(None, 0, 20, 20), "FAIL", "no preview gets an address"),
    ],
)
def test_the_quota_holds_what_is_allowed(room: Room, level: str | None, words: str) -> None:
    found = of_place(of_space=room)
    assert [one.level for one in found] == ([level] if level else [])
    assert all(words in one.text and "cf update-space-quota" in one.mend for one in found)


@pytest.mark.parametrize(
    ("gates", "level", "words"),
    [
        ((), "ok", "the gate review-gate is not there yet"),
        ((GateSeen("review-gate", "reviewapps", 1, 3),), "ok", "review-gate runs, before 3 routes"),
        ((GateSeen("review-gate", "reviewapps", 0, 3),), "FAIL", "does not run: nobody is let in"),
        (
            (GateSeen("review-gate", "reviewapps", 1, 1, ("shop-pr-1.example.gov",)),),
            "FAIL",
            "is not bound to shop-pr-1.example.gov: it is open",
        ),
        ((GateSeen("review-gate", "another", 0, 3),), "ok", "is not there yet"),
    ],
)
def test_a_gate_has_to_run_and_to_stand_before_what_is_closed(
    gates: tuple[GateSeen, ...], level: str, words: str
) -> None:
    place = replace(PLACE, gates=gates)
    lines = list(about_cloudfoundry.targets(seen(targets={"review": place})))
    (found,) = [one for one in lines if "the gate" in one.text]
    assert (found.level, words in found.text) == (level, True)


def test_that_everybody_may_open_previews_is_warned_of_where_everybody_gets_there() -> None:
    open_ = told(REVIEWAPPS_ACCESS="public", REVIEWAPPS_GATE_PASSWORD="")
    (found,) = about_cloudfoundry.access(seen(told=Told(open_, "variables")))
    assert (found.level, "an authorisation first" in found.text) == ("warn", True)
    here = told(REVIEWAPPS_GATE_PASSWORD="", REVIEWAPPS_CF_API="http://127.0.0.1:9")
    assert complaints(list(about_cloudfoundry.access(seen(told=Told(here, "variables"))))) == []


@pytest.mark.parametrize(
    ("rule", "passes"),
    [
        (Rule("tcp", "10.0.0.0/8", "5432"), True),
        (Rule("tcp", "10.0.0.0/8", "80,5000-6000"), True),
        (Rule("tcp", "10.0.0.0/8", "80,443"), False),
        (Rule("udp", "10.0.0.0/8", "5432"), False),
        (Rule("all", "10.0.0.0-10.0.0.9", ""), True),
        (Rule("all", "192.168.0.0/16,10.0.0.1", ""), True),
        (Rule("all", "fd00::/8", ""), False),
        (Rule("icmp", "0.0.0.0/0", ""), False),
        (Rule("tcp", "0.0.0.0/0", ""), False),
        (Rule("tcp", "somewhere", "1-65535"), False),
    ],
)
def test_a_rule_lets_through_what_it_names(rule: Rule, passes: bool) -> None:
    assert allows(rule, IPv4Address("10.0.0.1"), 5432) is passes


def test_a_closed_space_is_told_with_the_groups_that_open_it() -> None:
    assert [one.mend for one in of_place(egress=())] == [
        "an OrgManager runs: cf bind-security-group trusted_local_networks_egress acme --space review",
        "an OrgManager runs: cf bind-security-group public_networks_egress acme --space review",
    ]


def test_on_cloud_gov_a_role_is_mended_with_a_service_account() -> None:
    (found,) = of_place(roles=())
    assert (found.level, "no role here" in found.text) == ("FAIL", True)
    assert "cf create-service cloud-gov-service-account space-deployer" in found.mend


@pytest.mark.parametrize(
    ("why", "mend"),
    [
        (NotAuthorised("Your current password has expired"), "cf create-service-key"),
        (NotAuthorised("Your account has been locked"), "wait half an hour"),
        (NotAuthorised("Bad credentials"), "put the right password"),
        (Unavailable("no answer"), "reached from here?"),
    ],
)
def test_why_a_space_is_not_reached_says_who_mends_it(why: Exception, mend: str) -> None:
    (found,) = about_cloudfoundry.targets(seen(targets={"review": why}))
    assert found.level == "FAIL"
    assert mend in found.mend


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"apart": 4.9}, None, ""),
        ({"apart": 5.0}, "warn", "5 s behind GitHub's"),
        ({"apart": -61.0}, "FAIL", "61 s ahead of GitHub's"),
        ({"remaining": 0, "limit": 0}, None, ""),
        ({"remaining": 0}, "FAIL", "0 of 5,000 points are left until 13:00 UTC"),
        ({"remaining": 499}, "warn", "499 of 5,000"),
        ({"expires_at": NOW + timedelta(days=13)}, "warn", "dies in 13 days"),
        ({"expires_at": NOW + timedelta(days=14)}, None, ""),
    ],
)
def test_how_the_account_stands(changes: dict[str, object], level: str | None, words: str) -> None:
    account = replace(ACCOUNT, **changes)  # type: ignore[arg-type]
    found = complaints(list(about_github.account(seen(account=account))))
    assert [one.level for one in found] == ([level] if level else [])
    assert all(words in one.text for one in found)


def test_an_app_is_nobodys_token() -> None:
    (found,) = about_github.account(seen(account=replace(ACCOUNT, login=None)))
    assert found.text.startswith("an App, ")


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (replace(HERE, python=(3, 10)), "Python 3.10 is too old"),
        (replace(HERE, git="2.28.1"), "git 2.28.1 is too old"),
        (replace(HERE, disk_free=99), "99 MB of disk"),
        (replace(HERE, disk_free=1000), "only 1000 MB of disk"),
    ],
)
def test_what_the_machine_lacks(machine: Machine, words: str) -> None:
    (found,) = complaints(list(about_us.machine(seen(machine=machine))))
    assert words in found.text


def test_two_repositories_of_one_name_want_the_same_addresses() -> None:
    both = Told(told(REVIEWAPPS_REPOSITORIES="acme/shop,other/Shop"), "variables")
    (found,) = complaints(list(about_us.settings(seen(told=both))))
    assert "acme/shop and other/Shop have one name" in found.text


def test_who_takes_too_long_hides_nothing_of_the_others() -> None:
    sides, over = Gathering(0.5), threading.Event()
    sides.start("slow", over.wait)
    sides.start("quick", lambda: "seen")
    sides.wait()
    over.set()
    assert sides.found("quick") == "seen"
    assert isinstance(sides.found("slow"), Unavailable)


def test_what_nobody_foresaw_is_not_taken_for_a_finding() -> None:
    sides = Gathering(5)

    def broken() -> None:
        raise ZeroDivisionError

    sides.start("broken", broken)
    with pytest.raises(ZeroDivisionError):
        sides.wait()


def test_a_gate_that_cannot_reach_the_internet_is_a_failure() -> None:
    gated = seen(
        told=Told(told(REVIEWAPPS_ACCESS="password", REVIEWAPPS_GATE_PASSWORD="a gate word"), "variables"),
        targets={"review": replace(PLACE, egress=(Rule("tcp", "10.0.0.0/8", "5432"),))},
    )
    (found,) = complaints(list(about_cloudfoundry.targets(gated)))
    assert (found.level, found.mend.count("public_networks_egress")) == ("FAIL", 1)
    assert "the gate leads nobody to a preview" in found.text


def test_builds_that_could_cross_spaces_want_a_key(tmp_path: Path) -> None:
    text = """
[target.review]
space = "acme/review"
credentials = "cf"
[target.staging]
space = "acme/staging"
credentials = "cf"
{key}
[[repository]]
name = "acme/shop"
environments = {{ review = "review", staging = "staging" }}
"""
    words = {"GITHUB": "word", "CF": "deployer:word", "GATE": "gate-word"}
    for key, asked in (("", {"staging"}), ("[signing]", set())):
        (tmp_path / "reviewapps.toml").write_text(text.format(key=key))
        named = words | ({"SIGNING": "k" * 32} if key else {})
        secrets = {f"REVIEWAPPS_SECRET_{name}": word for name, word in named.items()}
        found = about_us.settings(seen(told=Told(settings(secrets, tmp_path), "reviewapps.toml")))
        missing = [one for one in complaints(list(found)) if "no key that signs" in one.text]
        assert {one.text.split()[1] for one in missing} == asked
        assert all("openssl rand -hex 32" in one.mend for one in missing)


@pytest.mark.parametrize(("builds", "level"), [(True, "warn"), (False, "FAIL")])
def test_a_space_that_cannot_be_read_is_named_with_the_role_that_it_takes(builds: bool, level: str) -> None:
    there = told()
    grant = Grant(copies_only=frozenset() if builds else frozenset({"dev"}))
    grants = replace(there.grants, repositories={"acme/shop": grant})
    there = there.model_copy(update={"grants": grants})
    place = replace(PLACE, unread=("acme/staging",))
    found = about_cloudfoundry.targets(seen(told=Told(there, "variables"), targets={"review": place}))
    (one,) = complaints(list(found))
    assert (one.level, "cannot read acme/staging" in one.text) == (level, True)
    assert one.mend.startswith("cf set-space-role ") and one.mend.endswith(" acme staging SpaceAuditor")


@pytest.mark.parametrize(
    ("came", "up", "level", "words"),
    [
        (timedelta(minutes=3), timedelta(days=9), "ok", "the last came 3 min ago"),
        (timedelta(hours=23), timedelta(hours=1), "ok", "the last came 23 h ago"),
        (timedelta(hours=24), timedelta(hours=1), "warn", "none came for 1 d; looking does the work"),
        (None, timedelta(days=3), "warn", "none came for 3 d"),
        (None, timedelta(hours=2), "ok", "not known when one came last: Redis began 2 h ago"),
    ],
)
def test_webhooks_that_do_not_arrive_are_told(
    came: timedelta | None, up: timedelta, level: str, words: str
) -> None:
    redis = RedisSeen(embedded=True, up=up, webhook=NOW - came if came is not None else None)
    (one,) = about_us.webhooks(seen(redis=redis, told=Told(told(REVIEWAPPS_WEBHOOK_SECRET="w"), "variables")))
    assert (one.level, words in one.text) == (level, True), one.text
    assert ("https://github.com/acme/shop/settings/hooks" in one.mend) is (level == "warn")


def test_who_takes_no_webhooks_misses_none() -> None:
    assert list(about_us.webhooks(seen(redis=RedisSeen(embedded=True, up=timedelta(days=3))))) == []


@pytest.mark.parametrize(
    ("marks", "ours"),
    [
        (labels.gate_marks("any", "at"), True),
        ({labels.INSTANCE: "any"}, True),
        ({labels.TRIAL: "any"}, True),
        ({"team": "shop"}, False),
        ({}, False),
    ],
)
def test_what_some_installation_made_is_no_stranger_in_the_space(marks: dict[str, str], ours: bool) -> None:
    assert is_ours({"metadata": {"labels": marks}}) is ours


def test_what_is_unusable_is_not_also_called_missing() -> None:
    broken = {**ENVIRON, "REVIEWAPPS_GITHUB_TOKEN": "github_pat_…", "REVIEWAPPS_CF_PASSWORD": "…"}
    assert [problem.partition(" is ")[0] for problem in told_by(broken).problems] == [
        "REVIEWAPPS_GITHUB_TOKEN",
        "REVIEWAPPS_CF_PASSWORD",
    ]


def test_what_is_missing_is_called_so() -> None:
    some = {name: value for name, value in ENVIRON.items() if name != "REVIEWAPPS_CF_USER"}
    assert "REVIEWAPPS_CF_USER and REVIEWAPPS_CF_PASSWORD are missing (or" in told_by(some).problems[0]


@pytest.mark.parametrize(
    ("more", "who"),
    [
        ({"REVIEWAPPS_ACCESS": "public"}, "asks for no password: everybody may open it"),
        ({"REVIEWAPPS_ACCESS": "public", "REVIEWAPPS_GATE": "door"}, "lets everybody in who has the address"),
        ({}, "asks for the team's password and keeps robots out"),
    ],
)
def test_who_may_open_previews_is_said(more: dict[str, str], who: str) -> None:
    settings_ = told(**{"REVIEWAPPS_GATE_PASSWORD": "a gate word", **more})
    (said,) = about_cloudfoundry.access(seen(told=Told(settings_, "variables")))
    assert (said.level, said.area) == ("warn" if "everybody may open" in who else "ok", "access")
    assert who in said.text
