"""How Slack refuses, and what an operator does about it."""

from __future__ import annotations

from typing import Final

LONGEST_REST: Final = 3600.0
"""Seconds. Slack asks for less."""

GONE_MESSAGES: Final = {"message_not_found", "cant_update_message", "edit_window_closed", "message_deleted"}
BAD_TEXTS: Final = {"invalid_payload", "msg_too_long", "no_text", "invalid_blocks", "msg_blocks_too_long"}

MENDED_BY: Final = {
    "channel_not_found": "is the name right? A private channel has to invite the bot: /invite @reviewapps",
    "not_in_channel": "/invite @reviewapps in the channel, or grant the bot chat:write.public",
    "is_archived": "unarchive the channel, or name another",
    "channel_is_archived": "unarchive the channel, or make a webhook for another",
    "missing_scope": "grant the bot chat:write at https://api.slack.com/apps, and install it anew",
    "no_service": "make a new webhook: https://api.slack.com/apps",
    "no_active_hooks": "make a new webhook: https://api.slack.com/apps",
    "no_team": "make a new webhook: https://api.slack.com/apps",
    "invalid_token": "make a new webhook: https://api.slack.com/apps",
    "action_prohibited": "an administrator of the workspace has to allow webhooks",
    "restricted_action": "an administrator of the workspace has to let the bot write there",
} | dict.fromkeys(
    ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
    "make a new token: https://api.slack.com/apps",
)


class Refused(Exception):
    """Slack did not take it, or its answer was lost: ``reason`` is Slack's own word, or what happened.

    ``after`` is how long Slack wants us to wait, where it says so, seconds.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.after = reason, after
