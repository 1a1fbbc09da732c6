"""The process environment → settings: what is misspelt, missing or dangerous refuses to start."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from reviewapps.errors import BadSettings
from reviewapps.grants import Account
from reviewapps.model import Secret
from reviewapps.sandbox.github.state.keys import KeyPair
from reviewapps.settings import Bind, Settings, settings

MINIMAL = {
    "REVIEWAPPS_REPOSITORIES": "acme/shop",
    "REVIEWAPPS_REDIS_URL": "redis://:redis-word@redis.example.gov/0",
    "REVIEWAPPS_GITHUB_TOKEN": "github-word",
    "REVIEWAPPS_CF_USER": "deployer",
    "REVIEWAPPS_CF_PASSWORD": "cf-word",
    "REVIEWAPPS_CF_ORG": "acme",
    "REVIEWAPPS_CF_SPACE": "reviews",
    "REVIEWAPPS_ACCESS": "public",
}
WORDS = ("redis-word", "github-word", "cf-word", "client-word", "slack-word")


def told(**more: str) -> Settings:
    """The settings of the minimal environment, changed by variables named without their prefix."""
    return settings(MINIMAL | {f"REVIEWAPPS_{name}": value for name, value in more.items()})


def refusal(**more: str) -> str:
    with pytest.raises(BadSettings) as refused:
        told(**more)
    return str(refused.value)


def test_the_defaults_are_those_that_people_are_promised() -> None:
    grant = told().grants.repositories["acme/shop"]
    assert (grant.limit, grant.expire_after, grant.deletions_at_once) == (5, timedelta(days=10), 5)


def test_on_cloud_foundry_the_web_process_listens_where_the_router_comes_in() -> None:
    assert told().bind == Bind("127.0.0.1", 8080)
    assert told(BIND="[::1]:81").bind == Bind("::1", 81)
    there = MINIMAL | {"VCAP_APPLICATION": "{}", "PORT": "8081"}
    assert settings(there).bind == Bind("0.0.0.0", 8081)
    assert settings(there | {"REVIEWAPPS_BIND": "127.0.0.1:1"}).bind.loopback


def redis(name: str, **changed: object) -> dict[str, object]:
    """A bound service as cloud.gov's broker tells of it."""
    told = {"uri": "redis://:a%/b@cache.example.gov:6379", "password": "a%/b", "host": "cache.example.gov"}
    credentials = {**told, "hostname": told["host"], "port": "6379"} | changed
    return {"label": "aws-elasticache-redis", "name": name, "credentials": credentials}


BOUND = "rediss://:a%25%2Fb@cache.example.gov:6379/0"


@pytest.mark.parametrize(
    ("bound", "url", "address"),
    [
        ([], "", ""),
        ([redis("cache")], "", BOUND),
        ([redis("cache"), redis("other")], "redis://elsewhere:1/0", "redis://elsewhere:1/0"),
        ([redis("cache", port=6379, uri=None)], "", BOUND),
    ],
    ids=["none", "one", "ours comes first", "a port that is a number"],
)
def test_a_redis_that_is_bound_is_ours_unless_we_name_another(
    bound: list[dict[str, object]], url: str, address: str
) -> None:
    others = [{"label": "aws-rds", "name": "db", "credentials": {"password": "x"}}]
    there = {"VCAP_SERVICES": json.dumps({"aws-elasticache-redis": bound, "aws-rds": others})}
    assert settings(MINIMAL | there | {"REVIEWAPPS_REDIS_URL": url}).redis_url == address


def test_the_word_of_a_bound_redis_is_hidden_in_both_spellings() -> None:
    there = {"VCAP_SERVICES": json.dumps({"any": [redis("cache")]}), "REVIEWAPPS_REDIS_URL": ""}
    assert {"a%/b", "a%25%2Fb"} <= set(settings(MINIMAL | there).secrets)


