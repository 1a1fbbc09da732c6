"""``.reviewapps.yml``: what it may say, and that each mistake is told with its line and the nearest word."""

from __future__ import annotations

import gc
import json
import weakref
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.errors import BadRules
from reviewapps.model import Command, Environment, Follows, Health, Service
from reviewapps.rules import EnvironmentRules, Rules, rules
from reviewapps.rules.fill import NAMES, Facts, filled, placeholders
from reviewapps.rules.section_values import SERVICES

REVIEW, OTHER_REVIEW, DEV = Environment(1, "pr-12"), Environment(1, "pr-13"), Environment(1, "dev")
FACTS = Facts("shop", 12, "feature/x", "c" * 40, "shop-pr-12.example.gov", "https://shop-pr-12.example.gov")

KINDS = ("review", "dev", "staging", "production")

FULL = """
manifest: ops/manifest.yml
apps: [shop]
all:
  env: {A: everywhere, DEBUG: yes, WORKERS: 2, RATE: 1.50}
  vars_file: vars.yml
  memory: 256M
environments:
  review:
    env: {A: review, SELF: "{url}", TEMPLATE: "{{x}}"}
    vars: {n: 3, at: 12:30, on_day: 2026-11-22}
    services: {shop-db: none}
    memory: 1.5G
    limit: 5
    expire_after: 10d
  dev:
    vars_file: vars.dev.yml
"""


DEPLOYING = """
all:
  build_env: [NODE_ENV, API_URL]
  health: /healthz
  deadline: 15m
  release: {run: python manage.py migrate, timeout: 5m}
environments:
  review:
    env: {SECRET_KEY: {generate: secret}}
    services:
      shop-db: {database: own}
      shop-uploads: share
      shop-mail: none
      shop-cache: {plan: aws-elasticache-redis/redis-dev}
    processes: {web: 1, worker: 2}
    setup: echo ${HOME} {a,b}
    teardown: bye
  dev:
    services: {shop-db: {database: own, fresh: each-deploy}}
    health: {endpoint: /up, timeout: 30}
"""


def complaint(text: str) -> tuple[int, str]:
    with pytest.raises(BadRules) as raised:
        rules(text)
    return raised.value.line, str(raised.value)


# --- what they say ---


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "all:\nenvironments:\n  review:\n", "---\n"])
def test_without_rules_everything_is_as_by_default(text: str | None) -> None:
    read = rules(text)
    assert (read.manifest, read.apps) == ("manifest.yml", None)
    assert [read.named(kind) for kind in KINDS] == [Rules().named(kind) for kind in KINDS]


def test_full_rules_are_read() -> None:
    read = rules(FULL)
    assert (read.manifest, read.apps) == ("ops/manifest.yml", ("shop",))
    assert read.of(REVIEW) == EnvironmentRules(
        vars={"n": "3", "at": "12:30", "on_day": "2026-11-22"},
        vars_file="vars.yml",
        env={
            "A": "review",
            "DEBUG": "true",
            "WORKERS": "2",
            "RATE": "1.5",
            "SELF": "{url}",
            "TEMPLATE": "{{x}}",
        },
        services={"shop-db": None},
        memory_mb=1536,
        limit=5,
        expire_after=timedelta(days=10),
    )


def test_all_holds_for_every_environment_that_does_not_say_otherwise() -> None:
    dev = rules(FULL).of(DEV)
    assert dev.env == {"A": "everywhere", "DEBUG": "true", "WORKERS": "2", "RATE": "1.5"}
    assert (dev.vars_file, dev.memory_mb, dev.services) == ("vars.dev.yml", 256, {})


def test_what_writers_of_json_escape_as_two_halves_is_one_character() -> None:
    escaped = rules('{"all": {"env": {"A\\ud83d\\ude00": "\\ud83d\\ude00"}}}')
    assert escaped.of(REVIEW).env == {"A\U0001f600": "\U0001f600"}
    assert escaped.digest(REVIEW) == rules("all: {env: {A\U0001f600: \U0001f600}}").digest(REVIEW)


def test_all_apps_are_meant_where_none_are_named() -> None:
    assert rules("apps: all").apps is None


