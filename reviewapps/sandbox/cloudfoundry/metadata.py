"""Labels and annotations: what is allowed, how they are merged, and how rows are selected by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reviewapps.sandbox.cloudfoundry.errors import ApiError, bad_query, unprocessable
from reviewapps.sandbox.cloudfoundry.state import Row

LABEL_LIMIT = 50
ANNOTATION_LIMIT = 200

_INVALID = re.compile(r"[^\w\-.]", re.ASCII)
_ENDS = re.compile(r"[a-zA-Z\d](?:.*[a-zA-Z\d])?", re.DOTALL)
_DOMAIN = re.compile(r"(?:[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?\.)+[a-zA-Z\d-]{2,}")
_SET_TERM = re.compile(r"(?P<key>[^\s!=,]+)\s+(?P<op>in|notin)\s*\((?P<values>[^)]*)\)")
_EQUALITY_TERM = re.compile(r"(?P<key>[^\s!=,]+)\s*(?P<op>==|!=|=)\s*(?P<value>[^\s,()!=]*)")
_EXISTENCE_TERM = re.compile(r"(?P<not>!?)\s*(?P<key>[^\s!=,()]+)")

Claim = Callable[[Mapping[str, str]], bool]
Changes = Mapping[str, str | None]


def merge(row: Row, labels: Changes, annotations: Changes) -> None:
    """Set what is given on ``row``, and take away what is given as null. All of it or, refused, nothing."""
    for key, value in labels.items():
        _check_label(key, value)
    for key, value in annotations.items():
        _check_annotation(key, value)
    merged_labels = _merged(row.labels, labels)
    merged_annotations = _merged(row.annotations, annotations)
    if len(merged_labels) > LABEL_LIMIT:
        text = _too_many(len(labels), "labels", LABEL_LIMIT)
        raise ApiError(422, 390020, "LabelLimitExceeded", text)
    if len(merged_annotations) > ANNOTATION_LIMIT:
        text = _too_many(len(annotations), "annotations", ANNOTATION_LIMIT)
        raise ApiError(422, 390023, "AnnotationLimitExceeded", text)
    row.labels, row.annotations = merged_labels, merged_annotations


def selected(selector: str) -> Claim:
    """Whether labels fit a ``label_selector``: every one of its terms holds."""
    claims = [_claim(term.strip()) for term in re.split(r",(?![^(]*\))", selector)]
    return lambda labels: all(claim(labels) for claim in claims)


def _too_many(count: int, what: str, limit: int) -> str:
    return f"Failed to add {count} {what} because it would exceed maximum of {limit}"


def _merged(old: dict[str, str], changes: Changes) -> dict[str, str]:
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


def _check_label(key: str, value: str | None) -> None:
    prefix, slash, name = key.rpartition("/")
    if slash and "/" in prefix:
        raise unprocessable("Metadata label key error: key has more than one '/'")
    if slash and not _DOMAIN.fullmatch(prefix):
        raise unprocessable(f"Metadata label key error: prefix '{prefix}' must be in valid dns format")
    if slash and len(prefix) > 253:
        raise unprocessable(
            f"Metadata label key error: prefix '{prefix[:8]}...' is greater than 253 characters"
        )
    if prefix.lower() == "cloudfoundry.org":
        raise unprocessable("Metadata label key error: prefix 'cloudfoundry.org' is reserved")
    if not name:
        raise unprocessable("Metadata label key error: key cannot be empty string")
    _check_word(name, "key")
    if value:
        _check_word(value, "value")


def _check_word(word: str, part: str) -> None:
    if _INVALID.search(word):
        raise unprocessable(f"Metadata label {part} error: '{word}' contains invalid characters")
    if not _ENDS.fullmatch(word):
        raise unprocessable(f"Metadata label {part} error: '{word}' starts or ends with invalid characters")
    if len(word) > 63:
        raise unprocessable(f"Metadata label {part} error: '{word[:8]}...' is greater than 63 characters")


def _check_annotation(key: str, value: str | None) -> None:
    if not key:
        raise unprocessable("Metadata annotation key error: key cannot be empty string")
    if len(key) > 1000:
        raise unprocessable(f"Metadata annotation key error: '{key[:8]}...' is greater than 1000 characters")
    if value is not None and len(value) > 5000:
        raise unprocessable(
            f"Metadata annotation value error: '{value[:8]}...' is greater than 5000 characters"
        )
