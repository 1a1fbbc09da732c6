"""An installation described by variables: one target for all that its repositories have."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reviewapps.gate import Gate, gate_of
from reviewapps.grants import (
    ADDRESS,
    KINDS,
    SHORTEST_TOKEN,
    Account,
    AppKey,
    GitHubAccess,
    Grant,
    Grants,
    Mode,
    SignIn,
    Slack,
    SlackForm,
    Target,
    app_key_of,
    ring_of,
    slack_of,
)
from reviewapps.grants.form import APP_ADDRESS, CLOUD_GOV, GATE, INSTANCE, PAGE
from reviewapps.grants.grants import GATE_NAME, MOST_DISK
from reviewapps.grants.secrets import SHORTEST
from reviewapps.grants.slack import API
from reviewapps.grants.slack_form import Channel
from reviewapps.settings.fields import Duration, Hidden, Size, Token, Words

TARGET = "review"


class Single(BaseModel):
    """The variables that stand for ``reviewapps.toml`` where there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    instance: Annotated[str, Field(pattern=INSTANCE)] = "reviewapps"
    address: Annotated[str, Field(pattern=PAGE)] = ""
    mode: Mode = "act"
    repositories: Annotated[Words, Field(min_length=1)]

    github_url: str = "https://api.github.com"
    github_web_url: str = ""
    github_token: Token | None = None
    github_app_id: str | None = None
    github_private_key: Hidden | None = None
    github_client_id: str | None = None
    github_client_secret: Hidden | None = None
    webhook_secret: Hidden | None = None

    cf_api: str = CLOUD_GOV
    cf_user: str | None = None
    cf_password: Hidden | None = None
    cf_client_id: str | None = None
    cf_client_secret: Hidden | None = None
    cf_org: str
    cf_space: str
    cf_domain: str | None = None
    cf_memory: Size | None = None
    app_address: Annotated[str, Field(pattern=APP_ADDRESS)] = ADDRESS
    access: Annotated[str, Field(pattern="^(public|password)$")] = "password"

    gate: Annotated[str, Field(pattern=GATE)] | None = None
    gate_password: Hidden | None = None
    gate_bypass: Token | None = None
    signing_key: Hidden | None = None

    limit: Annotated[int, Field(ge=0, le=200)] = 5
    expire_after: Duration = timedelta(days=10)
    memory: Size = 2048
    disk: Size = MOST_DISK
    postgres: str | None = None
    services: Words = ()
    plans: Words = ()
    deletions_at_once: Annotated[int, Field(ge=0)] = 5
    slack_webhook: Hidden | None = None
    slack_token: Token | None = None
    slack_channel: Channel = ""
    slack_url: str = API
    web_token: Annotated[Hidden, Field(min_length=SHORTEST_TOKEN)] | None = None

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        self._check_who()
        if not (self.cf_user and self.cf_password) and not (self.cf_client_id and self.cf_client_secret):
            raise ValueError(
                "REVIEWAPPS_CF_USER and REVIEWAPPS_CF_PASSWORD are missing (or REVIEWAPPS_CF_CLIENT_ID and "
                "REVIEWAPPS_CF_CLIENT_SECRET)"
            )
        for name in ("gate_password", "gate_bypass"):
            if len(getattr(self, name) or " " * SHORTEST) < SHORTEST:
                raise ValueError(
                    f"REVIEWAPPS_{name.upper()} is easily guessed: it takes {SHORTEST} characters at least"
                )
        if self.gate_password is None and (self.gate is not None or self.gate_bypass is not None):
            raise ValueError("REVIEWAPPS_GATE_PASSWORD is missing: without it there is no gate")
        if self.slack_token is not None and not self.slack_channel:
            raise ValueError("REVIEWAPPS_SLACK_CHANNEL is missing: where the bot writes")
        for name in self.repositories:
            if name.count("/") != 1 or not all(name.split("/")):
                raise ValueError(f"REVIEWAPPS_REPOSITORIES: `{name}` is not written as owner/name")
        return self

    def _check_who(self) -> None:
        token, key = self.github_token is not None, self.github_private_key is not None
        if not token and not key:
            raise ValueError("REVIEWAPPS_GITHUB_TOKEN is missing (or an App's REVIEWAPPS_GITHUB_PRIVATE_KEY)")
        if token and key:
            raise ValueError("REVIEWAPPS_GITHUB_TOKEN and REVIEWAPPS_GITHUB_PRIVATE_KEY: keep one of them")
        if key and not (self.github_app_id or self.github_client_id):
            raise ValueError("REVIEWAPPS_GITHUB_APP_ID is missing: whose the private key is")

    @property
    def grants(self) -> Grants:
        """What the operator allows, in the words of ``reviewapps.toml``."""
        grant = Grant(
            targets=dict.fromkeys(KINDS, TARGET),
            addresses=dict.fromkeys(KINDS, self.app_address),
            entrances=dict.fromkeys(KINDS, self._target.entrance),
            caps={} if self.cf_memory is None else dict.fromkeys(KINDS, self.cf_memory),
            limit=self.limit,
            expire_after=self.expire_after,
            deletions_at_once=self.deletions_at_once,
            memory_mb=self.memory,
            disk_mb=self.disk,
            services=frozenset(self.services),
            plans=frozenset(self.plans),
            databases=frozenset(KINDS if self.postgres is not None else ()),
            signs=self.signing_key is not None,
        )
        return Grants(
            instance=self.instance,
            address=self.address.rstrip("/"),
            mode=self.mode,
            targets={TARGET: self._target},
            repositories=dict.fromkeys(self.repositories, grant),
            github=GitHubAccess(
                self.github_token,
                self.github_url,
                self.github_web_url,
                webhook_secret=self.webhook_secret,
                sign_in=self._sign_in,
                app=self._app,
            ),
            slack=self._slack,
            web_token=self.web_token,
            signing=None if self.signing_key is None else ring_of("signing_key", self.signing_key),
        )

    @property
    def _app(self) -> AppKey | None:
        if self.github_private_key is None:
            return None
        app = self.github_app_id or self.github_client_id
        return app_key_of("github_private_key", {"app_id": app, "private_key": self.github_private_key})

    @property
    def _slack(self) -> Slack | None:
        """A bot where there is a token, else what the webhook leads to."""
        found = {"token": self.slack_token or "", "webhook": self.slack_webhook or ""}
        if not any(found.values()):
            return None
        return slack_of(SlackForm(channel=self.slack_channel, url=self.slack_url), found, {})

    @property
    def _sign_in(self) -> SignIn | None:
        if self.github_client_id is None or self.github_client_secret is None:
            return None
        return SignIn(self.github_client_id, self.github_client_secret)

    @property
    def _target(self) -> Target:
        return Target(
            name=TARGET,
            api=self.cf_api,
            org=self.cf_org,
            space=self.cf_space,
            account=Account(self.cf_user, self.cf_password, self.cf_client_id, self.cf_client_secret),
            domain=self.cf_domain,
            address=self.app_address,
            access="public" if self.access == "public" else "password",
            gate=self._gate,
            postgres=self.postgres,
            memory_mb=self.cf_memory,
        )

    @property
    def _gate(self) -> Gate | None:
        """What stands before previews; where the password is missing, ``settings`` says what to do."""
        if self.gate_password is None or (self.access == "public" and self.gate is None):
            return None
        return gate_of(
            self.gate or GATE_NAME,
            self.gate_password,
            self.gate_bypass,
            whose=f"{self.instance}/{TARGET}",
            asks=self.access != "public",
        )
