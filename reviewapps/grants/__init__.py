"""``reviewapps.toml`` → what the operator allows. Pure: where the secrets are found is asked of who calls."""

from reviewapps.grants.file import grants
from reviewapps.grants.floors import line_of, named_in_floors
from reviewapps.grants.grants import (
    ADDRESS,
    KINDS,
    Account,
    AppKey,
    GitHubAccess,
    Grant,
    Grants,
    Mode,
    SignIn,
    Target,
    Visibility,
)
from reviewapps.grants.proposal import Mistake, Named, mistakes, named
from reviewapps.grants.secrets import (
    SHORTEST_TOKEN,
    account_of,
    app_key_of,
    github_token_of,
    ring_of,
    webhook_secret_of,
    word_of,
)
from reviewapps.grants.slack import Slack
from reviewapps.grants.slack_form import SlackForm, slack_of

__all__ = [
    "ADDRESS",
    "KINDS",
    "SHORTEST_TOKEN",
    "Account",
    "AppKey",
    "GitHubAccess",
    "Grant",
    "Grants",
    "Mistake",
    "Mode",
    "Named",
    "SignIn",
    "Slack",
    "SlackForm",
    "Target",
    "Visibility",
    "account_of",
    "app_key_of",
    "github_token_of",
    "grants",
    "line_of",
    "mistakes",
    "named",
    "named_in_floors",
    "ring_of",
    "slack_of",
    "webhook_secret_of",
    "word_of",
]