def test_anchors_and_merges_are_written_out() -> None:
    text = "environments:\n  review: &r {memory: 1G, env: {A: b}}\n  dev: {<<: *r, memory: 512M}"
    assert rules(text).environments["dev"] == EnvironmentRules(env={"A": "b"}, memory_mb=512)


@pytest.mark.parametrize(
    ("written", "time"),
    [("30m", timedelta(minutes=30)), ("8h", timedelta(hours=8)), ("10d", timedelta(days=10))],
)
def test_durations_are_read(written: str, time: timedelta) -> None:
    assert rules(f"environments: {{review: {{expire_after: {written}}}}}").review.expire_after == time


@pytest.mark.parametrize(
    ("written", "mb"), [("256M", 256), ("256mb", 256), ("1G", 1024), ("0.5GB", 512), ("1T", 1024 * 1024)]
)
def test_sizes_are_read(written: str, mb: int) -> None:
    assert rules(f"all: {{memory: {written}}}").review.memory_mb == mb


def test_what_belongs_to_a_deploy_is_read() -> None:
    read = rules(DEPLOYING)
    assert read.of(REVIEW) == EnvironmentRules(
        env={"SECRET_KEY": None},
        build_env=("API_URL", "NODE_ENV"),
        services={
            "shop-db": Service("shop-db", "database"),
            "shop-uploads": Service("shop-uploads", "share"),
            "shop-mail": None,
            "shop-cache": Service("shop-cache", "plan", "aws-elasticache-redis/redis-dev"),
        },
        processes={"web": 1, "worker": 2},
        health=Health("http", "/healthz"),
        deadline=timedelta(minutes=15),
        release=Command("python manage.py migrate", timedelta(minutes=5)),
        setup=Command("echo ${HOME} {a,b}"),
        teardown=Command("bye"),
    )
    assert read.of(DEV).services["shop-db"] == Service("shop-db", "database", fresh=True)
    assert read.of(DEV).health == Health("http", "/up", 30)


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\nenviroments: {}", 2, "`enviroments` is unknown; did you mean `environments`?"),
        ("zzz: 1", 1, "`zzz` is unknown; known are `manifest`, `apps`, `all`, `environments`"),
        ("environments:\n  reviw: {}", 2, "`environments.reviw` has no `follows`; did you mean `review`?"),
        ("environments:\n  review:\n    sleep_after: 8h", 3, "`environments.review.sleep_after` is not built yet"),
        ("all: {slack: '#a'}", 1, "`all.slack` is not built yet"),
        (
            "environments: {qa: {}}",
            1,
            "`environments.qa` has no `follows`, such as {branch: NAME} or {tags: [PATTERN]}",
        ),
        ("environments: {Qa: {}}", 1, "`environments.Qa` is no name for an environment"),
        (
            "environments: {staging: {fllows: 1}}",
            1,
            "`environments.staging.fllows` is unknown; did you mean `follows`?",
        ),
        (
            "environments: {staging: {follows: {tags: '*'}}}",
            1,
            "`environments.staging.follows` has the pattern `*`, which every tag matches",
        ),
        (
            "environments: {staging: {follows: {tags: '[!x]*'}}}",
            1,
            "`environments.staging.follows` has the pattern `[!x]*`, which nearly every tag matches",
        ),
        (
            f"environments: {{dev: {{follows: {{tags: 'x{'[!' * 100_000}'}}}}}}",
            1,
            f"`environments.dev.follows` has the pattern `x{'[!' * 19}[…`, which is longer than 255 characters",
        ),
        (
            f"environments: {{dev: {{follows: {{tags: [&a 'x{'[!' * 90}'{', *a' * 100}]}}}}}}",
            1,
            "`environments.dev.follows` has more than 100 patterns",
        ),
        (
            "environments: {staging: {freeze: [{from: 2026-12-24, to: 9999-12-31, zone: America/New_York}]}}",
            1,
            "`environments.staging.freeze` has a year that no clock shows",
        ),
        (
            "environments: {staging: {app: x}, production: {app: x}}",
            1,
            "`environments` lets `staging` and `production` be the same app, `x`",
        ),
        ("all: {requires: {}}", 1, "`all.requires` belongs into a shared environment, such as `environments.dev`"),
        (
            "environments: {staging: {requires: {approvals: many}}}",
            1,
            "`environments.staging.requires` has `approvals` that are no whole number",
        ),
        (
            "environments: {staging: {freeze: [{from: Fri 16:00, to: Mon 08:00, zone: Mars/Base}]}}",
            1,
            "`environments.staging.freeze` names the time zone `Mars/Base`, which there is not",
        ),
        ("environments: {dev: {limit: 1}}", 1, "`environments.dev.limit` belongs into `environments.review`"),
        ("all: {expire_after: 1d}", 1, "`all.expire_after` belongs into `environments.review`"),
        ("all: {memroy: 1G}", 1, "`all.memroy` is unknown; did you mean `memory`?"),
        ("all: {services: {db: own}}", 1, f"`all.services.db` {SERVICES}"),
        ("all: {services: {db: yes}}", 1, f"`all.services.db` {SERVICES}"),
        (
            "all: {services: {db: {database: own, fresh: always}}}",
            1,
            "`all.services.db` has `fresh`, which takes `each-deploy`",
        ),
        (
            "all: {services: {db: {database: own, size: 1}}}",
            1,
            "`all.services.db` has `size`, which is unknown; known are fresh",
        ),
        (
            "all: {services: {db: {plan: redis}}}",
            1,
            "`all.services.db` has a `plan` that is not written as offering/plan",
        ),
        ("all: {release: {timeout: 5m}}", 1, "`all.release` lacks `run`, the command"),
        ("all: {release: {run: x, timeout: 2h}}", 1, "`all.release` has a `timeout` over 1h"),
        (
            "all: {release: {run: x, app: y}}",
            1,
            "`all.release` has `app`, which is unknown; known are run, timeout",
        ),
        (
            "all: {release: 'echo {branch}'}",
            1,
            "`all.release` holds a placeholder; a command takes none, the app has variables such as "
            "$REVIEWAPPS_URL",
        ),
        ("all: {setup: 3}", 1, "`all.setup` takes a command, or `{run: …, timeout: 10m}`, not a number"),
        ("all: {teardown: x}", 1, "`all.teardown` belongs into `environments.review`"),
        ("all: {health: healthz}", 1, "`all.health` takes a path that begins with /"),
        ("all: {health: {type: tcp}}", 1, "`all.health` has a `type` that is not http, port or process"),
        (
            "all: {health: {type: port, endpoint: /x}}",
            1,
            "`all.health` has an `endpoint`, which only the type http takes",
        ),
        ("all: {deadline: 10s}", 1, "`all.deadline` takes a time from 1m to 2h"),
        ("all: {processes: {worker: 21}}", 1, "`all.processes.worker` takes a whole number up to 20"),
        ("all: {processes: {web: 0}}", 1, "`all.processes` lets `web` have no instance; it has one at least"),
        ("all: {build_env: A}", 1, "`all.build_env` takes a list of variables, not text"),
        ("all: {services: [db]}", 1, "`all.services` takes a mapping"),
        ("all: {env: [a]}", 1, "`all.env` takes a mapping"),
        ("all: {env: {A: [1]}}", 1, "`all.env.A` takes text, a number, or true or false, not a list"),
        ("all: {env: {A: }}", 1, "`all.env.A` takes text, a number, or true or false, not nothing"),
        (
            "all: {env: {K: {generate: number}}}",
            1,
            "`all.env.K` takes `{generate: secret}`, or a value",
        ),
        ("all: {env: {'': 1}}", 1, "`all.env` has a variable without a name"),
        ("all: {env: {A=B: 1}}", 1, "`all.env` has the variable `A=B`, which no process can have"),
        ("all: {env: {port: 1}}", 1, "`all.env` sets `port`, which Cloud Foundry sets"),
        ("all: {env: {VCAP_SERVICES: x}}", 1, "`all.env` sets `VCAP_SERVICES`, which Cloud Foundry sets"),
        ("all: {env: {REVIEWAPPS_URL: x}}", 1, "`all.env` sets `REVIEWAPPS_URL`, which reviewapps sets"),
        ("all: 3", 1, "`all` takes a mapping"),
        ("- all", 1, "the file takes a mapping"),
        ("manifest: 3", 1, "`manifest` takes text, not a number"),
        ("manifest:", 1, "`manifest` takes text, not nothing"),
        ("manifest: ../m.yml", 1, "`manifest` takes a path inside the repository"),
        ("all: {vars_file: /etc/passwd}", 1, "`all.vars_file` takes a path inside the repository"),
        ("apps: []", 1, "`apps` takes `all` or a list of names"),
        ("apps: shop", 1, "`apps` takes `all` or a list of names"),
        ("all: {memory: 256}", 1, "`all.memory` takes a size such as 256M or 1G"),
        ("all: {memory: 0M}", 1, "`all.memory` takes a size such as 256M or 1G"),
        ("environments: {review: {limit: 0}}", 1, "`environments.review.limit` takes a whole number from 1"),
        ("environments: {review: {limit: yes}}", 1, "`environments.review.limit` takes a whole number from 1"),
        (
            "environments: {review: {expire_after: 10 days}}",
            1,
            "`environments.review.expire_after` takes a duration such as 30m, 8h or 10d",
        ),
        ("manifest: a\nall: {}\nmanifest: b", 3, "has `manifest` twice in one place"),
        ("all:\n\tenv: {}", 2, "found character '\\t' that cannot start any token"),
        ("all: {", 1, "expected the node content, but found '<stream end>'"),
        ("a: b\n---\nc: d", 2, "but found another document"),
        ("all: \x07", 0, "holds characters that YAML does not allow"),
        ("all: !!python/name:os.system x", 1, "could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/name:os.system'"),
        ("all: !!binary aGk=", 1, "holds a value of the kind tag:yaml.org,2002:binary, which is not taken"),
        (f"all: {'9' * 5000}", 1, "holds a value that cannot be read"),
        ("[a]: b", 1, "has a key that is not text"),
        ("all: {<<: 3}", 1, "merges with `<<` what is no mapping"),
        ("all: &a {<<: *a}", 1, "is too large, or its anchors unfold into too much"),
        ("[" * 5000, 1, "is nested too deeply"),
        ('all: {env: {A: "x\\0y"}}', 1, "holds the character NUL, which no variable can"),
        ('all: {env: {"A\\0": x}}', 1, "has a key with the character NUL"),
        ('all:\n  env: {A: "\\ud800"}', 2, "holds half of a character"),
        ('all:\n  env: {"\\ud800": x}', 2, "holds half of a character"),
        ('all:\n  vars: {"\\ude00\\ud83d": x}', 2, "holds half of a character"),
        ('all: {services: {"\\udfff": share}}', 1, "holds half of a character"),
        ('all: {processes: {"x\\ud800": 1}}', 1, "holds half of a character"),
        ('environments: {"\\ud800": {}}', 1, "holds half of a character"),
        ('"\\ud800": {}', 1, "holds half of a character"),
        ("a:\n" + " - x\n" * 30_000, 20_000, "is too large, or its anchors unfold into too much"),
        ("# much ado\n" * 30_000, 0, "has more than 256 KB"),
        ("? x\n" * 30_000, 10_001, "is too large, or its anchors unfold into too much"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str, line: int, message: str) -> None:
    assert complaint(text) == (line, message)


