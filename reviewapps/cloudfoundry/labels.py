"""Our labels and annotations: what Cloud Foundry remembers for us.

Label values are at most 63 of ``[A-Za-z0-9_.-]``, annotations at most 5,000 characters of anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from reviewapps.cloudfoundry import bounds
from reviewapps.cloudfoundry.bounds import Unreadable as Unreadable
from reviewapps.model import FORMAT, Attempt, Built, Environment, Lock, Over, Override, Pin, Said
from reviewapps.signing import Contents, Provenance, Ring

LIMIT: Final = 5000
ESCAPED: Final = 6  # characters that JSON may need for one
BUILDS: Final = 20  # of an app, are remembered: it keeps the droplets of five
DEFAULT_APP: Final = "app"

VERSION: Final = "reviewapps-version"
INSTANCE: Final = "reviewapps-instance"
REPOSITORY: Final = "reviewapps-repository"
ENVIRONMENT: Final = "reviewapps-environment"
APP: Final = "reviewapps-app"
COMMIT: Final = "reviewapps-commit"
CONFIG: Final = "reviewapps-config"
TREE: Final = "reviewapps-tree"
BUILD: Final = "reviewapps-build"
ATTEMPT: Final = "reviewapps-attempt"  # its id, a label of what it makes; on apps an annotation
SERVICE: Final = "reviewapps-service"  # a digest of the service's name; the annotation is the name
PLAN: Final = "reviewapps-plan"  # an annotation: of what a service was made
DATABASE: Final = "reviewapps-database"
DATA: Final = (
    "reviewapps-data"  # which data the database holds; absent before it does, DROPPED before it goes
)
TASK: Final = "reviewapps-task"
KEY: Final = "reviewapps-key"
GATE: Final = "reviewapps-gate"  # whose gate it is; on what belongs to the gate itself
GATE_AT: Final = "reviewapps-gate-at"  # which of them: a digest of name, space and domain
GATED: Final = "reviewapps-gated"  # on routes that a gate may stand before
YES: Final = "yes"
SOURCE: Final = "reviewapps-source"
WISHED: Final = "reviewapps-wished"
TAGS_SEEN: Final = "reviewapps-tags-seen"
ENV_NAMES: Final = "reviewapps-env-names"
GENERATED: Final = "reviewapps-generated"
SERVICE_NAMES: Final = "reviewapps-services"
PROCESSES: Final = "reviewapps-processes"
WEB: Final = "reviewapps-web"  # digests of the web process's sizes, and of its command and health
LIVE_DROPLET: Final = "reviewapps-live-droplet"
LIVE_BY: Final = "reviewapps-live-by"
TAKES: Final = "reviewapps-takes-mb"
RULES_AT: Final = "reviewapps-rules-at"
BUILT: Final = "reviewapps-built"  # of which builds the app has droplets, or may have them
LOCK: Final = "reviewapps-lock"
PIN: Final = "reviewapps-pin"
OVERRIDE: Final = "reviewapps-override"
OVERRIDE_UNTIL: Final = "reviewapps-override-until"
SIGN_OFFS: Final = "reviewapps-sign-offs"
OVER: Final = "reviewapps-over"
APPROVED: Final = "reviewapps-approved"
SET_UP: Final = "reviewapps-set-up"
LIVE_SINCE: Final = "reviewapps-live-since"
SAID: Final = "reviewapps-slack"
BUILT_BY: Final = "reviewapps-built-by"  # on droplets that are signed, with build and repository
SIGNATURE: Final = "reviewapps-signature"  # an annotation of droplets and packages, about their labels
COMMANDS: Final = "reviewapps-commands"  # a digest of a droplet's start commands, which is signed too
COPY_OF: Final = "reviewapps-copy-of"  # an annotation of copies: their source in another space
REFUSED: Final = "reviewapps-refused"  # an annotation of copies that do not start as their source did
TRIAL: Final = (
    "reviewapps-doctor"  # alone on what a try makes, so that no orchestrator takes it for a preview
)

_ATTEMPT: Final = TypeAdapter(Attempt)
_LOCK: Final = TypeAdapter(Lock)
_PIN: Final = TypeAdapter(Pin)
_SIGN_OFFS: Final = TypeAdapter(tuple[tuple[str, str], ...])
_OVER: Final = TypeAdapter(tuple[Over, ...])
_APPROVED: Final = TypeAdapter(tuple[str, ...])
_BUILT: Final = TypeAdapter(tuple[Built, ...])
_NAMES: Final = TypeAdapter(frozenset[str])
_SAID: Final = TypeAdapter(Said)

Texts = Mapping[str, str]


# --- labels ---


def selector(instance: str, **more: str | None) -> str:
    """A ``label_selector`` for all that is ours; ``more`` are labels without ``reviewapps-``, with None for
    any value."""
    wanted = {INSTANCE: instance, VERSION: FORMAT} | {f"reviewapps-{k}": v for k, v in more.items()}
    return ",".join(key if value is None else f"{key}={value}" for key, value in wanted.items())


def provenance_selector(repository: int, build_key: str) -> str:
    """A ``label_selector`` for what is said to be of this build, whichever installation says so."""
    wanted = {VERSION: FORMAT, REPOSITORY: str(repository), BUILD: build_key}
    return ",".join(f"{key}={value}" for key, value in wanted.items())


def provenance(told: Provenance) -> dict[str, str]:
    """The labels of a droplet that is signed. They name no environment as its owner: a copy outlives the one
    that built it."""
    return {
        VERSION: FORMAT,
        REPOSITORY: str(told.repository),
        BUILD: told.build_key,
        BUILT_BY: told.built_by,
    }


def vouched(
    labels: Texts, annotations: Texts, repository: int, checksum: str, ring: Ring
) -> Provenance | None:
    """What is signed of a droplet with this checksum; None where nothing is, or it is not ours. Whether its start
    commands are those that are signed is for its copy to show."""
    commands = annotations.get(COMMANDS, "")
    told = Provenance(repository, labels.get(BUILD, ""), checksum, labels.get(BUILT_BY, ""), commands)
    return told if ring.vouches(annotations.get(SIGNATURE, ""), told) else None


def is_sealed(labels: Texts, annotations: Texts, package: str, ring: Ring) -> bool:
    """Whether we signed what this package holds, and its labels still say the same."""
    repository = labels.get(REPOSITORY, "")
    if not (repository.isascii() and repository.isdecimal()):
        return False
    told = Contents(int(repository), labels.get(BUILD, ""), package)
    return ring.vouches(annotations.get(SIGNATURE, ""), told)


def owner(instance: str, environment: Environment, app: str = DEFAULT_APP) -> dict[str, str]:
    """The labels that everything of ours is born with."""
    return {
        VERSION: FORMAT,
        INSTANCE: instance,
        REPOSITORY: str(environment.repository),
        ENVIRONMENT: environment.name,
        APP: app,
    }


def gate_selector(instance: str, at: str | None = None) -> str:
    """A ``label_selector`` for what belongs to this instance's gates, or to one of them."""
    which = gate_marks(instance, at).items() if at is not None else [(VERSION, FORMAT), (GATE, instance)]
    return ",".join(f"{key}={value}" for key, value in which)


