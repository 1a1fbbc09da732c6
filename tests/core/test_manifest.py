"""The app's own manifest: read as ``cf push`` reads it, and cut down to what an environment may be."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reviewapps.errors import BadManifest
from reviewapps.grants import Grant
from reviewapps.manifest import Allowance, blueprint
from reviewapps.manifest.app import OF_APP, OF_WEB
from reviewapps.model import Blueprint, Environment, Health
from reviewapps.reconcile.allowing import allowance
from reviewapps.rules import rules
from reviewapps.rules.fill import Facts

PREVIEW, DEV = Environment(7, "pr-12"), Environment(7, "dev")
ADDRESS = "shop-pr-12.app.cloud.gov"
COMMIT = "c" * 40
TREES = {"": "a" * 40, "src": "b" * 40, "ops": "d" * 40}
INJECTED = {
    "REVIEWAPPS_URL": f"https://{ADDRESS}",
    "REVIEWAPPS_HOST": ADDRESS,
    "REVIEWAPPS_ENVIRONMENT": "pr-12",
    "REVIEWAPPS_PULL_REQUEST": "12",
    "REVIEWAPPS_COMMIT": COMMIT,
}


MODEST = Allowance(2048)


def planned(
    manifest: str | None,
    rules_text: str = "",
    *,
    environment: Environment = PREVIEW,
    branch: str = "blue",
    vars_file: str | None = None,
    allowed: Allowance = MODEST,
) -> Blueprint:
    """The blueprint of a commit with this manifest, and perhaps a ``vars.yml``."""
    files = {"manifest.yml": manifest, "vars.yml": vars_file}
    facts = Facts("shop", environment.number, branch, COMMIT, ADDRESS, f"https://{ADDRESS}")
    return blueprint(
        rules(rules_text),
        environment,
        facts,
        host="shop-pr-12",
        allowed=allowed,
        file=files.get,
        tree=TREES.get,
    )


def app(settings: str) -> str:
    return f"applications:\n- name: shop\n  {settings}"


def refused(manifest: str | None, rules_text: str = "", *, vars_file: str | None = None) -> BadManifest:
    with pytest.raises(BadManifest) as raised:
        planned(manifest, rules_text, vars_file=vars_file)
    return raised.value


# --- what is taken ---

FULL = """
version: 1
defaults: &defaults
  memory: 256M
  stack: cflinuxfs4
applications:
- name: shop
  <<: *defaults
  path: src
  disk_quota: 1G
  command: gunicorn shop
  buildpacks: [python_buildpack]
  health-check-type: http
  health-check-http-endpoint: /healthz
  timeout: 90
  env: {NAME: shop, WORKERS: 2, RATE: 1.0, DEBUG: off, EMPTY: , AT: 12:30, DAY: 2026-11-22}
  instances: 3
  routes: [{route: shop.example.gov}]
  random-route: true
