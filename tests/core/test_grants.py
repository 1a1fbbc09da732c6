"""``reviewapps.toml`` → grants: what is misspelt, missing or contradicts itself refuses to start, and is named."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from reviewapps.approval import NOTHING, Requires
from reviewapps.errors import BadSettings
from reviewapps.grants import Account
from reviewapps.model import Environment, Secret
from reviewapps.outcome import Event
from reviewapps.sandbox.github.state.keys import KeyPair
from reviewapps.settings import Settings, settings

EXAMPLES = Path(__file__).parents[2] / "examples"
MINIMAL = (EXAMPLES / "reviewapps.minimal.toml").read_text()
PRODUCTION = (EXAMPLES / "reviewapps.production.toml").read_text()
FULL = (EXAMPLES / "reviewapps.toml").read_text()
ACCOUNT = json.dumps({"username": "deployer", "password": "cf-word"})
KEY = "signing-word-" + "k" * 32
WEB = "a token that nobody guesses"
SECRETS = {"REVIEWAPPS_SECRET_GITHUB": "github-word", "REVIEWAPPS_SECRET_CF_REVIEW": ACCOUNT}
SECRETS |= {"REVIEWAPPS_SECRET_GATE": "gate-word"}


def told(folder: Path, text: str = MINIMAL, **environ: str) -> Settings:
    """The settings of this file and these variables; the minimal file's secrets are there."""
    (folder / "reviewapps.toml").write_text(text)
    return settings(SECRETS | environ, folder)


def refusal(folder: Path, text: str = MINIMAL, **environ: str) -> str:
    with pytest.raises(BadSettings) as refused:
        told(folder, text, **environ)
    return str(refused.value).replace(f"{folder}/", "")


def changed(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after)


def test_the_minimal_example_is_what_people_are_promised(tmp_path: Path) -> None:
    grants = told(tmp_path).grants
    target, grant = grants.targets["review"], grants.repositories["acme/shop"]

    assert (target.api, target.org, target.space) == ("https://api.fr.cloud.gov", "agency-acme", "review")
    assert target.account == Account("deployer", Secret("cf-word"))
    assert (grants.instance, grants.mode, grants.github.token) == ("reviewapps", "act", "github-word")
    assert (grant.limit, grant.expire_after, grant.memory_mb) == (5, timedelta(days=10), 2048)
    assert (target.memory_mb, grant.caps) == (None, {})
    assert grant.allows("review")
    assert not grant.allows("dev")


def test_services_are_granted_to_all_or_by_kind(tmp_path: Path) -> None:
    granted = changed(MINIMAL, 'review = "review"', 'review = "review", production = "review"')
    everywhere = told(tmp_path, granted + 'services = ["search"]\ndisk = "4G"\n').grants
    grant = everywhere.repositories["acme/shop"]
    assert grant.may_share("review") == grant.may_share("production") == {"search"}
    assert grant.disk_mb == 4096

    text = granted + 'services = { review = ["search"], production = ["search", "shop-db"] }\n'
    grant = told(tmp_path, text).grants.repositories["acme/shop"]
    assert grant.may_share("review") == {"search"}
    assert grant.may_share("production") == {"search", "shop-db"}
    assert (grant.may_share("dev"), grant.disk_mb) == (frozenset(), 2048)

    for asked, wrong in {
        '{ produktion = ["shop-db"] }': "did you mean `production`?",
        '{ staging = ["shop-db"] }': "`services` names `staging`, which is not granted",
        '{ review = "shop-db" }': "takes a list of names, or one for each kind",
        '"shop-db"': "takes a list of names, or one for each kind",
    }.items():
        assert wrong in refusal(tmp_path, f"{granted}services = {asked}\n")


