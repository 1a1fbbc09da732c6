"""The comment about what did not come up: what happened, what still serves, who does what next."""

from __future__ import annotations

from collections.abc import Mapping

from reviewapps.model import Fault, Refusal
from reviewapps.outcome import Failed
from reviewapps.report.markdown import fenced, prose
from reviewapps.report.voice import Voice
from reviewapps.report.wording import several

LOGGED: Mapping[Fault, str] = {"build": "build", "release": "release task", "setup": "setup task"}
"""The faults of which people are shown a log, and what wrote it."""


def headline(refusal: Refusal) -> str:
    """What went wrong, in a few words."""
    match refusal.fault:
        case "build":
            return "build failed"
        case "crash":
            return "crashed at start"
        case "source":
            return "its files cannot be used"
        case "manifest":
            return "needs one decision" if refusal.decision else "the manifest cannot be used"
        case "rules":
            return "the rules cannot be read"
        case "release":
            return "its release task failed"
        case "setup":
            return "its setup task failed"
        case "service":
            return "a service is not as the rules say"
        case "copy":
            return "nothing to run"
        case "platform":
            return "the platform failed three times"
        case "name":
            return "its name is taken"
        case "gate":
            return "kept closed"
        case "drift":
            return "somebody else deployed"
        case "destroyed":
            return "removed by hand"


def failed(voice: Voice, number: int, outcome: Failed) -> str:
    """The comment after its marker and ``### Preview: ``."""
    refusal = outcome.refusal
    opening = [headline(refusal), _happened(voice, outcome), voice.still(outcome.still)]
    paragraphs = ["\n".join(filter(None, opening)), f"**Next:** {_next(voice, number, refusal)}"]
    if refusal.fault in LOGGED and refusal.log and voice.repository.private:
        paragraphs.append(_log(refusal))
    return "\n\n".join(paragraphs)


def sentence(text: str) -> str:
    """``text`` as a sentence of Markdown, with a full stop."""
    words = prose(text)
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _happened(voice: Voice, outcome: Failed) -> str:
    refusal = outcome.refusal
    commit, message = voice.commit(outcome.commit), sentence(refusal.message)
    match refusal.fault:
        case "crash":
            undone = " The switch was undone." if outcome.still is not None else ""
            return f"{commit} was built, but {message}{undone}"
        case "rules":
            return f"`.reviewapps.yml` on the default branch: {message}"
        case "manifest" if refusal.decision:
            lines = fenced(refusal.decision, "yaml")
            return f"{commit}: {message} On the default branch, in `.reviewapps.yml`:\n{lines}"
        case _:
            return f"{commit}: {message}"


def _next(voice: Voice, number: int, refusal: Refusal) -> str:
    again = voice.command("redeploy", number)
    match refusal.fault:
        case "release" | "setup":
            return f"push a fix, or try again: {again}. This commit is not tried again by itself."
        case "service":
            return (
                f"whoever runs reviewapps makes what is missing, or the rules say otherwise. Then: {again}."
            )
        case "build" | "crash":
            return f"push a fix. If it was not your code: {again}. This commit is not tried again by itself."
        case "copy":
            return f"have it built where that is done, then: {voice.command('deploy', number)}."
        case "manifest" if refusal.decision:
            return "merge those lines, with the answer that fits. It is tried again by itself then."
        case "manifest" | "source":
            return "push a fix. This commit is not tried again by itself."
        case "rules":
            return "mend it on the default branch. It is tried again by itself then."
        case "platform":
            return f"nothing about the code. Try again: {again}, or push."
        case "name":
            return "whoever runs reviewapps frees the name. It is tried again by itself then."
        case "gate":
            return "whoever runs reviewapps mends the gate. It is tried again by itself then."
        case "drift":
            return f"{again}, or `adopt`."
        case "destroyed":
            return f"a push or {voice.command('deploy', number)} brings it back."


def _log(refusal: Refusal) -> str:
    what = LOGGED[refusal.fault]
    summary = f"<summary>Last {several(len(refusal.log), 'line')} of the {what}</summary>"
    lines = fenced("\n".join(refusal.log))
    return f"<details>{summary}\n\n{lines}\n\n</details>"