def test_the_highest_of_several_mistakes_is_told() -> None:
    assert complaint("environments: {}\nall: {memory: 1}\nmanifset: x")[0] == 2


def test_a_small_file_cannot_unfold_into_a_huge_one() -> None:
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert complaint("\n".join(levels))[1] == "is too large, or its anchors unfold into too much"


@pytest.mark.parametrize("pair", ["k: {}", "? {} : v"])
def test_a_small_file_cannot_unfold_into_a_long_one(pair: str) -> None:
    """Each of its values counts, and each of its keys, as long as it is."""
    aliases = "".join(f"a{n}: *x\n" for n in range(11))
    text = f"x: &x {{{pair.format('y' * 100_000)}}}\n{aliases}"
    assert complaint(text)[1] == "is too large, or its anchors unfold into too much"


def test_there_are_not_too_many_environments() -> None:
    """What `all:` says is kept for each of them."""
    sections = "".join(f"\n  e{at}: {{follows: {{branch: b}}}}" for at in range(51))
    assert complaint(f"environments:{sections}") == (52, "`environments` names more than 50")
    assert len(rules(f"environments:{sections}".rpartition("\n")[0]).environments) == 52


@given(st.text())
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        read = rules(text)
    except BadRules as broken:
        assert str(broken)
    else:
        assert isinstance(read, Rules)


