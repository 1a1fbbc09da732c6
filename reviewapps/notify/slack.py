"""Slack's web API and its incoming webhooks, one request each. The official client does not retry here: whoever is
refused comes again later, and holds up nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from reviewapps.errors import unanswered
from reviewapps.grants.slack import Slack as Access
from reviewapps.notify.refusals import LONGEST_REST, Refused

_quiet = logging.getLogger("reviewapps.slack_sdk")
_quiet.setLevel(logging.CRITICAL + 1)  # it would log the webhook's address, which is a secret


class Slack:
    """What may be asked of Slack. Nothing here tells the token or a webhook's address."""

    def __init__(self, access: Access, timeout: float = 3.0) -> None:
        self._access, self._timeout = access, timeout
        token = access.token
        self._bot = (
            WebClient(
                token=token,
                base_url=access.url,
                timeout=timeout,  # type: ignore[arg-type] # urllib takes fractions
                retry_handlers=[],
                logger=_quiet,
            )
            if token is not None
            else None
        )

    @property
    def edits(self) -> bool:
        """Whether a message can be edited later."""
        return self._bot is not None

    def post(self, channel: str, text: str) -> tuple[str, str]:
        """A new message; where it stands, in Slack's words: empty ones where that is not told."""
        bot = self._bot
        if bot is None:
            self._by_webhook(channel, text)
            return "", ""
        told = _asked(lambda: bot.chat_postMessage(channel=channel, **_body(text)))
        return str(told["channel"]), str(told["ts"])

    def edit(self, place: str, ts: str, text: str) -> None:
        """Another text for a message of ours."""
        bot = self._bot
        if bot is None:
            raise Refused("cant_update_message")
        body = _body(text)
        _asked(lambda: bot.chat_update(channel=place, ts=ts, text=text, blocks=body["blocks"]))

    def whoami(self) -> tuple[str, frozenset[str]]:
        """The bot and its workspace in words, and what it is permitted."""
        bot = self._bot
        if bot is None:
            raise Refused("no token")
        told = _asked(bot.auth_test)
        scopes = _header(told.headers, "x-oauth-scopes") or ""
        return f"{told.get('user')} in {told.get('team')}", frozenset(
            filter(None, scopes.replace(" ", "").split(","))
        )

    def _by_webhook(self, channel: str, text: str) -> None:
        url = self._access.webhooks.get(channel)
        if url is None:  # it was named when the line was taken, before a restart
            raise Refused("channel_not_found")
        client = WebhookClient(url, timeout=self._timeout, retry_handlers=[], logger=_quiet)  # type: ignore[arg-type]
        try:
            answer = client.send(**_body(text))
        except (SlackClientError, OSError, HTTPException, ValueError) as gone:
            raise Refused(unanswered(gone)) from None
        if answer.status_code != 200:
            reason = answer.body.strip() if _is_word(answer.body) else f"it answered {answer.status_code}"
            raise Refused(reason, _after(answer.status_code, answer.headers))


def _asked(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except SlackApiError as wrong:
        raise _refused(wrong.response) from None
    except (SlackClientError, OSError, HTTPException, ValueError) as gone:
        raise Refused(unanswered(gone)) from None


def _refused(answer: Any) -> Refused:
    """Why: Slack's word, or the status of a page that somebody in between sent instead."""
    of_slack = not isinstance(answer, dict)
    status = int(answer.status_code if of_slack else answer.get("status", 0))
    headers = answer.headers if of_slack else answer.get("headers", {})
    error = answer.get("error") if of_slack else None
    word = error if isinstance(error, str) and _is_word(error) else f"it answered {status}"
    return Refused(word, _after(status, headers))


def _body(text: str) -> dict[str, Any]:
    """A section, since only there Slack can be kept from making links and calls of bare words; ``text`` is what
    notifications show."""
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    return {"text": text, "blocks": [section], "unfurl_links": False, "unfurl_media": False}


def _after(status: int, headers: Mapping[str, Any]) -> float | None:
    if status != 429:
        return None
    try:
        return min(LONGEST_REST, max(1.0, float(_header(headers, "retry-after") or 30.0)))
    except ValueError:
        return 30.0


def _header(headers: Mapping[str, Any], name: str) -> str | None:
    found = next((value for key, value in dict(headers).items() if key.lower() == name), None)
    return found[0] if isinstance(found, list) else found


def _is_word(text: str) -> bool:
    """Whether it is one of Slack's error codes, and not a page of somebody in between."""
    return bool(text) and len(text.strip()) <= 60 and text.strip().replace("_", "").isalnum()