def gate_marks(instance: str, at: str) -> dict[str, str]:
    """The labels that everything of a gate is born with. No environment bears them, and it bears none of an
    environment's."""
    return {VERSION: FORMAT, GATE: instance, GATE_AT: at}


def belongs(labels: Texts, instance: str, environment: Environment) -> bool:
    """Whether these labels say that it is ours and this environment's."""
    return all(labels.get(key) == value for key, value in owner(instance, environment).items() if key != APP)


def environment_of(labels: Texts) -> Environment:
    """Whose it is. Raises Unreadable where our labels do not say."""
    try:
        return Environment(bounds.repository(labels[REPOSITORY]), bounds.environment(labels[ENVIRONMENT]))
    except (KeyError, ValueError):
        raise Unreadable(f"labels of ours name no environment: {dict(labels)}") from None


# --- annotations ---


def attempt_text(attempt: Attempt) -> str:
    """The attempt as an annotation. Where it is too long, it loses the oldest lines of the log, then what it
    only tells people, then the end of the message."""
    while (excess := len(text := _attempt_json(attempt)) - LIMIT) > 0:
        attempt = _shortened(attempt, excess)
    return text


def attempt_of(annotations: Texts) -> Attempt | None:
    """The attempt that was written down; None where none was. Raises Unreadable."""
    found: Attempt | None = _value_of(annotations, ATTEMPT, _ATTEMPT)
    return found


