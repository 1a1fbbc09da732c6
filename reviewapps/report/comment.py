"""The one comment of a pull request. Its first line says the state, the next what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewapps.marker import marker
from reviewapps.model import Entrance
from reviewapps.outcome import (
    Arrival,
    Building,
    Failed,
    Forbidden,
    Held,
    Live,
    Outcome,
    Removed,
    Shortage,
    Waiting,
)
from reviewapps.report.markdown import prose, table
from reviewapps.report.refusal_comment import failed, headline
from reviewapps.report.voice import Voice
from reviewapps.report.wording import day, listed, moment, ordinal, several, span

MOST_HOLDERS = 20
OTHERS_FIRST = (
    "A preview of another repository comes first: that one's previews hold less, or it waits longer."
)

ENTRANCES: Mapping[Entrance, str] = {
    "password": "team password, not indexed",
    "unlisted": "everybody, not indexed",
    "public": "everybody",
}
"""Who may open a preview, in words."""


def comment(
    voice: Voice, number: int, outcome: Outcome, proposed: Sequence[str] = (), state: str = ""
) -> str:
    """What the pull request's comment says of ``outcome``, and what of the rules that it brings would not work;
    all of these texts are fit to be shown. Its marker says the outcome's name, or another ``state``."""
    state = state or type(outcome).__name__.lower()
    first = marker(voice.instance, voice.repository.id, number, state)
    return f"{first}\n### Preview: {_said(voice, number, outcome)}\n{_proposed(proposed)}"


def _proposed(mistakes: Sequence[str]) -> str:
    lines = "\n".join(f"- {prose(one)}" for one in mistakes)
    return (
        f"\n**`.reviewapps.yml`, as this changes it, would not work once it is merged:**\n{lines}\n"
        if mistakes
        else ""
    )


def _said(voice: Voice, number: int, outcome: Outcome) -> str:
    match outcome:
        case Building():
            return _building(voice, outcome)
        case Live():
            return _live(voice, outcome)
        case Failed():
            return failed(voice, number, outcome)
        case Waiting():
            return _waiting(voice, outcome)
        case Held():
            raise ValueError("what is shared has no comment of its own")
        case Forbidden():
            return _forbidden()
        case Removed():
            return _removed(voice, number, outcome)


def _building(voice: Voice, building: Building) -> str:
    lines = [
        "building",
        f"{voice.commit(building.commit)} since {moment(building.since)}.",
        voice.still(building.still),
    ]
    return "\n".join(filter(None, lines))


def _live(voice: Voice, live: Live) -> str:
    took = f", in {span(live.took)}" if live.took is not None else ""
    rows = {"commit": f"{voice.commit(live.commit)}, {moment(live.at)}{took}"}
    if live.same_build_as is not None:
        rows["build"] = f"the same as {prose(live.same_build_as)}"
    if live.stop_start:
        rows["switch"] = "stopped, then started: there was no room for both at once"
    if live.services:
        rows["services"] = prose(", ".join(live.services))
    rows["access"] = ENTRANCES[live.entrance]
    counted = "a push or visit" if live.entrance == "password" else "a push"
    unless = f", or {day(live.ends)} without {counted}" if live.ends is not None else ""
    rows["ends"] = f"when this closes{unless}"
    paragraphs = [f"live at {live.url}\n{table(rows)}"]
    if live.not_taken:
        paragraphs.append(f"Not taken: {prose(', '.join(live.not_taken))}.")
    return "\n\n".join(paragraphs)


def _waiting(voice: Voice, waiting: Waiting) -> str:
    first = f"waiting for room, {ordinal(waiting.place)} of {waiting.of}"
    if waiting.shortage is None:
        return f"{first}\n{_for_a_place(voice, waiting)}"
    lines = [first, _for_memory(voice, waiting, waiting.shortage), voice.still(waiting.still)]
    return "\n".join(filter(None, lines))


