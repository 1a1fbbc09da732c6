"""What the demo's operator grants: previews, dev, staging and production, and one approval before the last."""

from __future__ import annotations

from typing import Final

GRANTS: Final = """\
instance = "sandbox"

[github]
url = "{github_url}"

[target.cloud]
api = "{cf_api}"
space = "{cf_org}/{cf_space}"
domain = "{app_domain}"
address = "http://{{host}}:{app_port}"
credentials = "cf"

[[repository]]
name = "{github_repository}"
environments = {{ review = "cloud", dev = "cloud", staging = "cloud", production = "cloud" }}
requires = {{ production = {{ approvals = 1 }} }}
"""

PASSWORD: Final = "team only"  # noqa: S105 - of a world on this machine
"""What the demo's apps ask for."""