def lock_text(lock: Lock | None) -> str | None:
    return None if lock is None else _json(asdict(lock))


def lock_of(annotations: Texts) -> Lock | None:
    found: Lock | None = _value_of(annotations, LOCK, _LOCK)
    return found


def pin_text(pin: Pin | None) -> str | None:
    return None if pin is None else _json(asdict(pin))


def pin_of(annotations: Texts) -> Pin | None:
    found: Pin | None = _value_of(annotations, PIN, _PIN)
    return found


def override_annotations(override: Override | None) -> dict[str, str | None]:
    """The end stands beside the word that it is the end of: an older version writes the word alone."""
    if override is None:
        return {OVERRIDE: None, OVERRIDE_UNTIL: None}
    word = f"{override.commit} {override.who}".strip()
    until = override.until.isoformat() if override.until is not None else None
    return {OVERRIDE: word, OVERRIDE_UNTIL: f"{until} {word}" if until else None}


def override_of(annotations: Texts) -> Override | None:
    """Which commit goes nevertheless, who said so, and until when; older ones name nobody, and no end."""
    word = annotations.get(OVERRIDE, "")
    commit, _, who = word.partition(" ")
    until, _, of = annotations.get(OVERRIDE_UNTIL, "").partition(" ")
    if not commit:
        return None
    return Override(str(bounds.word(commit)), who, bounds.moment(until) if until and of == word else None)


def sign_offs_text(sign_offs: tuple[tuple[str, str], ...]) -> str | None:
    return _json(sign_offs) if sign_offs else None


def sign_offs_of(annotations: Texts) -> tuple[tuple[str, str], ...]:
    found: tuple[tuple[str, str], ...] | None = _value_of(annotations, SIGN_OFFS, _SIGN_OFFS)
    return found or ()


def over_text(over: tuple[Over, ...]) -> str | None:
    """The wishes that were taken the place of; as many as there is room for."""
    while len(text := _json([asdict(one) for one in over])) > LIMIT:
        over = over[:-1]
    return text if over else None


def over_of(annotations: Texts) -> tuple[Over, ...]:
    return _told(annotations, OVER, _OVER)


def approved_text(wished: str | None, approved: tuple[str, ...]) -> str | None:
    """What spoke for the wish, in words, as much as there is room for; after the commit itself, so that none
    counts for a later wish that was written without any, as an older version does."""
    while len(text := _json((wished, *approved))) > LIMIT:
        approved = approved[:-1]
    return text if wished and approved else None


def approved_of(annotations: Texts) -> tuple[str, ...]:
    commit, *approved = _told(annotations, APPROVED, _APPROVED) or ("",)
    return tuple(approved) if commit == annotations.get(WISHED) else ()


def _told(annotations: Texts, key: str, form: TypeAdapter[Any]) -> tuple[Any, ...]:
    """What is only told, and nothing follows from: what somebody edited says nothing."""
    try:
        found: tuple[Any, ...] | None = _value_of(annotations, key, form)
    except Unreadable:
        return ()
    return found or ()


def _value_of(annotations: Texts, key: str, form: TypeAdapter[Any]) -> Any:
    """What an annotation says, each field of its own type and within bounds: what somebody edited must not break a
    look at all else. None where there is none."""
    text = annotations.get(key)
    if text is None:
        return None
    try:
        found = form.validate_json(text, strict=True)
        bounds.check(found)
    except ValueError:
        raise Unreadable(f"the annotation {key} cannot be read: {text[:80]}") from None
    return found


