"""JSON and tables: stable for programs, aligned for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from console.cli.output import print_json, print_table, to_json
from console.domain.people import Person, Role
from console.domain.postings import PostingState


@dataclass(frozen=True)
class _Row:
    at: datetime | None
    state: PostingState
    parts: tuple[float, ...]
    more: Any = None


def test_enums_times_and_nested_rows() -> None:
    at = datetime(2026, 11, 20, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    row = _Row(
        at,
        PostingState.DEAD_LETTER,
        (1.0, float("nan")),
        {PostingState.READY: _Row(None, PostingState.READY, ())},
    )
    assert to_json(row) == {
        "at": "2026-11-20T08:00:00Z",
        "state": "dead_letter",
        "parts": [1.0, None],
        "more": {"ready": {"at": None, "state": "ready", "parts": [], "more": None}},
    }
    person = Person(1, "Ada", frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}))
    assert to_json(person)["roles"] == ["administrator", "supervisor"]


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([{"name": "Müller"}])
    assert capsys.readouterr().out == '[\n  {\n    "name": "Müller"\n  }\n]\n'


def test_tables_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    print_table(("name", "made", "at"), [("a", 1200.5, at), ("longer", None, None)], "none")
    assert capsys.readouterr().out.splitlines() == [
        "name       made  at",
        "a       1,200.5  2026-11-20 08:00:00Z",
        "longer        -  -",
    ]
    print_table(("name",), [], "Nothing yet.")
    assert capsys.readouterr().out == "Nothing yet.\n"