@pytest.mark.parametrize("pattern", ["x" * 255, "[!x", "v[!a][!b", "[]x]", "[!]a", "x]"])
def test_a_pattern_that_not_every_tag_matches_is_taken(pattern: str) -> None:
    follows = rules(f"environments: {{dev: {{follows: {{tags: ['{pattern}']}}}}}}").of(DEV).follows
    assert follows == Follows(tags=(pattern,))


@pytest.mark.parametrize("pattern", ["[!a][!", "[!]]*", "[![]", "?[!a]]"])
def test_a_pattern_that_nearly_every_tag_matches_is_refused(pattern: str) -> None:
    told = complaint(f"environments: {{dev: {{follows: {{tags: ['{pattern}']}}}}}}")[1]
    assert told.endswith(f"the pattern `{pattern}`, which nearly every tag matches")


@pytest.mark.parametrize(
    "branch",
    [
        *(
            "../../../../user",
            "a..b",
            "a b",
            "a\tb",
            "a\nb",
            "a\n",
            "a\x7f",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
        ),
        *("/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "a.", ".", "/"),
    ],
)
def test_what_git_lets_no_branch_be_called_is_followed_nowhere(branch: str) -> None:
    told = complaint(f"environments:\n  dev:\n    follows: {{branch: {json.dumps(branch)}}}")
    assert told == (
        3,
        f"`environments.dev.follows` has the branch `{branch}`, which is no name that git lets a branch have",
    )


def test_a_branch_is_not_called_by_more_than_github_keeps() -> None:
    told = complaint(f"environments: {{dev: {{follows: {{branch: {'ö' * 128}}}}}}}")[1]
    assert told.endswith(f"has the branch `{'ö' * 40}…`, which is longer than 255 bytes")


@pytest.mark.parametrize(
    "branch", ["main", "release/2.0", "größe", "a.b/c-d_e", "@", "-x", "a{b", "x.locked", "x" * 255]
)
def test_what_git_lets_a_branch_be_called_is_followed(branch: str) -> None:
    read = rules(f"environments: {{dev: {{follows: {{branch: {json.dumps(branch)}}}}}}}")
    assert read.of(DEV).follows == Follows(branch=branch)


# --- placeholders ---


@pytest.mark.parametrize("where", ["env", "vars"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{brnch}", "has `{brnch}`, which is no placeholder; did you mean `{branch}`?"),
        ("{slot}", "has `{slot}`, which is no placeholder; known are `{repo}`,"),
        ("{", "has `{`, which is no placeholder;"),
        ('{"a": 1}', 'has `{"a": 1}`, which is no placeholder;'),
    ],
)
def test_an_unknown_placeholder_is_refused(where: str, text: str, message: str) -> None:
    line, told = complaint(f"all:\n  {where}:\n    A: '{text}'")
    assert line == 3
    assert told.startswith(f"`all.{where}.A` {message}")
    assert told.endswith("(`{{` and `}}` write braces)")


def test_placeholders_are_filled_from_the_facts() -> None:
    text = " ".join(f"{{{name}}}" for name in NAMES)
    assert filled(text, FACTS) == (
        f"shop 12 feature/x {'c' * 40} shop-pr-12.example.gov https://shop-pr-12.example.gov"
    )


def test_what_is_filled_in_is_not_filled_again() -> None:
    hostile = Facts("shop", None, "{url}}}{{host}", "c" * 40, "h", "u")
    assert filled("{branch}{number}{{branch}}", hostile) == "{url}}}{{host}{branch}"


@given(st.text(alphabet="{}ab ", max_size=20))
def test_what_the_rules_let_pass_can_be_filled(text: str) -> None:
    try:
        placeholders(text)
    except ValueError:
        return
    assert filled(text, FACTS) == text.replace("{{", "{").replace("}}", "}")


# --- the digest ---

SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "vars": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy")),
        "vars_file": st.sampled_from(["v.yml", "w.yml"]),
        "env": st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", None])),
        "services": st.dictionaries(
            st.just("a"), st.sampled_from([None, Service("a", "share"), Service("a", "database")])
        ),
        "release": st.sampled_from([Command("x"), Command("x", timedelta(seconds=9))]),
        "setup": st.sampled_from([Command("x"), Command("y")]),
        "teardown": st.just(Command("x")),
        "deadline": st.just(timedelta(minutes=5)),
        "processes": st.sampled_from([{"worker": 1}, {"worker": 2}]),
        "health": st.sampled_from([Health("http", "/"), Health("port")]),
        "build_env": st.sampled_from([("A",), ("A", "B")]),
        "memory_mb": st.sampled_from([256, 512]),
        "limit": st.integers(1, 9),
        "expire_after": st.sampled_from([timedelta(days=1), timedelta(days=2)]),
    },
)
RULES = st.builds(
    lambda manifest, apps, review, dev: Rules(
        manifest, apps, {"review": EnvironmentRules(**review), "dev": EnvironmentRules(**dev)}
    ),
    st.sampled_from(["manifest.yml", "m.yml"]),
    st.sampled_from([None, ("a",), ("b",), ("a", "b"), ("b", "a")]),
    SECTIONS,
    SECTIONS,
)  # fmt: skip