def built_text(
    before: tuple[Built, ...] | None,
    build_key: str | None,
    droplet: str | None = None,
    runs: str | None = None,
) -> str:
    """The builds of an app, with this one as its newest; with ``droplet``, as one that it came to. The droplet
    that it ``runs`` keeps its place, however many came after."""
    known = {one.key: one.droplet for one in before or ()}
    if build_key is not None:
        droplet = droplet or known.pop(build_key, None)
        known = {key: there for key, there in known.items() if key != build_key} | {build_key: droplet}
    builds = [Built(*one) for one in known.items()]
    running = [one for one in builds[:-BUILDS] if runs is not None and one.droplet == runs]
    return _json([asdict(one) for one in (*running, *builds[-BUILDS:])])


def built_of(annotations: Texts) -> tuple[Built, ...] | None:
    """The last builds of an app, the newest last; None where nobody wrote them down, or somebody edited them: then
    they are looked for."""
    try:
        found: tuple[Built, ...] | None = _value_of(annotations, BUILT, _BUILT)
    except Unreadable:
        return None
    return found


def takes_of(annotations: Texts) -> int | None:
    """The memory of what is live, MB; None where that is not said, or makes no sense."""
    text = annotations.get(TAKES, "")
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def said_text(said: Said) -> str:
    """What Slack was told, as an annotation."""
    return json.dumps(asdict(said), separators=(",", ":"))


def said_of(annotations: Texts) -> Said | None:
    """What Slack was told; None where nothing was. What somebody edited says nothing: it is told once more."""
    try:
        found: Said | None = _value_of(annotations, SAID, _SAID)
    except Unreadable:
        return None
    return found


def names_annotations(
    key: str, before: frozenset[str] | None, names: frozenset[str]
) -> dict[str, str | None]:
    """``names`` as numbered annotations ``key-0``, ``key-1`` …; the surplus of ``before`` is taken away."""
    texts: dict[str, str | None] = {f"{key}-{i}": text for i, text in enumerate(_pieces(names))}
    left_over = range(len(texts), 0 if before is None else len(_pieces(before)))
    return texts | {f"{key}-{i}": None for i in left_over}


def names_of(annotations: Texts, key: str) -> frozenset[str] | None:
    """The names that numbered annotations hold; None where there are none."""
    pieces: list[str] = []
    while (piece := annotations.get(f"{key}-{len(pieces)}")) is not None:
        pieces.append(piece)
    if not pieces:
        return None
    try:
        return _NAMES.validate_json("".join(pieces), strict=True)
    except ValidationError:
        raise Unreadable(f"the annotations {key} cannot be read") from None


def _pieces(names: frozenset[str]) -> list[str]:
    text = json.dumps(sorted(names), separators=(",", ":"), ensure_ascii=False)
    return [text[i : i + LIMIT] for i in range(0, len(text), LIMIT)]


def _attempt_json(attempt: Attempt) -> str:
    return _json(asdict(attempt))


def _json(value: object) -> str:
    def plain(time: Any) -> str:
        return str(time.isoformat())

    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=plain)


def _shortened(attempt: Attempt, excess: int) -> Attempt:
    refusal = attempt.refusal
    if refusal is not None and refusal.log:
        return replace(attempt, refusal=replace(refusal, log=refusal.log[1:]))
    if attempt.services or attempt.approved:
        return replace(attempt, services=(), approved=())
    if attempt.not_taken:
        return replace(attempt, not_taken=attempt.not_taken[: len(attempt.not_taken) // 2])
    if refusal is not None and refusal.decision:
        return replace(attempt, refusal=replace(refusal, decision=""))
    if refusal is not None and refusal.message:
        surplus = 1 + excess // ESCAPED
        return replace(attempt, refusal=replace(refusal, message=refusal.message[:-surplus]))
    raise ValueError(f"the attempt {attempt.id[:80]} does not fit into an annotation")
