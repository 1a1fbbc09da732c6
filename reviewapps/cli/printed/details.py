"""``reviewapps show`` and ``reviewapps why``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from reviewapps.cli.printed.listing import STYLES
from reviewapps.desired import has_drifted
from reviewapps.model import App, Attempt
from reviewapps.overview import Decision, Detail
from reviewapps.reconcile import Rehearsed
from reviewapps.report import headline
from reviewapps.report.untrusted import Mask
from reviewapps.report.wording import age, day, moment, span

LABEL = 11


def shown(one: Detail, mask: Mask, now: datetime) -> Iterator[Text]:
    """All that is known of an environment, a line each; nothing of a stranger's text can do harm."""
    yield Text(one.name, style="bold")
    for label, said in _facts(one, now):
        line = Text(f"{label:<{LABEL}}")
        line.append(mask.line(said, 1000), style=STYLES.get(said.split()[0], "") if label == "state" else "")
        yield line


def _facts(one: Detail, now: datetime) -> Iterator[tuple[str, str]]:
    row = one.row
    if row is not None:
        since = f" since {moment(row.since)}, {age(now - row.since)}" if row.since is not None else ""
        yield "state", f"{row.state}{since}"
        if row.address is not None:
            yield "address", row.address
        if row.memory_mb:
            yield "memory", f"{row.memory_mb} MB"
        if row.reason:
            yield "reason", row.reason
        yield from (("note", note) for note in row.notes)
        if row.ends is not None:
            yield "ends", f"{day(row.ends)} without another push"
    yield "wanted", one.follows
    if one.app is not None:
        yield from _of_app(one.app)
    for route in one.routes:
        yield "route", route.address + ("" if route.apps else ", which leads nowhere")
    for other in one.others:
        yield "also there", f"the app {other.name}"
    if one.pull_request is not None:
        yield "on GitHub", one.pull_request
    if one.labels:
        yield "labels", ", ".join(f"{name}={value}" for name, value in one.labels.items())


def _of_app(app: App) -> Iterator[tuple[str, str]]:
    if has_drifted(app):
        yield "runs", f"what somebody else deployed; we deployed {app.commit} last"
    elif app.commit is not None:
        yield "runs", app.commit + (f", by the tag {app.source}" if app.source and app.tags_seen else "")
    kind = "a record without memory" if app.is_record else "started" if app.started else "stopped"
    yield "app", f"{app.name} ({app.guid}), {kind}"
    if app.attempt is not None:
        yield "attempt", _tried(app, app.attempt)
        refusal = app.attempt.refusal
        if refusal is not None:
            yield "refused", f"{headline(refusal)} {moment(refusal.at)}: {refusal.message}"
            yield from (("", f"| {text}") for text in refusal.log)


def _tried(app: App, attempt: Attempt) -> str:
    said = [f"{attempt.commit[:7]} begun {moment(attempt.began)}"]
    if attempt.tries:
        said.append(f"{attempt.tries + 1} tries")
    if attempt.asked_at is not None:
        said.append(f"asked for by hand {moment(attempt.asked_at)}")
    if attempt.copied_from is not None:
        said.append(f"the same build as {attempt.copied_from}")
    if attempt.stop_start:
        said.append("stopped, then started, for want of room")
    if attempt.not_taken:
        said.append(f"not taken: {', '.join(attempt.not_taken)}")
    if app.live_since is not None and app.live_since >= attempt.began:
        said.append(f"live after {span(app.live_since - attempt.began)}")
    return "; ".join(said)


def explained(name: str, decision: Decision, next_: Rehearsed, mask: Mask) -> Iterator[Text]:
    """The decision as a list of questions, what follows, and what would be done next."""
    yield Text(name, style="bold")
    for answer in decision.answers:
        line = Text("  yes  " if answer.holds else "  no   ", style="green" if answer.holds else "bold red")
        line.append(mask.line(answer.question, 400), style="default not bold")
        yield line
    yield Text(mask.line(decision.follows, 1000))
    yield Text("Next: " + mask.line(_next(next_), 1000))


def _next(next_: Rehearsed) -> str:
    if next_.right:
        return "nothing; it is as it should be."
    return f"{next_.done}. {next_.why}" if next_.done == "nothing" else f"{next_.done}."
