"""Slack as ``reviewapps.toml`` describes it: events and kinds of environments to channels, and the secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict

from reviewapps.errors import BadSettings
from reviewapps.grants.grants import KNOWN
from reviewapps.grants.secrets import Found
from reviewapps.grants.slack import ALL, API, Channels, Slack
from reviewapps.model import Secret
from reviewapps.outcome import Event

EVENTS: tuple[Event, ...] = get_args(Event)

ITS_CHANNEL = "its channel"
"""What a webhook leads to whose channel nobody named."""

_CHANNEL = re.compile(r"#[^\s#,]{1,80}|[CG][A-Z0-9]{7,}|")


def _channel(name: str) -> str:
    if not _CHANNEL.fullmatch(name):
        raise ValueError(f'`{name}` is no channel; they are written as "#shop-deploys", and "" is silence')
    return name


def _flat(told: Mapping[str, Any]) -> dict[str, str]:
    """The channels by dotted names."""
    flat: dict[str, str] = {}
    for name, value in told.items():
        if isinstance(value, Mapping):
            _check(name, KNOWN, "environment")
            for event, channel in value.items():
                _check(event, EVENTS, "event")
                flat[f"{name}.{event}"] = channel
        else:
            _check(name, (*EVENTS, *KNOWN), "event or environment")
            flat[name] = value
    return {name: _channel(channel) for name, channel in flat.items()}


def _check(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(known)}"
        raise ValueError(f"`{name}` is no {what}{hint}")


def _flat_or_all(told: Any) -> Any:
    return {ALL: _channel(told)} if isinstance(told, str) else _flat(told)


Channel = Annotated[str, AfterValidator(_channel)]
Told = Mapping[str, str | Mapping[str, str]]
ChannelsForm = Annotated[Told, AfterValidator(_flat)]
RepositoryChannels = Annotated[str | Told, AfterValidator(_flat_or_all)]


class SlackForm(BaseModel):
    """``[slack]``. ``channel`` is where everything goes of which ``channels`` say nothing nearer."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str = API
    credentials: str = "slack"
    channel: Channel = ""
    operators: Channel | None = None
    channels: ChannelsForm = {}


def slack_of(form: SlackForm, found: Found, repositories: Mapping[str, Channels]) -> Slack:
    """Slack as the operator's file describes it. BadSettings where a channel cannot be reached."""
    token, webhooks = _credentials(form.credentials, found, form.channel)
    usual = form.channel or (next(iter(webhooks)) if len(webhooks) == 1 else "")
    if not usual:
        raise BadSettings("`slack.channel` is missing: where everything goes that nothing else is said of")
    channels = {ALL: usual, **{name: str(channel) for name, channel in form.channels.items()}}
    operators = usual if form.operators is None else form.operators
    slack = Slack(token, webhooks, channels, operators, repositories, form.url)
    for name in _unreachable(slack):
        near = difflib.get_close_matches(name, webhooks, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise BadSettings(
            f"a webhook leads to one channel, and the secret `{form.credentials}` has none for `{name}`{hint} "
            '(give it {"#channel": "https://hooks.slack.com/…", …}, or a bot\'s token)'
        )
    return slack


def _unreachable(slack: Slack) -> Iterator[str]:
    if slack.token is None:
        yield from (name for name in slack.named if name not in slack.webhooks)


def _credentials(name: str, found: Found, channel: str) -> tuple[Secret | None, dict[str, Secret]]:
    """A bot's token, or webhooks by channel: a word is one of both; else the field ``token`` or ``webhook``, or a
    webhook for each channel."""
    if isinstance(found, Mapping):
        fields = {key: value.strip() for key, value in found.items() if isinstance(value, str)}
        if fields and all(key.startswith("#") for key in fields):
            return None, {key: Secret(value) for key, value in fields.items()}
        found = fields.get("token") or fields.get("webhook") or ""
    word = found.strip()
    if word.startswith("xox"):
        return Secret(word), {}
    if re.match(r"https?://", word):
        return None, {channel or ITS_CHANNEL: Secret(word)}
    raise BadSettings(
        f"the secret `{name}` is neither a bot's token (xoxb-…) nor an incoming webhook (https://hooks.slack.com/…)"
    )