def test_the_full_example_is_accepted_with_every_key(tmp_path: Path) -> None:
    slack = tmp_path / "slack"
    slack.write_text("xoxb-slack-word\n")
    words = {"password": "gate-word", "bypass": "bypass-word"}
    github = {"token": "github-word", "webhook_secret": "hook-word"}
    bound = {"github": github, "cf-review": json.loads(ACCOUNT), "gate": words, "web": WEB, "signing": KEY}
    services = {"user-provided": [{"name": "reviewapps-secrets", "credentials": bound}]}
    text = changed(FULL, "/run/secrets/slack", str(slack))

    found = told(tmp_path, text, VCAP_SERVICES=json.dumps(services), CF_DEV="dev-deployer:dev-word")

    grants, shop = found.grants, found.grants.repositories["acme/shop"]
    assert (found.look_every, found.quiet_every) == (15.0, 60.0)
    assert found.repositories == ("acme/shop", "acme/web")
    assert {kind: target.space for kind, target in grants.targets_of("acme/shop").items()} == {
        "review": "review",
        "dev": "dev",
    }
    assert shop.address(Environment(1, "dev")) == "https://{host}"
    assert (grants.targets["review"].memory_mb, shop.caps) == (2048, {"review": 2048})
    gate = grants.targets["review"].gate
    assert gate is not None and (gate.name, gate.asks) == ("review-gate", True)
    assert (shop.entrance("review"), shop.entrance("dev")) == ("password", "public")
    assert (dict(shop.sources), shop.signs) == ({"dev": ("agency-acme/review",)}, True)
    of_web = {grants.github.webhook_secret, grants.web_token}
    assert of_web == {"hook-word", WEB}
    assert set(found.secrets) == of_web | {
        *("github-word", "cf-word", "dev-word", "xoxb-slack-word"),
        *("gate-word", "bypass-word", gate.root, KEY),
    }
    assert not [word for word in found.secrets if word in repr(found)]


PEM = KeyPair().private


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (json.dumps({"app_id": 123456, "private_key": PEM, "webhook_secret": "w"}), ""),
        (json.dumps({"client_id": "123456", "private_key": PEM.replace("\n", "\\n")}), ""),
        (PEM, "app_id = 123456"),
        (base64.b64encode(PEM.encode()).decode(), 'app_id = "123456"'),
    ],
    ids=["app_id", "client_id", "pem", "base64"],
)
def test_an_app_is_told_by_its_id_and_key(tmp_path: Path, secret: str, said: str) -> None:
    text = f"{MINIMAL}\n[github]\n{said}\n"
    found = told(tmp_path, text, REVIEWAPPS_SECRET_GITHUB=secret)
    app = found.grants.github.app
    assert app is not None and (app.app, app.private_key.strip()) == ("123456", PEM.strip())
    assert found.grants.github.token is None
    assert app.private_key in found.secrets and PEM.splitlines()[3] not in repr(found)


@pytest.mark.parametrize(
    ("secret", "said", "reason"),
    [
        (PEM, "", "is the key of an App: of which, `github.app_id` says"),
        ("hidden-word", "app_id = 7", "it is neither PEM (-----BEGIN …) nor that in base64"),
        (PEM.replace("M", "hidden", 9), "app_id = 7", "it cannot be read"),
        (json.dumps({"app_id": 7}), "", "neither `token` nor `app_id` and `private_key`; it has `app_id`"),
    ],
    ids=["no id", "no key", "broken", "half"],
)
def test_an_app_that_is_told_by_halves_is_refused(
    tmp_path: Path, secret: str, said: str, reason: str
) -> None:
    refused = refusal(tmp_path, f"{MINIMAL}\n[github]\n{said}\n", REVIEWAPPS_SECRET_GITHUB=secret)
    assert reason in refused
    assert "hidden" not in refused


def test_a_status_page_with_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    text = MINIMAL.replace("[target.review]", "[web]\n[target.review]")
    assert told(tmp_path, text, REVIEWAPPS_SECRET_WEB=WEB).grants.web_token == WEB
    assert "`web` is shorter than 20 characters" in refusal(tmp_path, text, REVIEWAPPS_SECRET_WEB="word")
    assert "the secret `web` is missing" in refusal(tmp_path, text)