@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        ([redis("cache"), redis("other")], r"^several Redis are bound \(cache, other\): unbind"),
        ([redis("cache", port="a%/b")], "^the service cache does not say host, port and password"),
        ([redis("cache", password=None)], "^the service cache does not say"),
    ],
)
def test_a_bound_redis_that_is_no_use_is_named_without_its_word(
    bound: list[dict[str, object]], reason: str
) -> None:
    there = {"VCAP_SERVICES": json.dumps({"any": bound}), "REVIEWAPPS_REDIS_URL": ""}
    with pytest.raises(BadSettings, match=reason) as refused:
        settings(MINIMAL | there)
    assert "a%" not in str(refused.value)


def test_other_programs_variables_are_not_ours() -> None:
    assert settings(MINIMAL | {"PATH": "/bin", "REVIEWAPP_LIMIT": "1"}) == told()


KEY = KeyPair().private


@pytest.mark.parametrize(
    ("told_", "reason"),
    [
        ({"GITHUB_PRIVATE_KEY": KEY}, "keep one of them"),
        ({"GITHUB_PRIVATE_KEY": KEY, "GITHUB_TOKEN": ""}, "REVIEWAPPS_GITHUB_APP_ID is missing"),
        ({"GITHUB_PRIVATE_KEY": "x", "GITHUB_APP_ID": "1", "GITHUB_TOKEN": ""}, "holds a private key, but"),
    ],
)
def test_who_we_are_on_github_is_said_once_and_whole(told_: dict[str, str], reason: str) -> None:
    assert reason in refusal(**told_)


@pytest.mark.parametrize("whose", ["APP_ID", "CLIENT_ID"])
def test_an_app_takes_the_place_of_a_token(whose: str) -> None:
    found = told(**{"GITHUB_TOKEN": "", f"GITHUB_{whose}": "Iv1", "GITHUB_PRIVATE_KEY": KEY})
    app = found.grants.github.app
    assert app is not None and app.app == "Iv1"
    assert app.private_key in found.secrets


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [("LIMITS", "LIMIT"), ("EXPIRES_AFTER", "EXPIRE_AFTER"), ("DELETION_AT_ONCE", "DELETIONS_AT_ONCE")],
)
def test_a_misspelt_variable_is_refused_with_the_nearest(misspelt: str, meant: str) -> None:
    said = refusal(**{misspelt: "1"})
    assert said == f"REVIEWAPPS_{misspelt} is no setting; did you mean REVIEWAPPS_{meant}?"


def test_a_variable_that_is_near_to_nothing_is_just_refused() -> None:
    assert refusal(QQQQ="1") == "REVIEWAPPS_QQQQ is no setting"


def test_what_a_preview_is_given_is_no_setting_of_it() -> None:
    injected = dict.fromkeys(("URL", "HOST", "ENVIRONMENT", "PULL_REQUEST", "COMMIT"), "x")
    assert told(**injected) == told()


def test_what_previews_may_hold_together_may_be_told() -> None:
    grants = told(CF_MEMORY="2G").grants
    assert grants.targets["review"].memory_mb == 2048
    assert {one.caps["review"] for one in grants.repositories.values()} == {2048}


@pytest.mark.parametrize("name", ["REPOSITORIES", "GITHUB_TOKEN", "CF_ORG", "CF_SPACE"])
@pytest.mark.parametrize("missing", [True, False], ids=["missing", "empty"])
def test_what_is_missing_is_named(name: str, missing: bool) -> None:
    environ = MINIMAL | {f"REVIEWAPPS_{name}": ""}
    if missing:
        del environ[f"REVIEWAPPS_{name}"]
    with pytest.raises(BadSettings, match=rf"^REVIEWAPPS_{name} is missing( \(or .*\))?$"):
        settings(environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMIT", "many"),
        ("LIMIT", "-1"),
        ("BIND", "8080"),
        ("BIND", "127.0.0.1:99999"),
        ("WEB_TOKEN", "short"),
        ("LIMIT", "201"),
        ("EXPIRE_AFTER", "10"),
        ("DEADLINE", "0m"),
        ("MEMORY", "lots"),
        ("LOOK_EVERY", "0"),
        ("LOOK_EVERY", "nan"),
        ("CONCURRENCY", "0"),
        ("ACCESS", "everybody"),
        ("INSTANCE", "Acme Review"),
        ("INSTANCE", "a" * 33),
        ("APP_ADDRESS", "https://preview.example.gov"),
        ("REPOSITORIES", " , "),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"REVIEWAPPS_{name} is not usable: ")