def _for_memory(voice: Voice, waiting: Waiting, shortage: Shortage) -> str:
    commit = voice.commit(waiting.commit)
    if shortage.need is None:
        return f"{commit} waits for those before it. It starts by itself."
    need, of = f"{shortage.need:,} MB", f"{shortage.of:,} MB"
    if shortage.never:
        return (
            f"{commit} needs {need}, which is more than previews can have here, of {of} in all. It starts when "
            "somebody raises that limit, or when it asks for less `memory`."
        )
    free = f"{shortage.free:,} of {of} are free, beside what building and switching take"
    if waiting.place > 1:
        return f"{commit} needs {need}, after those before it; {free}. It starts by itself."
    lines = [
        f"{commit} needs {need}; {free}. It starts by itself.",
        OTHERS_FIRST if shortage.others_first else "",
        _what_frees(voice, waiting, shortage),
    ]
    return "\n".join(filter(None, lines))


def _what_frees(voice: Voice, waiting: Waiting, shortage: Shortage) -> str:
    """Which previews of this repository would have to go; nothing where none of them holds anything."""
    if shortage.freed_by:
        numbers = shortage.freed_by[:MOST_HOLDERS]
        which = listed([voice.pull(number) for number in numbers], "or")
        return f"To make room for it: close {which}, or say {voice.command('destroy', numbers[0])}."
    if not waiting.holders or shortage.others_first:
        return ""
    which = listed([voice.pull(number) for number in waiting.holders[:MOST_HOLDERS]])
    return f"Of {which}, none alone would leave enough."


def _for_a_place(voice: Voice, waiting: Waiting) -> str:
    are = "is" if waiting.limit == 1 else "are"
    room = f"at most {several(waiting.limit, 'preview')} {are} up at once"
    held = [voice.pull(number) for number in waiting.holders[:MOST_HOLDERS]]
    more = len(waiting.holders) - len(held)
    by = f", now {listed(held + ([f'{more} more'] if more > 0 else []))}" if held else ""
    return f"{voice.commit(waiting.commit)} waits: {room}{by}. It starts by itself."


def _forbidden() -> str:
    return (
        "none, this change comes from a fork\n"
        "It would run inside our cloud account. Nothing was fetched, built or run.\n\n"
        "This project makes no previews for forks."
    )


def _removed(voice: Voice, number: int, removed: Removed) -> str:
    at = f" {moment(removed.at)}" if removed.at is not None else ""
    lived = f"; it lived {several(removed.days, 'day')}" if removed.days else ""
    gone = f"App and address are gone{lived}."
    if removed.kept_for:
        gone = f"Its address is gone{lived}; its build is kept for **{removed.kept_for}**."
    match removed.why:
        case "merged" | "closed":
            arrived = "".join(f"\n{_arrived(voice, arrival)}" for arrival in removed.arrivals)
            return f"removed\n{removed.why.capitalize()}{at}. {gone}{arrived}"
        case "expired":
            since = several(removed.days, "day") if removed.days else "a long time"
            return f"removed\nNo push for {since}. App and address are gone. A push brings it back."
        case "unlabelled":
            return f"removed\nIt no longer asks for a preview. {gone}"
        case "destroyed":
            again = voice.command("deploy", number)
            return f"removed\nRemoved by hand{at}. {gone} A push or {again} brings it back."


def _arrived(voice: Voice, arrival: Arrival) -> str:
    """A line of where its commits are by now."""
    if arrival.failed is not None:
        why = f"{headline(arrival.failed)}: {arrival.failed.message}"
        return f"**{arrival.environment}** did not take it: {prose(why)}. What was there before serves on."
    if arrival.at is None:
        waits = "waits for" if arrival.lacks else "waits"
        return f"**{arrival.environment}** {waits}: {voice.with_pulls(arrival.waits)}."
    address = f": {arrival.url}" if arrival.url else ""
    return f"On **{arrival.environment}** since {moment(arrival.at)}{address}"