def test_the_variables_of_the_example_are_accepted_once_they_are_filled_in() -> None:
    lines = (EXAMPLES.parent / ".env.example").read_text().splitlines()
    environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    filled_in = {name: value.replace("…", "word") for name, value in environ.items()}

    assert settings(filled_in, EXAMPLES.parent / "nowhere").repositories == ("acme/shop",)
    for name in (name for name, value in environ.items() if "…" in value):
        with pytest.raises(BadSettings, match=f"{name} is not usable: it still holds"):
            settings(filled_in | {name: environ[name]}, EXAMPLES.parent / "nowhere")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("github", "github_pat_…"),
        ("github", '{"token": "…"}'),
        ("cf-review", "deployer:…"),
        ("cf-review", '{"username": "deployer", "password": "…"}'),
        ("gate", "……………………"),
    ],
)
def test_a_secret_that_was_not_filled_in_is_none(tmp_path: Path, name: str, word: str) -> None:
    variable = f"REVIEWAPPS_SECRET_{name.upper().replace('-', '_')}"
    said = refusal(tmp_path, **{variable: word})

    assert said == f"reviewapps.toml: the secret `{name}` is not usable: it still holds the … of an example"


@pytest.mark.parametrize("word", ["“hidden”", '{"token": "hid\u00a0den"}', '{"token": "hidden\\nmore"}'])
def test_a_token_that_no_header_can_carry_is_refused(tmp_path: Path, word: str) -> None:
    said = refusal(tmp_path, REVIEWAPPS_SECRET_GITHUB=word)

    assert "the secret `github` is not usable: it holds a blank or a letter that no token has" in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    "word", ["ghp_hidden", "github_pat_hidden", "xoxb-hidden", "hidden:word", "hidden/word", "hidden" * 9]
)
def test_a_secret_that_stands_where_its_name_should_is_not_shown(tmp_path: Path, word: str) -> None:
    there = refusal(tmp_path, changed(MINIMAL, '"cf-review"', f'"{word}"'))
    where = refusal(tmp_path, f'[credentials]\ngithub = "{word}"\n' + MINIMAL)

    assert "`target.review.credentials` is not usable: takes the name of a secret, never the secret" in there
    assert "credentials.github takes env:VARIABLE, file:PATH or vcap:SERVICE/KEY, never" in where
    assert "hidden" not in there + where


def test_file_and_variables_do_not_describe_the_same(tmp_path: Path) -> None:
    said = refusal(tmp_path, REVIEWAPPS_CF_ORG="acme")

    assert said == "REVIEWAPPS_CF_ORG and reviewapps.toml describe the same; keep one of them"


def test_how_the_process_works_is_said_by_variables_which_win(tmp_path: Path) -> None:
    text = 'look_every = { busy = "15s", quiet = "2m" }\n' + MINIMAL

    found = told(tmp_path, text, REVIEWAPPS_LOOK_EVERY="3", REVIEWAPPS_CONCURRENCY="4")

    assert (found.look_every, found.quiet_every, found.concurrency) == (3.0, 120.0, 4)


def test_the_file_may_be_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "operator.toml"
    elsewhere.write_text(MINIMAL)

    assert settings(SECRETS | {"REVIEWAPPS_FILE": str(elsewhere)}, tmp_path).repositories == ("acme/shop",)
    with pytest.raises(BadSettings, match="cannot be read"):
        settings(SECRETS | {"REVIEWAPPS_FILE": str(tmp_path / "nowhere.toml")}, tmp_path)


THREE = """
[signing]
[target.review]
space = "acme/review"
credentials = "cf-review"
[target.staging]
space = "acme/staging"
credentials = "cf-staging"
[target.far]
api = "https://api.example.gov"
space = "acme/far"
credentials = "cf-review"
[[repository]]
name = "acme/shop"
environments = { review = "review", dev = "review", staging = "staging", production = "far" }
"""
THREES_SECRETS = {"REVIEWAPPS_SECRET_SIGNING": KEY, "REVIEWAPPS_SECRET_CF_STAGING": ACCOUNT}