@pytest.mark.parametrize(
    "name", ["GITHUB_TOKEN", "CF_PASSWORD", "GATE_PASSWORD", "WEB_TOKEN", "WEBHOOK_SECRET"]
)
def test_what_an_example_holds_in_a_secrets_place_is_no_secret(name: str) -> None:
    said = refusal(**{name: "……………………………………………………"})
    assert said == f"REVIEWAPPS_{name} is not usable: it still holds the … of an example"


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GATE_BYPASS"])
@pytest.mark.parametrize("word", ["“ghp-hidden”", "ghp-hidden and more", "ghp\nhidden", "ghp\u00a0hidden"])
def test_what_no_header_can_carry_is_no_token(name: str, word: str) -> None:
    said = refusal(**{"GATE_PASSWORD": "gate-word", name: word})
    assert said.startswith(f"REVIEWAPPS_{name} is not usable: it holds a blank or a letter that no token has")
    assert "hidden" not in said


def test_what_was_copied_around_a_secret_is_no_part_of_it() -> None:
    found = told(GITHUB_TOKEN=" github-word\n", CF_PASSWORD="cf-word\r\n", GATE_PASSWORD=" \n").grants
    assert found.github.token == "github-word"
    assert found.targets["review"].account.password == "cf-word"
    assert found.targets["review"].gate is None


@pytest.mark.parametrize(
    "address",
    ["hidden", "redi://hidden", "https://:hidden@cache:1", "redis://:x@cache:hidden", "redis://[hidden"],
)
def test_what_is_no_address_of_a_redis_is_refused_without_showing_it(address: str) -> None:
    said = refusal(REDIS_URL=address)
    assert said.startswith("REVIEWAPPS_REDIS_URL is not usable: write redis://HOST:PORT/0")
    assert "hidden" not in said


@pytest.mark.parametrize(
    "address", ["redis://cache", "rediss://:w@cache:6379/1", "unix:///run/redis.sock?db=2"]
)
def test_a_redis_has_one_of_three_kinds_of_addresses(address: str) -> None:
    assert told(REDIS_URL=address).redis_url == address


def test_a_file_that_is_not_there_is_named_and_why(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"no\.toml cannot be read: No such file or directory$"):
        settings({"REVIEWAPPS_FILE": str(tmp_path / "no.toml")})


def test_repositories_are_a_list() -> None:
    assert told(REPOSITORIES=" acme/shop, acme/web,").repositories == ("acme/shop", "acme/web")


@pytest.mark.parametrize("name", ["shop", "acme/", "/shop", "acme/shop/web"])
def test_a_repository_has_an_owner_and_a_name(name: str) -> None:
    assert (
        refusal(REPOSITORIES=f"acme/web,{name}")
        == f"REVIEWAPPS_REPOSITORIES: `{name}` is not written as owner/name"
    )


# --- what would be dangerous ---


@pytest.mark.parametrize(
    "api", ["https://api.fr.cloud.gov", "https://127.0.0.1.example.gov", "https://localhost.example.gov"]
)
def test_previews_on_the_internet_need_a_password_or_the_word_public(api: str) -> None:
    assert "REVIEWAPPS_ACCESS=public" in refusal(CF_API=api, ACCESS="")
    shown = told(CF_API=api, ACCESS="", GATE_PASSWORD="gate-word")
    assert shown.grants.repositories["acme/shop"].entrance("review") == "password"
    gate = shown.grants.targets["review"].gate
    assert gate is not None and gate.name == "review-gate"