def what_matters(read: Rules, environment: Environment) -> tuple[object, ...]:
    own = read.of(environment)
    apps = None if read.apps is None else frozenset(read.apps)
    of_services = (own.services, own.release, own.processes, own.health, own.build_env)
    return (read.manifest, apps, own.vars, own.vars_file, own.env, own.memory_mb, *of_services)


@given(RULES, RULES, st.sampled_from([REVIEW, DEV]))
def test_the_digest_changes_exactly_with_what_matters_to_a_deploy(
    one: Rules, other: Rules, environment: Environment
) -> None:
    same = what_matters(one, environment) == what_matters(other, environment)
    assert (one.digest(environment) == other.digest(environment)) is same


def test_the_digest_is_forty_hex_digits_and_the_same_for_every_pull_request() -> None:
    digest = rules(FULL).digest(REVIEW)
    assert len(digest) == 40
    assert int(digest, 16)
    assert rules(FULL).digest(OTHER_REVIEW) == digest


def test_limit_and_expiry_deploy_nothing_anew() -> None:
    later = FULL.replace("limit: 5", "limit: 6").replace("10d", "20d")
    assert rules(later).digest(REVIEW) == rules(FULL).digest(REVIEW)


def test_the_digest_is_the_same_tomorrow() -> None:
    assert Rules().digest(REVIEW) == "23974e5cce7b27b12c59ad7b349f00b285e3ecd6"