@pytest.mark.parametrize(
    ("asked", "floors"),
    [
        ("", {"production": Requires.wish(1)}),
        ("{ production = { approvals = 2 } }", {"production": Requires.wish(2)}),
        (
            "{ production = { approvals = 1, self_approval = true } }",
            {"production": Requires.wish(1, self_approval=True)},
        ),
        ("{ production = { approvals = 0 } }", {"production": NOTHING}),
        (
            "{ production = { checks = ['scan'] } }",
            {"production": Requires.wish(checks=["scan"], self_approval=True)},
        ),
        (
            "{ staging = { from = ['acme/release'] } }",
            {"production": Requires.wish(1), "staging": Requires.wish(1, ["acme/release"])},
        ),
    ],
)
def test_production_asks_for_an_approval_unless_the_operator_says_otherwise(
    tmp_path: Path, asked: str, floors: dict[str, Requires]
) -> None:
    text = THREE + (f"requires = {asked}\n" if asked else "")
    assert told(tmp_path, text, **THREES_SECRETS).grants.repositories["acme/shop"].floors == floors


def test_what_is_signed_may_be_copied_between_the_spaces_of_a_repository(tmp_path: Path) -> None:
    grants = told(tmp_path, THREE, **THREES_SECRETS).grants
    shop = grants.repositories["acme/shop"]
    only = {"staging": ("acme/review",)}
    assert dict(shop.sources) == only  # nothing flows back, and nothing comes from another platform
    assert [kind for kind in shop.targets if shop.uses_previews_builds(kind)] == ["review", "dev", "staging"]
    assert grants.sources_of("staging") == ("acme/review",)
    assert KEY in grants.secrets and KEY not in repr(grants)

    named = changed(THREE, '"acme/staging"', '"acme/staging"\ncopies_from = ["far/off"]')
    assert told(tmp_path, named, **THREES_SECRETS).grants.sources_of("staging") == ("far/off",)
    nothing = changed(THREE, '"acme/staging"', '"acme/staging"\ncopies_from = []')
    assert told(tmp_path, nothing, **THREES_SECRETS).grants.sources_of("staging") == ()
    without = {name: word for name, word in THREES_SECRETS.items() if word != KEY}
    unsigned = told(tmp_path, changed(THREE, "[signing]", ""), **without).grants
    assert (unsigned.signing, unsigned.sources_of("staging")) == (None, ())
    assert dict(unsigned.repositories["acme/shop"].sources_without_key) == only


def test_an_installation_of_production_alone_wants_no_secret_but_its_own(tmp_path: Path) -> None:
    ours = {"GITHUB": "github-word", "CF_PROD": "deployer:cf-word", "SIGNING": KEY}
    for text in (
        PRODUCTION,
        PRODUCTION + '[target.review]\nspace = "acme/review"\ncredentials = "cf-review"\n',
    ):
        (tmp_path / "reviewapps.toml").write_text(text)
        shop = settings(ours, tmp_path).grants.repositories["acme/shop"]
        assert (dict(shop.targets), sorted(shop.copies_only)) == (
            {"production": "production"},
            ["production"],
        )
        assert shop.sources["production"] == ("agency-acme/staging",)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('"acme/staging"', '"acme/staging"\ncopies_from = ["reviw"]', "did you mean `review`?"),
        ('"acme/staging"', '"acme/staging"\ncopies_from = ["far"]', "is on another platform"),
        ('"acme/review"', '"acme/review"\nbuilds = false', "previews are built where they live"),
        ('"acme/far"', '"acme/far"\nbuilds = false', "production has nothing to run: `copies_from` says"),
        ("[signing]", '[signing]\nkey = "k"', "`signing.key` is unknown"),
        ('name = "acme/shop"', 'name = "acme/shop"\nkeep_merged = "2h"', "is an hour at most"),
        ('name = "acme/shop"', 'name = "acme/shop"\nkeep_closed = "2h"', "is an hour at most"),
    ],
)
def test_what_could_not_be_copied_is_refused(tmp_path: Path, before: str, after: str, reason: str) -> None:
    assert reason in refusal(tmp_path, changed(THREE, before, after), **THREES_SECRETS)