def test_the_gates_words_are_long_and_never_without_the_password() -> None:
    assert "REVIEWAPPS_GATE_PASSWORD is easily guessed" in refusal(GATE_PASSWORD="short")
    assert "REVIEWAPPS_GATE_BYPASS is easily guessed" in refusal(
        GATE_PASSWORD="gate-word", GATE_BYPASS="short"
    )
    assert "REVIEWAPPS_GATE_PASSWORD is missing" in refusal(GATE="door")
    assert told(GATE_PASSWORD="gate-word").grants.targets["review"].entrance == "public"
    assert told(GATE_PASSWORD="gate-word", GATE="door").grants.targets["review"].entrance == "unlisted"


def test_each_installation_and_target_has_keys_of_its_own() -> None:
    gates = [told(GATE="door", GATE_PASSWORD="gate-word", INSTANCE=name).grants for name in ("one", "two")]
    one, two = (grants.targets["review"].gate for grants in gates)
    assert one is not None and two is not None
    assert one.root != two.root and one.bypass != two.bypass and one.salt != two.salt
    assert "gate-word" not in str(one.variables("apps.example.gov"))


@pytest.mark.parametrize("api", ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"])
def test_previews_on_this_machine_need_no_word(api: str) -> None:
    assert told(CF_API=api, ACCESS="").grants.targets["review"].access == "password"


@pytest.mark.parametrize(
    "times",
    [
        {"REQUEST_TIMEOUT": "90"},
        {"LEASE": "95"},
        {"FORWARD": "90"},
        {"REQUEST_TIMEOUT": "100", "LEASE": "90", "FORWARD": "80"},
    ],
)
def test_a_lease_outlives_the_longest_request_and_a_forwarded_message_the_lease(
    times: dict[str, str],
) -> None:
    assert refusal(**times) == (
        "REVIEWAPPS_REQUEST_TIMEOUT, REVIEWAPPS_LEASE and REVIEWAPPS_FORWARD must grow in this order"
    )


def test_half_an_account_is_none() -> None:
    assert "REVIEWAPPS_CF_PASSWORD are missing" in refusal(CF_PASSWORD="")
    assert "REVIEWAPPS_CF_PASSWORD are missing" in refusal(CF_PASSWORD="", CF_CLIENT_ID="reviewapps")


def test_a_client_is_an_account_too() -> None:
    shown = told(CF_USER="", CF_PASSWORD="", CF_CLIENT_ID="us", CF_CLIENT_SECRET="client-word")
    assert shown.grants.targets["review"].account == Account(
        client_id="us", client_secret=Secret("client-word")
    )


def test_no_secret_is_ever_shown() -> None:
    shown = told(CF_CLIENT_ID="us", CF_CLIENT_SECRET="client-word", SLACK_WEBHOOK="https://x/slack-word")
    for text in (repr(shown), str(shown), f"{shown!r}", repr(shown.secrets), repr(shown.model_dump())):
        assert not [word for word in WORDS if word in text]


def test_every_secret_is_masked_in_what_people_read() -> None:
    known = told(
        CF_CLIENT_ID="us", CF_CLIENT_SECRET="client-word", SLACK_WEBHOOK="https://x/slack-word"
    ).secrets
    assert {word.removeprefix("https://x/") for word in known} == set(WORDS)


def test_a_refusal_shows_no_secret() -> None:
    assert "cf-word" not in refusal(LEASE="1")
    assert "cf-word" not in refusal(CF_ORG="")


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://git.example.gov/api/v3", "https://git.example.gov"),
    ],
)
def test_people_read_github_where_its_pages_are(api: str, web: str) -> None:
    assert told(GITHUB_URL=api).grants.github.pages == web
