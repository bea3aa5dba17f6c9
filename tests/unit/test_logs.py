"""Logging: one line an event, in both places, without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from console.errors import StoreUnavailable
from console.logs import redact, set_up


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_an_event_is_one_line_in_both_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = set_up(tmp_path / "logs", "edge")
    structlog.get_logger("console.edge").warning("link lost", connection="line1", reason="no\nanswer")
    structlog.get_logger("console.edge").debug("not so important")
    (event,) = lines(file)
    assert event["event"] == "link lost"
    assert event["level"] == "warning"
    assert event["logger"] == "console.edge"
    assert str(event["at"]).endswith("Z")
    error_output = capsys.readouterr().err
    assert error_output.count("\n") == 1
    assert "link lost  connection=line1 reason=no | answer" in error_output


def test_libraries_are_heard_where_they_warn(tmp_path: Path) -> None:
    file = set_up(tmp_path, "edge", "DEBUG")
    logging.getLogger("httpx").info("chatter")
    logging.getLogger("httpx").warning("token %s", "expired")
    (event,) = lines(file)
    assert event["event"] == "token expired"


def test_tracebacks_go_to_the_file_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = set_up(tmp_path, "edge")
    try:
        raise ValueError("no such thing")
    except ValueError:
        structlog.get_logger("x").exception("gone wrong")
    (event,) = lines(file)
    assert "Traceback" in str(event["exception"])
    assert "error=ValueError: no such thing" in capsys.readouterr().err


def test_secrets_are_blanked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = set_up(tmp_path, "edge")
    structlog.get_logger("x").info(
        "calling https://op:hunter2@erp.example.com/",
        api_key="hunter2",
        PIN="hunter2",
        headers={"Authorization": "bearer hunter2", "x": ["a Bearer hunter2, b"]},
    )
    try:
        raise ValueError("bearer hunter2 refused")
    except ValueError:
        structlog.get_logger("x").exception("refused")
    logging.getLogger("y").warning("answer", extra={"password": "hunter2"})
    assert "hunter2" not in file.read_text(encoding="utf-8")
    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "key", ["key", "api_key", "apiKey", "PASSWORD", "new_pin", "pin-hash", "client_secret", "tokens"]
)
def test_keys_of_secrets(key: str) -> None:
    assert redact(None, "", {key: "x"}) == {key: "[hidden]"}


@pytest.mark.parametrize(
    "key", ["posting_key", "target_key", "mapping", "shipping", "keyring", "monkey", "event"]
)
def test_keys_that_only_look_alike(key: str) -> None:
    assert redact(None, "", {key: "x"}) == {key: "x"}


def test_files_rotate(tmp_path: Path) -> None:
    file = set_up(tmp_path, "edge", max_mb=1, keep_files=2)
    log = structlog.get_logger("x")
    for _ in range(40):
        log.warning("long", text="x" * 100_000)
    assert sorted(p.name for p in file.parent.iterdir()) == ["edge.log", "edge.log.1", "edge.log.2"]


def test_setting_up_again_does_not_double(tmp_path: Path) -> None:
    set_up(tmp_path, "edge")
    file = set_up(tmp_path, "edge")
    structlog.get_logger("x").warning("once")
    assert len(lines(file)) == 1


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        set_up(tmp_path / "logs", "edge")