@pytest.mark.parametrize("told_so", ["copies_from = ['review']", "builds = false"])
def test_without_a_key_nothing_crosses(tmp_path: Path, told_so: str) -> None:
    text = changed(changed(THREE, "[signing]", ""), '"acme/staging"', f'"acme/staging"\n{told_so}')
    assert "under `[signing]`" in refusal(tmp_path, text, **THREES_SECRETS)


def test_only_some_kinds_may_be_this_instances(tmp_path: Path) -> None:
    text = 'only = ["dev"]\n' + changed(
        MINIMAL, '{ review = "review" }', '{ review = "review", dev = "review" }'
    )

    grant = told(tmp_path, text).grants.repositories["acme/shop"]

    assert (grant.allows("review"), grant.allows("dev")) == (False, True)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("space =", "spaces =", "`target.review.spaces` is unknown; did you mean `space`?"),
        ("[target.review]", "[targets.review]", "`targets` is unknown; did you mean `target`?"),
        ("[target.review]", 'modes = "act"\n[target.review]', "`modes` is unknown; did you mean `mode`?"),
        ("[target.review]", 'mode = "sleep"\n[target.review]', "`mode` is not usable: "),
        ("[target.review]", 'only = ["stagin"]\n[target.review]', "did you mean `staging`?"),
        ('"agency-acme/review"', '"review"', "`target.review.space` is not usable: is written as org/space"),
        ('"acme/shop"', '"shop"', "`repository[1].name` is not usable: `shop` is not written as owner/name"),
        ('{ review = "review" }', '{ review = "revue" }', "no such target; did you mean `review`?"),
        (
            '{ review = "review" }',
            '{ reviews = "review" }',
            "`reviews` is no environment that is known; did you mean `review`?",
        ),
        ('{ review = "review" }', '{ pr-1 = "review" }', "`pr-1` is no name for an environment"),
        ('{ review = "review" }', "{}", "`repository[1].environments` is not usable"),
        ('name = "acme/shop"', 'name = "acme/shop"\nlimit = "5"', "`repository[1].limit` is not usable"),
        ('name = "acme/shop"', 'name = "acme/shop"\nmemory = "lots"', "a size such as 256M or 1G"),
        ('name = "acme/shop"', 'name = "acme/shop"\nadopt = {}', "`repository[1].adopt` is not built yet"),
        (
            "[target.review]",
            '[credentials]\nslak = "env:X"\n[target.review]',
            "credentials.slak is used by nothing",
        ),
        ("[target.review]", "[target.review", "cannot be read: "),
        ("[[repository]]", 'access = "everybody"\n[[repository]]', "`target.review.access` is not usable"),
        ("[[repository]]", 'gate = "Gate!"\n[[repository]]', "`target.review.gate` is not usable"),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else None,
)
def test_what_is_wrong_is_named_with_its_key(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert said in refusal(tmp_path, changed(MINIMAL, before, after))


@pytest.mark.parametrize(
    ("said", "word", "entrance"),
    [
        ("", "gate-word", "password"),
        ('access = "public"', "", "public"),
        ('access = "public"', "gate-word", "public"),
        ('access = "public"\ngate = "door"', "gate-word", "unlisted"),
        ('gate = "door"', '{"password": "gate-word"}', "password"),
    ],
)
def test_previews_ask_for_a_password_unless_everybody_may_open_them(
    tmp_path: Path, said: str, word: str, entrance: str
) -> None:
    text = changed(MINIMAL, "[[repository]]", f"{said}\n[[repository]]")
    grants = told(tmp_path, text, REVIEWAPPS_SECRET_GATE=word).grants

    assert (
        grants.repositories["acme/shop"].entrance("review") == grants.targets["review"].entrance == entrance
    )


@pytest.mark.parametrize(
    ("said", "word", "refused"),
    [
        ("", "", "set REVIEWAPPS_ACCESS=public"),
        ('gate = "door"', "", "the secret `gate` is missing: set REVIEWAPPS_SECRET_GATE"),
        ('access = "public"\ngate = "door"', "", "the secret `gate` is missing"),
        ("", "short", "the secret `gate` is easily guessed"),
        ("", '{"bypass": "gate-word"}', "the secret `gate` has no `password`; it has `bypass`"),
        ("", '{"password": "gate-word", "bypass": "short"}', "the secret `gate` is easily guessed"),
    ],
)
def test_a_gate_without_a_good_password_refuses_to_start(
    tmp_path: Path, said: str, word: str, refused: str
) -> None:
    text = changed(MINIMAL, "[[repository]]", f"{said}\n[[repository]]")

    assert refused in (shown := refusal(tmp_path, text, REVIEWAPPS_SECRET_GATE=word))
    assert "gate-word" not in shown and "short" not in shown


def test_a_repository_stands_there_once(tmp_path: Path) -> None:
    twice = MINIMAL + '[[repository]]\nname = "Acme/Shop"\nenvironments = { review = "review" }\n'

    assert "the repository acme/shop stands there twice" in refusal(tmp_path, twice)


@pytest.mark.parametrize(
    ("value", "account"),
    [
        ("deployer:a:b", Account("deployer", Secret("a:b"))),
        (ACCOUNT, Account("deployer", Secret("cf-word"))),
        (json.dumps({"credentials": json.loads(ACCOUNT)}), Account("deployer", Secret("cf-word"))),
        (json.dumps({"user": "me", "password": "cf-word"}), Account("me", Secret("cf-word"))),
        (
            json.dumps({"client_id": "us", "client_secret": "cf-word"}),
            Account(client_id="us", client_secret=Secret("cf-word")),
        ),
    ],
)
def test_an_account_is_what_people_have_at_hand(tmp_path: Path, value: str, account: Account) -> None:
    found = told(tmp_path, REVIEWAPPS_SECRET_CF_REVIEW=value)

    assert found.grants.targets["review"].account == account


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"REVIEWAPPS_SECRET_GITHUB": ""}, "the secret `github` is missing: set REVIEWAPPS_SECRET_GITHUB"),
        ({"REVIEWAPPS_SECRET_CF_REVIEW": "cf-word"}, "the secret `cf-review` needs username and password"),
        ({"REVIEWAPPS_SECRET_CF_REVIEW": '{"username": "cf-word"}'}, "it has `username`"),
        (
            {"REVIEWAPPS_SECRET_GITHUB": '{"tokens": "cf-word"}'},
            "the secret `github` has neither `token` nor",
        ),
        ({"VCAP_SERVICES": "{"}, "VCAP_SERVICES is no JSON"),
        (
            {"VCAP_SERVICES": '{"user-provided": [{"name": "reviewapps-secrets", "credentials": {}}]}'},
            "reviewapps-secrets has no `",
        ),
    ],
)
def test_a_secret_that_is_missing_or_halved_is_named_and_not_shown(
    tmp_path: Path, environ: dict[str, str], said: str
) -> None:
    refused = refusal(tmp_path, MINIMAL, **environ)

    assert said in refused
    assert "cf-word" not in refused


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("vault:x", "takes env:VARIABLE, file:PATH or vcap:SERVICE/KEY"),
        ("file:/nowhere/at/all", "the secret `cf-review` is missing: /nowhere/at/all"),
        ("vcap:others/key", "no service others is bound"),
    ],
)
def test_a_secret_is_where_the_file_says(tmp_path: Path, where: str, said: str) -> None:
    text = f'[credentials]\ncf-review = "{where}"\n' + MINIMAL

    assert said in refusal(tmp_path, text)