"""


def test_a_full_manifest_becomes_a_blueprint() -> None:
    plan = planned(FULL)
    assert plan == Blueprint(
        commit=COMMIT,
        host="shop-pr-12",
        app="shop",
        path="src",
        tree=TREES["src"],
        build_key=plan.build_key,
        memory_mb=256,
        disk_mb=1024,
        command="gunicorn shop",
        health=Health("http", "/healthz", 90),
        buildpacks=("python_buildpack",),
        stack="cflinuxfs4",
        env={
            "NAME": "shop",
            "WORKERS": "2",
            "RATE": "1",
            "DEBUG": "false",
            "EMPTY": "",
            "AT": "12:30",
            "DAY": "2026-11-22",
            **INJECTED,
        },
        not_taken=("more than one instance", "routes"),
    )


def test_the_least_manifest_leaves_the_rest_to_the_platform() -> None:
    plan = planned("applications: [{name: shop}]")
    assert (plan.path, plan.memory_mb, plan.disk_mb, plan.command) == ("", None, None, None)
    assert (plan.health, plan.buildpacks, plan.stack, plan.not_taken) == (Health(), (), None, ())


def test_a_web_among_the_processes_replaces_the_settings_beside_it() -> None:
    plan = planned(app("memory: 1G\n  processes: [{type: web, command: x, disk_quota: 2G}, {type: worker}]"))
    assert (plan.memory_mb, plan.command, plan.disk_mb) == (None, "x", 2048)
    assert plan.not_taken == ("process worker",)


@pytest.mark.parametrize(
    ("written", "buildpacks"),
    [
        ("buildpack: python_buildpack", ("python_buildpack",)),
        ("buildpack: default", ()),
        ("buildpack:", ()),
        ("buildpacks: [a, b]", ("a", "b")),
    ],
)
def test_buildpacks_are_taken_by_name(written: str, buildpacks: tuple[str, ...]) -> None:
    assert planned(app(written)).buildpacks == buildpacks


def test_the_deprecated_health_check_none_is_process() -> None:
    assert planned(app("health-check-type: none")).health == Health("process")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("routes: []\n  no-route: true\n  domain: x", ("routes",)),
        ("metadata: {labels: {a: b}}", ("labels and annotations",)),
        ("features: {ssh: true}", ("app features",)),
        ("sidecars: []", ("sidecars",)),
        ("lifecycle: cnb", ("lifecycle",)),
        ("lifecycle: buildpack", ()),
        ("readiness-health-check-type: http", ("readiness checks",)),
        ("log-rate-limit-per-second: 1M", ("log rate limit",)),
        ("health-check-invocation-timeout: 3", ("health check invocation timeout",)),
        ("surprise: 1", ("surprise",)),
        ("buildpacks: ['https://github.com/a/b', c]", ("buildpacks by address",)),
        ("buildpacks: ['https:/a/b', 'git@a:b.git', c]", ("buildpacks by address",)),
        ("instances: 1", ()),
        ("env: {PORT: 1, VCAP_X: 2, REVIEWAPPS_HOST: x}", (
            "variable PORT", "variable VCAP_X", "variable REVIEWAPPS_HOST")),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_named_once(written: str, words: tuple[str, ...]) -> None:
    assert planned(app(written)).not_taken == words


def test_of_a_service_its_name_is_taken() -> None:
    written = app("services: [cache, {name: mail}, {name: db, parameters: {x: y}, binding_name: main}]")
    bound = "all: {services: {cache: none, mail: none, db: {database: own}}}"
    plan = planned(written, bound, allowed=Allowance(2048, databases=True))
    assert plan.not_taken == ("parameters of service db", "binding_name of service db")


def test_what_is_not_taken_of_a_process_that_runs_is_named_with_it() -> None:
    worker = (
        "{type: worker, command: w, memory: 1G, instances: 4, disk_quota: 2G, health-check-type: http, "
        "readiness-health-check-type: http}"
    )
    clock = "{type: clock, command: c, health-check-type: process}"
    written = app(f"processes: [{worker}, {clock}, {{type: other, timeout: 3}}]")
    assert planned(written, "all: {processes: {worker: 1, clock: 1}}").not_taken == (
        "process other",
        "disk-quota of process worker",
        "health-check-type of process worker",
        "readiness checks of process worker",
    )


# --- variables ---


def test_the_rules_win_over_the_manifest_and_we_win_over_both() -> None:
    plan = planned(app("env: {A: theirs, B: theirs, REVIEWAPPS_URL: theirs}"), "all: {env: {A: ours}}")
    assert plan.env == {"A": "ours", "B": "theirs", **INJECTED}


def test_a_shared_environment_is_told_of_no_pull_request() -> None:
    env = planned(app("env: {}"), environment=DEV).env
    assert "REVIEWAPPS_PULL_REQUEST" not in env
    assert env["REVIEWAPPS_ENVIRONMENT"] == "dev"


def test_placeholders_are_filled_in_what_the_rules_say_and_nowhere_else() -> None:
    plan = planned(
        app("command: echo {url}\n  env: {A: '{url}', C: ((c))}"),
        "all: {env: {B: '{branch}@{host}'}, vars: {c: '{number}'}}",
    )
    assert (plan.env["A"], plan.env["B"], plan.env["C"]) == ("{url}", f"blue@{ADDRESS}", "12")
    assert plan.command == "echo {url}"


@pytest.mark.parametrize("hostile", ["((secret))", "{url}", "'; rm -rf /", "a: {b: c}"])
def test_a_branch_name_stays_the_text_it_is(hostile: str) -> None:
    plan = planned(
        app("env: {B: ((b)), C: x-((b))}"),
        "all: {env: {A: '{branch}'}, vars: {b: '{branch}', secret: s3cr3t}}",
        branch=hostile,
    )
    assert (plan.env["A"], plan.env["B"], plan.env["C"]) == (hostile, hostile, f"x-{hostile}")


@pytest.mark.parametrize(
    "manifest",
    [app("command: run ((b))"), app("processes: [{type: web, command: 'run ((!b))'}]")],
)
def test_no_placeholder_reaches_a_command(manifest: str) -> None:
    error = refused(manifest, "all: {vars: {b: '{branch}'}}")
    assert "`command` uses `((b))`" in str(error)


def test_a_plain_var_may_stand_in_a_command() -> None:
    assert planned(app("command: run ((b))"), "all: {vars: {b: 2}}").command == "run 2"


def test_vars_come_from_the_file_and_over_it_from_the_rules() -> None:
    plan = planned(
        app("memory: ((mem))\n  timeout: ((t))\n  env: {A: ((a)), B: ((deep.b)), C: n=((t))}"),
        "all: {vars_file: vars.yml, vars: {a: ours}}",
        vars_file="{mem: 1G, t: 30, a: theirs, deep: {b: 1}}",
    )
    assert (plan.memory_mb, plan.health.timeout) == (1024, 30)
    assert (plan.env["A"], plan.env["B"], plan.env["C"]) == ("ours", "1", "n=30")


def test_a_number_from_the_rules_is_a_number() -> None:
    assert planned(app("timeout: ((t))"), "all: {vars: {t: 30}}").health.timeout == 30


def test_vars_without_a_value_are_asked_for_all_at_once() -> None:
    error = refused(app("memory: ((mem))\n  env: {A: 'x((a))'}"))
    assert str(error) == "`manifest.yml` uses `((a))`, `((mem))`, which nothing gives a value."
    assert error.decision == "environments:\n  review:\n    vars:\n      a: …\n      mem: …\n"


def test_what_is_not_taken_needs_no_vars() -> None:
    manifest = app("routes: [{route: ((host))}]\n  processes: [{type: worker, command: ((x))}]")
    assert planned(manifest).not_taken == ("routes", "process worker")


# --- which app, and from where ---


def test_one_of_several_apps_is_chosen_by_the_rules() -> None:
    assert planned(
        "applications: [{name: shop-((n))}, {name: b}]", "{apps: [shop-1], all: {vars: {n: 1}}}"
    ).app == ("shop-1")


@pytest.mark.parametrize(
    ("manifest", "written", "path"),
    [
        ("manifest.yml", "./src/", "src"),
        ("manifest.yml", ".", ""),
        ("ops/manifest.yml", "..", ""),
        ("ops/manifest.yml", "../src", "src"),
        ("ops/manifest.yml", ".", "ops"),
    ],
)
def test_the_path_is_relative_to_the_manifests_folder(manifest: str, written: str, path: str) -> None:
    facts = Facts("shop", 12, "blue", COMMIT, ADDRESS, f"https://{ADDRESS}")
    files = {manifest: app(f"path: {written}")}
    read = rules(f"manifest: {manifest}")
    plan = blueprint(read, PREVIEW, facts, host="h", allowed=MODEST, file=files.get, tree=TREES.get)
    assert (plan.path, plan.tree) == (path, TREES[path])


# --- the build key ---


def test_the_build_key_changes_exactly_with_what_a_build_sees() -> None:
    least = planned(app("path: ."))
    same = [app("memory: 1G"), app("command: x"), app("env: {A: b}"), app("health-check-type: process")]
    other = [app("path: src"), app("stack: s"), app("buildpack: s"), app("buildpacks: [s, s]")]
    assert {planned(manifest).build_key for manifest in same} == {least.build_key}
    assert len({least.build_key, *(planned(manifest).build_key for manifest in other)}) == 5


def test_the_build_key_fits_a_label() -> None:
    assert len(planned(FULL).build_key) == 40
    assert int(planned(FULL).build_key, 16)


# --- what is refused ---

HANDED_DOWN = (
    " beside `applications`; `cf push` no longer hands that down to the apps. "
    "Move it into each app, or share it by an anchor"
)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, "there is no `manifest.yml` at this commit. The least it holds is `applications: [{name: shop}]`; "
               "where it is elsewhere, `manifest:` in `.reviewapps.yml` says so"),
        ("a: [", "`manifest.yml`, line 1: expected the node content, but found '<stream end>'"),
        ("shop", "`manifest.yml` is not a mapping with `applications`"),
        ("", "`manifest.yml` is not a mapping with `applications`"),
        ("version: 1", "`manifest.yml` names no app"),
        ("applications: []", "`manifest.yml` names no app"),
        ("version: 2\napplications: [{name: a}]", "`manifest.yml` is of another version than 1"),
        ("applications: [{path: .}]", "`manifest.yml` has an app without a name"),
        ("applications: [shop]", "`manifest.yml` has an app without a name"),
        ("memory: 1G\napplications: [{name: a}]", "`manifest.yml` sets `memory`" + HANDED_DOWN),
        ("inherit: b.yml\napplications: [{name: a}]", "`manifest.yml` sets `inherit`" + HANDED_DOWN),
        (app("docker: {image: a}"), "`shop` is a Docker image; only source is deployed"),
        (app("lifecycle: docker"), "`shop` is a Docker image; only source is deployed"),
        (app("path: /etc"), "`path: /etc` leads out of the repository"),
        (app("path: ../.."), "`path: ../..` leads out of the repository"),
        (app("path: nope"), "there is no folder `nope` at this commit, which `path` names"),
        (app("path: target/shop.jar"), "`path` is the file `target/shop.jar`; only folders can be deployed, "
         "archives not yet"),
        (app("path: manifest.yml"), "`path` is the file `manifest.yml`; only folders can be deployed, "
         "archives not yet"),
        (app("memory: 12"), "`shop`: `memory` takes a size such as 256M or 1G, not `12`"),
        (app("disk-quota: lots"), "`shop`: `disk-quota` takes a size such as 256M or 1G, not `lots`"),
        (app("command: [a]"), "`shop`: `command` takes text, not a list"),
        (app("timeout: soon"), "`shop`: `timeout` takes a number of seconds, not `soon`"),
        (app("timeout: true"), "`shop`: `timeout` takes a number of seconds, not `true`"),
        (app("health-check-type: tcp"), "`shop`: `health-check-type` takes port, http or process, not `tcp`"),
        (app("buildpacks: a"), "`shop`: `buildpacks` takes a list of names, not `a`"),
        (app("services: {a: b}"), "`shop`: `services` takes a list of names, not a mapping"),
        (app("services: [{binding_name: b}]"), "`shop`: `services` takes a list of names, not nothing"),
        (app("env: [a]"), "`shop`: `env` takes a mapping of names to values, not a list"),
        (app("env: {'': a}"), "`shop`: `env` takes a mapping of names to values, not a mapping"),
        (app("env: {PORT=1: a}"), "`shop`: no process can have the variable `PORT=1`"),
        (app('env: {A: "x\\0"}'), "`manifest.yml`, line 3: holds the character NUL, which no variable can"),
        (app('env: {"\\ud800": x}'), "`manifest.yml`, line 3: holds half of a character"),
        (app('"\\ud800": 1'), "`manifest.yml`, line 3: holds half of a character"),
        ('"\\ud800": 1\napplications: [{name: shop}]', "`manifest.yml`, line 1: holds half of a character"),
        (app("env: {A: {b: c}}"), "`shop`: `env.A` takes text, a number, or true or false, not a mapping"),
        (app("processes: {a: b}"), "`shop`: `processes` takes a list"),
        (app("processes: [{command: b}]"), "`shop`: each of `processes` takes a `type` of its own"),
        (app("processes: [{type: a}, {type: a}]"), "`shop`: each of `processes` takes a `type` of its own"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_done_is_said(manifest: str | None, message: str) -> None:
    error = refused(manifest)
    assert (str(error), error.decision) == (message, "")


def test_services_are_named_by_the_rules_or_not_bound() -> None:
    manifest = app("services: [shop-db, {name: 'on'}, shop-db]")
    error = refused(manifest, "all: {services: {shop-db: none}}")
    assert str(error) == "`manifest.yml` binds the service `on`. Previews share nothing unless told to."
    assert (
        error.decision == "environments:\n  review:\n    services:\n      shop-db: none\n      'on': none\n"
    )


def test_more_memory_than_allowed_is_refused_with_what_is_allowed() -> None:
    error = refused(app("memory: 1T"))
    assert str(error) == "`shop` asks for 1,048,576 MB; at most 2,048 MB is allowed."
    assert error.decision == "environments:\n  review:\n    memory: 2048M\n"


def test_the_rules_say_the_memory_but_not_more_than_allowed() -> None:
    assert planned(app("memory: 1T"), "all: {memory: 512M}").memory_mb == 512
    error = refused(app("memory: 256M"), "all: {memory: 4G}")
    assert str(error) == "`.reviewapps.yml` asks for 4,096 MB; at most 2,048 MB is allowed."
    assert error.decision == ""


def test_more_disk_than_allowed_is_refused() -> None:
    allowed = Allowance(2048, disk_mb=2048)
    assert planned(app("disk-quota: 2G"), allowed=allowed).disk_mb == 2048
    with pytest.raises(
        BadManifest, match=r"^`shop` asks for 6,144 MB of disk; at most 2,048 MB is allowed.$"
    ):
        planned(app("disk_quota: 6G"), allowed=allowed)


def test_previews_share_nothing_that_is_granted_to_shared_environments_alone() -> None:
    grant = Grant(
        targets={"review": "t", "production": "t"},
        services=frozenset({"search"}),
        services_of_kind={"production": frozenset({"shop-db"})},
    )
    asked = "all: {services: {search: share, shop-db: share}}"
    production = Environment(1, "production")
    plan = planned(app(""), asked, environment=production, allowed=allowance(grant, production))
    assert [service.name for service in plan.services] == ["search", "shop-db"]
    with pytest.raises(
        BadManifest, match="shares the service `shop-db`, which the operator does not allow to"
    ):
        planned(app(""), asked, allowed=allowance(grant, PREVIEW))


def test_no_other_process_that_runs_has_more_memory_than_allowed() -> None:
    large = app("processes: [{type: worker, memory: 1T}]")
    error = refused(large, "all: {processes: {worker: 1}}")
    assert str(error) == "the process `worker` of `shop` asks for 1,048,576 MB; at most 2,048 MB is allowed."
    assert planned(large).processes == {}


def test_several_apps_need_the_rules_to_say_which() -> None:
    error = refused("applications: [{name: shop}, {name: worker}]")
    assert "has the apps `shop`, `worker`; more than one in an environment is not built yet" in str(error)
    assert error.decision == "apps:\n- shop\n"


def test_an_app_that_the_manifest_has_not_is_answered_with_the_nearest() -> None:
    error = refused("applications: [{name: shop}, {name: worker}]", "apps: [wroker]")
    assert str(error) == (
        "`.reviewapps.yml` names the app `wroker`, `manifest.yml` does not; did it mean `worker`?"
    )


@pytest.mark.parametrize("lines", ["services", "vars", "memory", "apps"])
def test_the_decisions_lines_settle_it(lines: str) -> None:
    manifest = {
        "services": app("services: ['no', 'a: b', '#c']"),
        "vars": app("env: {A: ((a))}"),
        "memory": app("memory: 4G"),
        "apps": "applications: [{name: 'yes'}, {name: b}]",
    }[lines]
    assert planned(manifest, refused(manifest).decision).commit == COMMIT


def test_a_vars_file_that_is_not_there_is_named() -> None:
    error = refused(app("path: ."), "all: {vars_file: vars.yml}")
    assert str(error) == "there is no `vars.yml` at this commit, which `vars_file` in `.reviewapps.yml` names"


def test_a_vars_file_that_is_no_mapping_is_named() -> None:
    error = refused(app("path: ."), "all: {vars_file: vars.yml}", vars_file="[a]")
    assert str(error) == "`vars.yml` is not a mapping of vars"


def test_a_mapping_cannot_stand_inside_a_text() -> None:
    error = refused(app("env: {A: x((deep))}"), "all: {vars_file: vars.yml}", vars_file="deep: {b: 1}")
    assert str(error) == ("`manifest.yml`: ((deep)) stands inside a text, so it has to be text or a number")


@pytest.mark.parametrize(
    ("manifest", "vars_file", "message"),
    [
        (
            app("env: {A: &a " + "y" * 40_000 + ", B: *a}"),
            None,
            "its variables have more than 64 KB together, names and values",
        ),
        (
            app("env: {A: ((a)), B: ((a))}"),
            "a: " + "ö" * 20_000,
            "its variables have more than 64 KB together, names and values",
        ),
        (
            app("command: '" + "((a))" * 3000 + "'"),
            "a: " + "y" * 100,
            "`manifest.yml`: its vars fill in more than 256 KB",
        ),
        (
            app("buildpacks: [" + "((a)), " * 10 + "]"),
            "a: " + "y" * 30_000,
            "`manifest.yml`: its vars fill in more than 256 KB",
        ),
        (
            app("services: [" + "((a)), " * 100 + "]"),
            "a: [" + "yyy, " * 1000 + "]",
            "`manifest.yml`: its vars fill in more than 256 KB",
        ),
    ],
)
def test_a_short_manifest_cannot_name_a_long_value_very_often(
    manifest: str, vars_file: str | None, message: str
) -> None:
    assert str(refused(manifest, "all: {vars_file: vars.yml}", vars_file=vars_file or "{}")) == message


def test_of_repeated_keys_the_last_counts_as_for_cf_push() -> None:
    assert planned(app("memory: 1G\n  memory: 512M")).memory_mb == 512


@given(st.text())
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        assert planned(text).commit == COMMIT
    except BadManifest as bad:
        assert str(bad)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "x", "((x))", "1G", "web", "/", ".."]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "a"]), inner)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [*OF_APP, *OF_WEB, "disk_quota", "processes", "instances", "docker", "lifecycle", "odd"]
)


@given(st.dictionaries(KEYS, VALUES))
def test_any_app_is_either_taken_or_refused(settings: dict[str, object]) -> None:
    manifest = yaml.safe_dump({"applications": [{"name": "shop", **settings}]})
    try:
        assert planned(manifest, "all: {vars: {x: 1}}").commit == COMMIT
    except BadManifest as bad:
        assert str(bad)
