"""Why a body is refused, in the words of the Cloud Controller's validators.

They speak of ``memory_in_mb`` as "Memory in mb", and of what lies in relationships, metadata and lifecycle
each in a way of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pydantic_core import ErrorDetails, PydanticCustomError

_KINDS = {
    "string_type": "must be a string",
    "bool_type": "must be a boolean",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "int_type": "is not a number",
    "missing": "must be a string",
}
_BOUNDS = {
    "greater_than": ("must be greater than", "gt"),
    "greater_than_equal": ("must be greater than or equal to", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be less than or equal to", "le"),
}
_SAID = "said"
_GUID = ("must be a string", "must be between 1 and 200 characters")

Path = tuple[int | str, ...]


def refused(text: str) -> PydanticCustomError:
    """What a validator raises to say ``text`` of its field."""
    return PydanticCustomError(_SAID, "{text}", {"text": text})


def reasons(errors: Sequence[ErrorDetails]) -> str:
    """All reasons in one text, each once, and what is not known first."""
    unknown = [error for error in errors if _is_unknown(error) and len(error["loc"]) == 1]
    texts = [_unknown_fields([str(error["loc"][0]) for error in unknown])] if unknown else []
    for error in errors:
        if error not in unknown:
            texts += _of(error, error["loc"])
    return ", ".join(dict.fromkeys(texts))


def _of(error: ErrorDetails, path: Path) -> Iterator[str]:
    section = _SECTIONS.get(str(path[0])) if path else None
    return section(error, path) if section else _plain(error, path)


def _plain(error: ErrorDetails, path: Path) -> Iterator[str]:
    if _is_unknown(error):
        yield f"{_named(path[:-1])} has unsupported key(s): {path[-1]}"
    elif path and str(path[-1]).endswith("guid"):
        yield from (f"{_named(path)} {text}" for text in _guid_texts(error))
    else:
        yield f"{_named(path)} {_text(error)}"


def _relationships(error: ErrorDetails, path: Path) -> Iterator[str]:
    if len(path) == 1:
        yield "Relationships 'relationships' is not an object"
    elif _is_unknown(error) and len(path) == 2:
        yield f"Relationships {_unknown_fields([str(path[1])])}"
    elif error["type"] == "missing" and error["input"] == {} and len(path) == 2:
        yield "Relationships 'relationships' must include one or more valid relationships"
    elif path[2:] == ("data", "guid") and error["type"] != "missing":
        yield from (f"Relationships {_named(path[1:2])} guid {text}" for text in _guid_texts(error))
    else:
        if error["type"] == "missing" and len(path) == 2:
            yield f"Relationships {_named(path[1:2])} can't be blank"
        shape = f'"{path[1]}: {{"data": {{"guid": "valid-guid"}}}}"'
        yield f"Relationships {_named(path[1:2])} must be structured like this: {shape}"


def _metadata(error: ErrorDetails, path: Path) -> Iterator[str]:
    if len(path) == 1:
        yield "Metadata must be an object"
    elif _is_unknown(error):
        yield f"Metadata has unexpected field(s): '{path[1]}'"
    else:
        yield f"Metadata '{path[1]}' is not an object"


def _lifecycle(error: ErrorDetails, path: Path) -> Iterator[str]:
    if path[1:2] == ("type",):
        yield "Lifecycle type is not included in the list: buildpack, docker, cnb"
        if not isinstance(error["input"], str):
            yield "Lifecycle type must be a string"
    elif len(path) < 3:
        yield (
            f"Lifecycle {_unknown_fields([str(path[1])])}"
            if _is_unknown(error)
            else ("Lifecycle data must be an object")
        )
    elif _is_unknown(error):
        yield f"Lifecycle {_unknown_fields([str(path[2])])}"
    elif path[2] == "buildpacks" and len(path) > 3 and error["type"] == "string_type":
        yield "Lifecycle Buildpacks can only contain strings"
    else:
        yield f"Lifecycle {_named(path[2:3])} {_text(error)}"


def _health_check(error: ErrorDetails, path: Path) -> Iterator[str]:
    yield f"{_named((path[0], path[-1]) if len(path) > 1 else path)} {_text(error)}"


def _options(error: ErrorDetails, path: Path) -> Iterator[str]:
    """Those of a deployment are spoken of as if they stood in the body."""
    own = len(path) == 2 and not _is_unknown(error) and path[1] not in ("canary", "loadbalancing")
    yield from _plain(error, path[1:] if own else path)


def _package(error: ErrorDetails, path: Path) -> Iterator[str]:
    blank = ["can't be blank"] if not isinstance(error["input"], str | int) or len(path) == 1 else []
    yield from (f"Package guid {text}" for text in (*blank, *_guid_texts(error)))


_SECTIONS: dict[str, Callable[[ErrorDetails, Path], Iterator[str]]] = {
    "relationships": _relationships,
    "metadata": _metadata,
    "lifecycle": _lifecycle,
    "health_check": _health_check,
    "readiness_health_check": _health_check,
    "package": _package,
    "options": _options,
}


def _is_unknown(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden"


def _unknown_fields(names: Sequence[str]) -> str:
    words = "', '".join(names)
    return f"Unknown field(s): '{words}'"


def _guid_texts(error: ErrorDetails) -> Sequence[str]:
    return _GUID[1:] if error["type"].startswith("string_too") else _GUID


def _named(path: Path) -> str:
    return " ".join(str(part) for part in path).replace("_", " ").capitalize()


def _text(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == _SAID:
        return error["msg"]
    if kind == "int_type" and isinstance(error["input"], float):
        return "must be an integer"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {error['ctx'][key]}"
    if kind == "literal_error":
        return f"must be one of {error['ctx']['expected'].replace(' or ', ', ')}"
    if kind == "string_too_long":
        return f"is too long (maximum is {error['ctx']['max_length']} characters)"
    if kind == "string_too_short":
        return "can't be blank"
    return _KINDS.get(kind, "is invalid")