# --- Slack ---

SLACK = changed(MINIMAL, "[target.review]", '[slack]\nchannel = "#all"\n[target.review]')
BOT, HOOK = "xoxb-slack-word", "https://hooks.slack.com/services/T0/B0/slack-word"
CHANNELS = 'channels = { failed = "#alarms", review = "", dev = { failed = "#dev", started = "" } }'


@pytest.mark.parametrize(
    ("repository", "kind", "event", "channel"),
    [
        ("acme/shop", "review", "live", ""),
        ("acme/shop", "review", "failed", "#alarms"),
        ("acme/shop", "dev", "failed", "#dev"),
        ("acme/shop", "dev", "started", ""),
        ("acme/shop", "dev", "rolled_back", "#all"),
        ("acme/web", "review", "failed", "#web"),
        ("acme/web", "review", "removed", ""),
    ],
)
def test_the_nearest_that_is_said_of_a_channel_counts(
    tmp_path: Path, repository: str, kind: Literal["review", "dev"], event: Event, channel: str
) -> None:
    text = changed(SLACK, 'channel = "#all"', f'channel = "#all"\n{CHANNELS}')
    text += '[[repository]]\nname = "acme/web"\nenvironments = { review = "review" }\n'
    text += 'slack = { failed = "#web" }\n'
    slack = told(tmp_path, text, REVIEWAPPS_SECRET_SLACK=BOT).grants.slack
    assert slack is not None
    assert slack.channel(repository, kind, event) == channel
    assert (slack.operators, slack.named) == ("#all", ("#all", "#alarms", "#dev", "#web"))


