"""What some keys of a section take: each function gives the value back as a noun, or raises ValueError with what
the key takes, in words that stand behind its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from reviewapps.approval import Requires
from reviewapps.model import Command, Follows, Health, Service
from reviewapps.rules.document import kind
from reviewapps.rules.fill import has_placeholders
from reviewapps.rules.units import duration

LONGEST_COMMAND: Final = 4096
"""Characters, by the Cloud Controller."""

MOST_INSTANCES: Final = 20
MOST_APPROVALS: Final = 10
LONGEST_TASK: Final = timedelta(hours=1)
SHORTEST_DEADLINE, LONGEST_DEADLINE = timedelta(minutes=1), timedelta(hours=2)
HEALTH_TYPES: Final = ("http", "port", "process")
MOST_PATTERNS: Final = 100
LONGEST_REF: Final = 255
"""Bytes of a branch's name, which a file system has to keep; characters of a pattern for tags."""

_NO_REF: Final = re.compile(r"[\0-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^/|(^|/)\.|\.lock(/|$)|[/.]$")
"""What git takes in no name of a branch or tag (``git check-ref-format``)."""

_ALL_BUT: Final = re.compile(r"\[!.[^]]*\]")
SERVICES: Final = "takes `none`, `share`, `{database: own}` or `{plan: offering/plan}`"


def command(value: Any) -> Command:
    """A command as text, or with how long it may take: ``{run: …, timeout: 10m}``."""
    if isinstance(value, str):
        return Command(_line(value))
    if not isinstance(value, dict):
        raise ValueError(f"takes a command, or `{{run: …, timeout: 10m}}`, not {kind(value)}")
    _only(value, ("run", "timeout"))
    if "run" not in value:
        raise ValueError("lacks `run`, the command")
    longest = _lasting(value["timeout"], "timeout") if "timeout" in value else Command("").timeout
    if longest > LONGEST_TASK:
        raise ValueError("has a `timeout` over 1h")
    return Command(_line(value["run"]), longest)


def service(value: Any) -> Service | None:
    """A service, whose name is still to be filled in; None for ``none``."""
    match value:
        case "none":
            return None
        case "share":
            return Service("", "share")
        case {"database": "own", **more}:
            _only(more, ("fresh",))
            if more.get("fresh", "each-deploy") != "each-deploy":
                raise ValueError("has `fresh`, which takes `each-deploy`")
            return Service("", "database", fresh="fresh" in more)
        case {"plan": str(plan), **more}:
            _only(more, ())
            if plan.count("/") != 1 or not all(plan.split("/")):
                raise ValueError("has a `plan` that is not written as offering/plan")
            return Service("", "plan", plan)
        case _:
            raise ValueError(SERVICES)


def follows(value: Any) -> Follows | None:
    """What an environment follows; None for pull requests."""
    match value:
        case "pull-requests":
            return None
        case {"branch": str(branch), **more} if branch:
            _only(more, ())
            return Follows(branch=_branch(branch))
        case {"tags": tags, **more}:
            _only(more, ())
            return Follows(tags=_patterns([tags] if isinstance(tags, str) else tags))
        case _:
            raise ValueError("takes `{branch: NAME}` or `{tags: [PATTERN, …]}`")


def _branch(name: str) -> str:
    """It stands in paths of GitHub's API, where ``..`` would lead elsewhere."""
    if len(name.encode()) > LONGEST_REF:
        raise ValueError(f"has the branch `{name[:40]}…`, which is longer than {LONGEST_REF} bytes")
    if _NO_REF.search(name):
        raise ValueError(f"has the branch `{name}`, which is no name that git lets a branch have")
    return name


