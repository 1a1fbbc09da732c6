"""What an operator does about Slack's refusals."""

from __future__ import annotations

from typing import Final

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