@pytest.mark.parametrize(("word", "said"), [(BOT, "#all"), (HOOK, "")])
def test_that_a_deploy_started_is_said_where_it_can_be_edited(tmp_path: Path, word: str, said: str) -> None:
    slack = told(tmp_path, SLACK, REVIEWAPPS_SECRET_SLACK=word).grants.slack
    assert slack is not None
    assert slack.channel("acme/shop", "review", "started") == said
    assert slack.channel("acme/shop", "review", "live") == "#all"


def test_webhooks_are_told_by_the_channel_that_each_leads_to(tmp_path: Path) -> None:
    text = changed(SLACK, 'channel = "#all"', 'channel = "#all"\noperators = "#ops"')
    hooks = json.dumps({"#all": HOOK, "#ops": f"{HOOK}2"})
    found = told(tmp_path, text, REVIEWAPPS_SECRET_SLACK=hooks)
    assert found.grants.slack is not None and found.grants.slack.named == ("#all", "#ops")
    assert {HOOK, f"{HOOK}2"} <= set(found.secrets)
    said = refusal(tmp_path, changed(text, "#ops", "#opps"), REVIEWAPPS_SECRET_SLACK=hooks)
    assert "has none for `#opps`; did you mean `#ops`?" in said


@pytest.mark.parametrize(
    ("before", "after", "word", "said"),
    [
        ('channel = "#all"', 'channel = "all"', BOT, "`all` is no channel"),
        ('channel = "#all"', "", BOT, "`slack.channel` is missing"),
        ('channel = "#all"', 'chanel = "#all"', BOT, "`slack.chanel` is unknown; did you mean `channel`?"),
        (
            '"#all"',
            '"#all"\nchannels.faild = "#x"',
            BOT,
            "`faild` is no event or environment; did you mean `failed`?",
        ),
        ('"#all"', '"#all"\nchannels.dev.lives = "#x"', BOT, "`lives` is no event; did you mean `live`?"),
        ('"#all"', '"#all"\nchannels.prodction = "#x"', BOT, "did you mean `production`?"),
        ('"#all"', '"#all"\noperators = "#ops"', HOOK, "a webhook leads to one channel"),
        ('"#all"', '"#all"', "slack-word", "neither a bot's token (xoxb-…) nor an incoming webhook"),
    ],
)
def test_what_is_wrong_with_slack_is_named(
    tmp_path: Path, before: str, after: str, word: str, said: str
) -> None:
    refused = refusal(tmp_path, changed(SLACK, before, after), REVIEWAPPS_SECRET_SLACK=word)
    assert said in refused and "slack-word" not in refused


def test_a_secret_that_nothing_names_is_refused_with_the_nearest(tmp_path: Path) -> None:
    said = refusal(tmp_path, REVIEWAPPS_SECRET_GITHUP="a word")
    assert "REVIEWAPPS_SECRET_GITHUP is used by nothing; did you mean REVIEWAPPS_SECRET_GITHUB?" in said
    assert "a word" not in said


def test_what_a_name_may_be_is_said_in_words(tmp_path: Path) -> None:
    said = refusal(tmp_path, f'instance = "My Instance"\n{MINIMAL}')
    assert "`instance` is not usable: it takes small letters, digits and dashes inside, 32 at most" in said