def _patterns(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise ValueError("has `tags`, which takes a list of patterns such as dev-*")
    if len(value) > MOST_PATTERNS:
        raise ValueError(f"has more than {MOST_PATTERNS} patterns")
    for pattern in value:
        if len(pattern) > LONGEST_REF:
            raise ValueError(
                f"has the pattern `{pattern[:40]}…`, which is longer than {LONGEST_REF} characters"
            )
        _check_pattern(pattern)
    return tuple(value)


def _check_pattern(pattern: str) -> None:
    """It has to tell tags from one another."""
    # up to the last bracket that closes: from each that opens behind it, the rest would be read in vain
    closed = pattern.rfind("]") + 1
    without, sets = _ALL_BUT.subn("?", pattern[:closed])
    if not (without + pattern[closed:]).strip("*?[]!"):
        raise ValueError(
            f"has the pattern `{pattern}`, which {'nearly every' if sets else 'every'} tag matches"
        )


def floor(value: Any) -> Requires:
    """What an operator asks at least. Where no approvals are asked for, nothing is said of whose count."""
    asks = not isinstance(value, dict) or value.get("approvals") or value.get("from")
    return requires(value if asks else {"self_approval": True, **value})


def requires(value: Any) -> Requires:
    """What has to be there before a commit may go to the environment. Who leaves ``self_approval`` out does not
    allow it."""
    if not isinstance(value, dict):
        raise ValueError("takes a mapping such as {approvals: 2, from: [acme/release], checks: [test]}")
    _only(value, ("approvals", "from", "self_approval", "checks", "sign_off"))
    approvals, self_approval = value.get("approvals"), value.get("self_approval", False)
    if approvals is not None and (isinstance(approvals, bool) or not isinstance(approvals, int)):
        raise ValueError("has `approvals` that are no whole number")
    if approvals is not None and not 0 <= approvals <= MOST_APPROVALS:
        raise ValueError(f"has `approvals` that are not from 0 to {MOST_APPROVALS}")
    if not isinstance(self_approval, bool):
        raise ValueError("has `self_approval`, which takes true or false")
    return Requires.wish(
        approvals,
        _strings(value, "from"),
        self_approval=self_approval,
        checks=_strings(value, "checks"),
        sign_off=_strings(value, "sign_off"),
    )


def _strings(value: Mapping[Any, Any], key: str) -> list[str]:
    listed = value.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise ValueError(f"has `{key}`, which takes a list of names")
    return listed


def instances(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_INSTANCES:
        raise ValueError(f"takes a whole number up to {MOST_INSTANCES}")
    return value


def health(value: Any) -> Health:
    """A path that has to answer 200, or ``{type: http, endpoint: /healthz, timeout: 60}`` (seconds)."""
    if isinstance(value, str):
        return Health("http", _endpoint(value))
    if not isinstance(value, dict):
        raise ValueError(f"takes a path such as /healthz, or a mapping, not {kind(value)}")
    _only(value, ("type", "endpoint", "timeout"))
    type_ = value.get("type", "http" if "endpoint" in value else "port")
    if type_ not in HEALTH_TYPES:
        raise ValueError("has a `type` that is not http, port or process")
    timeout = value.get("timeout")
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int) or not 1 <= timeout <= 3600
    ):
        raise ValueError("has a `timeout` that is no number of seconds")
    if type_ != "http":
        if "endpoint" in value:
            raise ValueError("has an `endpoint`, which only the type http takes")
        return Health(type_, None, timeout)
    return Health("http", _endpoint(value.get("endpoint", "/")), timeout)


def deadline(value: timedelta) -> timedelta:
    if not SHORTEST_DEADLINE <= value <= LONGEST_DEADLINE:
        raise ValueError("takes a time from 1m to 2h")
    return value


def _endpoint(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/") or any(c.isspace() for c in value):
        raise ValueError("takes a path that begins with /")
    return value


def _line(value: Any) -> str:
    """A command holds no placeholder: a branch's name is a stranger's text, and this goes to a shell."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"takes a command, not {kind(value or None)}")
    if len(value) > LONGEST_COMMAND:
        raise ValueError(f"is longer than {LONGEST_COMMAND} characters")
    if has_placeholders(value):
        raise ValueError(
            "holds a placeholder; a command takes none, the app has variables such as $REVIEWAPPS_URL"
        )
    return value


def _lasting(value: Any, key: str) -> timedelta:
    try:
        return duration(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"has a `{key}` that is not {error}") from None


def _only(value: Mapping[Any, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        also = f"; known are {', '.join(known)}" if known else ""
        raise ValueError(f"has `{unknown[0]}`, which is unknown{also}")