@pytest.mark.parametrize("value", ["!!bool x", "!!timestamp x", '"\\ud800"', "0x" + "f" * 5000])
def test_a_value_that_no_reader_can_make_sense_of_is_told_with_its_line(value: str) -> None:
    with pytest.raises(BadRules) as told:
        rules(f"manifest: {value}\n")

    assert told.value.line == 1


ASKED = "production: {requires: {checks: [test]}}"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (f"environments: {{{ASKED}, dev: {{colour: red}}}}", {"production"}),
        (f"environments: {{{ASKED}, qa: {{}}}}", {"production"}),
        ("environments: {production: {requires: [odd]}, dev: 3}", {"production"}),
        ("environments: [production]", set()),
        ("manifest: [", set()),
        (f"environments: {{{ASKED}, dev: [", None),
    ],
)
def test_of_a_broken_file_it_is_known_who_is_asked_for_anything(text: str, asks: set[str] | None) -> None:
    with pytest.raises(BadRules) as broken:
        rules(text)
    assert broken.value.asks == asks


def test_who_asks_again_gets_what_was_read_and_an_error_of_their_own() -> None:
    assert rules(FULL) is rules(FULL)
    broken = "environments: {review: {limt: 5}}"
    told = []
    for _ in range(2):
        with pytest.raises(BadRules) as raised:
            rules(broken)
        told.append(raised.value)
    first, second = told
    assert (str(first), first.line, first.asks) == (str(second), second.line, second.asks)
    assert first is not second  # each holds the frames that it went through


@pytest.mark.parametrize(
    "broken", ["a: [", "a: 1", "environments: {review: {limt: 5}}", "environments: {x: {}}"]
)
def test_what_is_wrong_with_a_file_is_remembered_without_who_asked(broken: str) -> None:
    class Asker:
        pass

    def asks() -> weakref.ref[Asker]:
        asker = Asker()
        with pytest.raises(BadRules):
            rules(broken)
        return weakref.ref(asker)

    asker = asks()
    gc.collect()
    assert asker() is None
