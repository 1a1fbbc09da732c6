"""Labels and annotations: what is allowed, how they are merged, and how rows are selected by them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from reviewapps.sandbox.cloudfoundry.errors import ApiError, bad_query, unprocessable
from reviewapps.sandbox.cloudfoundry.state import Row

LABEL_LIMIT = 50
ANNOTATION_LIMIT = 200
LONGEST_ANNOTATION = 5000

_INVALID = re.compile(r"[^\w\-.]", re.ASCII)
_ENDS = re.compile(r"[a-zA-Z\d](?:.*[a-zA-Z\d])?", re.DOTALL)
_DOMAIN = re.compile(r"(?:[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?\.)+[a-zA-Z\d-]{2,}")
_SET_TERM = re.compile(r"(?P<key>[^\s!=,]+)\s+(?P<op>in|notin)\s*\((?P<values>[^)]*)\)")
_EQUALITY_TERM = re.compile(r"(?P<key>[^\s!=,]+)\s*(?P<op>==|!=|=)\s*(?P<value>[^\s,()!=]*)")
_EXISTENCE_TERM = re.compile(r"(?P<not>!?)\s*(?P<key>[^\s!=,()]+)")

Claim = Callable[[Mapping[str, str]], bool]
Changes = Mapping[str, object]
Texts = Mapping[str, str | None]


def merge(row: Row, labels: Changes | None, annotations: Changes | None) -> None:
    """Set what is given on ``row``, and take away what is given as null. All of it or, refused, nothing."""
    said, noted = _texts(labels or {}), _texts(annotations or {})
    if wrong := [*_wrong_labels(said), *_wrong_annotations(noted)]:
        raise unprocessable(", ".join(f"Metadata {text}" for text in wrong))
    merged_labels, merged_annotations = _merged(row.labels, said), _merged(row.annotations, noted)
    if len(merged_labels) > LABEL_LIMIT:
        text = _too_many(len(said), "labels", LABEL_LIMIT)
        raise ApiError(422, 390020, "LabelLimitExceeded", text)
    if len(merged_annotations) > ANNOTATION_LIMIT:
        text = _too_many(len(noted), "annotations", ANNOTATION_LIMIT)
        raise ApiError(422, 390023, "AnnotationLimitExceeded", text)
    row.labels, row.annotations = merged_labels, merged_annotations


def selected(selector: str) -> Claim:
    """Whether labels fit a ``label_selector``: every one of its terms holds."""
    if not selector:
        raise bad_query("Missing label_selector value")
    claims = [_claim(term.strip()) for term in re.split(r",(?![^(]*\))", selector)]
    return lambda labels: all(claim(labels) for claim in claims)


def _too_many(count: int, what: str, limit: int) -> str:
    return f"Failed to add {count} {what} because it would exceed maximum of {limit}"


def _merged(old: dict[str, str], changes: Texts) -> dict[str, str]:
    both = {**old, **changes}
    return {key: value for key, value in both.items() if value is not None}


def _claim(term: str) -> Claim:
    if found := _SET_TERM.fullmatch(term):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["op"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUALITY_TERM.fullmatch(term):
        key, value = found["key"], found["value"]
        if found["op"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _EXISTENCE_TERM.fullmatch(term):
        key, absent = found["key"], bool(found["not"])
        return lambda labels: (key in labels) != absent
    raise bad_query("Invalid label_selector value")


def _texts(changes: Changes) -> Texts:
    """``changes`` as the platform takes them: what is no text is written as one."""
    written = {key: json.dumps(value) for key, value in changes.items() if not isinstance(value, str | None)}
    return {
        key: written.get(key, value if isinstance(value, str) else None) for key, value in changes.items()
    }


def _wrong_labels(labels: Texts) -> Iterator[str]:
    for key, value in labels.items():
        if wrong := _wrong_key(key):
            yield f"label key error: {wrong}"
        if value and (wrong := _wrong_word(value)):
            yield f"label value error: {wrong}"


def _wrong_annotations(annotations: Texts) -> Iterator[str]:
    """The key of an annotation that is taken away may be any."""
    for key, value in annotations.items():
        if value and value.strip() and (wrong := _wrong_key(key)):
            yield f"annotation key error: {wrong}"
        if value and len(value) > LONGEST_ANNOTATION:
            too_long = f"is greater than {LONGEST_ANNOTATION} characters"
            yield f"annotation value error: '{value[:8]}...' {too_long}"


def _wrong_key(key: str) -> str | None:
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return "key has more than one '/'"
    if slash and not _DOMAIN.fullmatch(prefix):
        return f"prefix '{prefix}' must be in valid dns format"
    if len(prefix) > 253:
        return f"prefix '{prefix[:8]}...' is greater than 253 characters"
    if prefix.lower() == "cloudfoundry.org":
        return "prefix 'cloudfoundry.org' is reserved"
    return _wrong_word(name) if name.strip() else "key cannot be empty string"


def _wrong_word(word: str) -> str | None:
    if _INVALID.search(word):
        return f"'{word}' contains invalid characters"
    if not _ENDS.fullmatch(word):
        return f"'{word}' starts or ends with invalid characters"
    return f"'{word[:8]}...' is greater than 63 characters" if len(word) > 63 else None
