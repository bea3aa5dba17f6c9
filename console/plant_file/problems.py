"""Collects what is wrong in a plant file, in plain words, each with its line.

No value is ever repeated for keys that hold secrets or for keys nobody knows: a secret under a mistyped key
is still a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from console.errors import Problem
from console.plant_file.lines import KeyPath, Lines
from console.plant_file.models import Table

NAME = re.compile(r"[a-z][a-z0-9_-]*")
NAME_RULE = "use a small letter first, then small letters, digits, _ and -"
SECRET_KEYS = frozenset({"password", "api_key"})
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_AnyTable = TypeVar("_AnyTable", bound=Table)
# values that pass every later check, or fail it under a key that has its problem already
_STAND_INS: dict[str, Any] = {
    "address": "?",
    "api_key": "env:X",
    "database": "?",
    "end": time(0),
    "host": "?",
    "loss": "?",
    "max_rate_per_h": 1e18,
    "name": "?",
    "site_prefix": "x",
    "start": time(0),
    "text": "?",
    "timezone": "UTC",
    "url": "?",
    "work_center": "?",
}
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}


class Problems:
    """The problems found so far; at most one for each key."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._found: dict[KeyPath, Problem] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def __contains__(self, path: KeyPath) -> bool:
        return path in self._found

    def within(self, path: KeyPath) -> bool:
        """Whether anything is wrong at this key or inside it."""
        return any(found[: len(path)] == path for found in self._found)

    def all(self) -> list[Problem]:
        return list(self._found.values())

    def add(self, path: KeyPath, message: str) -> None:
        """Note a problem; a second one of the same key is left out, as it mostly follows from the first."""
        self._found.setdefault(path, Problem(self._lines.of(path), dotted(path), message))

    def table(self, model: type[_AnyTable], raw: Any, path: KeyPath) -> _AnyTable | None:
        """Validate one table. Wrong keys are left out and stand-ins put for missing ones, so that the checks
        that follow can go on: the file is refused anyway. None where even that does not do."""
        if not isinstance(raw, Mapping):
            self.add(path, f"must be a table with keys inside, not {kind_of(raw)}")
            return None
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            details = error.errors(include_url=False)
        for detail in details:
            self.add((*path, *detail["loc"]), _message(model, detail))
        wrong = {detail["loc"][0] for detail in details if detail["loc"]}
        mended = {key: value for key, value in raw.items() if key not in wrong}
        required = {key for key, field in model.model_fields.items() if field.is_required()}
        mended |= {key: _STAND_INS[key] for key in required - mended.keys() if key in _STAND_INS}
        try:
            return model.model_validate(mended)
        except ValidationError:
            return None


def dotted(path: KeyPath) -> str:
    """The path as one would write it; positions in lists count from 1."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key + 1}]"
        else:
            text += ("." if text else "") + (key if _BARE.fullmatch(key) else f'"{key}"')
    return text or "the file"


def suggest(word: object, known: Iterable[str]) -> str:
    """``; did you mean "x"?``, or the known ones where none is near and they are few."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(word).casefold(), list(folded), n=1, cutoff=0.6)
    if near:
        return f'; did you mean "{folded[near[0]]}"?'
    if 0 < len(names) <= 20:
        return "; known here: " + ", ".join(names)
    return ""


def kind_of(value: object) -> str:
    """A value's kind in words."""
    return _KINDS.get(type(value), "a date or time")


def _message(model: type[Table], detail: ErrorDetails) -> str:
    """One finding of pydantic in plain words."""
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    value, limits = detail["input"], detail.get("ctx", {})
    shown = "" if key in SECRET_KEYS or isinstance(value, dict | list) else f", not {value!r}"
    match detail["type"]:
        case "missing":
            meaning = model.model_fields[key].description
            return f"is required: {meaning}" if meaning else "is required"
        case "extra_forbidden":
            return f"is not a known key{suggest(key, model.model_fields)}"
        case "literal_error" | "enum":
            allowed = re.findall(r"'([^']*)'", str(limits.get("expected", "")))
            return f"must be {_either(allowed)}{shown}{suggest(value, allowed) if len(allowed) > 2 else ''}"
        case "value_error":
            return str(limits["error"])
        case "string_too_short":
            return "must not be empty"
        case "greater_than":
            return f"must be more than {limits['gt']:g}{shown}"
        case "greater_than_equal":
            return f"must be at least {limits['ge']:g}{shown}"
        case "less_than":
            return f"must be less than {limits['lt']:g}{shown}"
        case "less_than_equal":
            return f"must be at most {limits['le']:g}{shown}"
        case "finite_number":
            return "must be a finite number"
    wanted = _WANTED.get(detail["type"].split("_")[0])
    return f"must be {wanted}, not {kind_of(value)}" if wanted else f"cannot be used: {detail['msg'].lower()}"


_WANTED = {
    "string": 'text in quotes, such as "x"',
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "dict": "a table with keys inside",
    "model": "a table with keys inside",
    "list": "a list",
    "time": 'a time of day, such as "06:00"',
}


def _either(words: list[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
