"""Logging: one line an event; JSON into a rotating file of each process, plain text to the error output.

    log = structlog.get_logger(__name__)
    log.warning("link lost", connection="line1", reason="no answer")

Values under keys that name a secret are blanked, and so are bearer tokens and passwords inside addresses.
Tracebacks go to the file; the error output gets the error's own words.
"""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from console.errors import StoreUnavailable

BLANK = "[hidden]"
_SECRET_PARTS = ("password", "passwd", "secret", "token", "apikey", "authorization")
# as whole words only: "pin" stands in "mapping", "key" in "keyring"
_SECRET_WORDS = frozenset({"key", "keys", "pin", "pins"})
# names of records, needed to follow them
_PLAIN = frozenset({"posting_key", "target_key"})
_WORD = re.compile(r"[a-z]+")
_IN_TEXT = re.compile(r"(?i)(\bbearer\s+)[^\s\"',]+|(://[^/\s:@]*:)[^/\s@]+(?=@)")


def set_up(
    log_dir: Path, process: str, level: str = "INFO", *, max_mb: int = 10, keep_files: int = 5
) -> Path:
    """Send all logging of this process, libraries included, to ``<log_dir>/<process>.log`` and stderr.

    One file a process, because two cannot rotate the same one. Raises StoreUnavailable where the folder or
    file cannot be written. Gives the file.
    """
    file = log_dir / f"{process}.log"
    to_file = _rotating(file, max_mb, keep_files)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    to_file.setFormatter(
        _formatter(
            shared, [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]
        )
    )
    handlers = [to_file]
    if sys.stderr is not None:  # a windowed program on Windows has none
        to_stderr = logging.StreamHandler(sys.stderr)
        to_stderr.setFormatter(_formatter(shared, [_short_error, redact, _plain]))
        handlers.append(to_stderr)
    _replace_handlers(handlers, level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return file


def _rotating(file: Path, max_mb: int, keep_files: int) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(
            file, maxBytes=max_mb * 1_000_000, backupCount=keep_files, encoding="utf-8"
        )
    except OSError as error:
        raise StoreUnavailable(
            f"The log file {file} cannot be written: {error.strerror}.",
            "Give this user the right to write there, or choose another folder (setting PLANT_CONSOLE_DATA).",
        ) from error


def _replace_handlers(handlers: list[logging.Handler], level: str) -> None:
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    # asyncua and pymodbus are silenced by console/sources/quiet.py: they tell the same loss over and over
    for library in ("httpx", "httpcore", "alembic", "asyncio"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blanks secrets; see the module's text."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: object, value: Any) -> Any:
    if _names_a_secret(str(key)):
        return BLANK
    if isinstance(value, str):
        return _IN_TEXT.sub(lambda found: (found[1] or found[2]) + BLANK, value)
    if isinstance(value, dict):
        return {inner: _redacted(inner, part) for inner, part in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", part) for part in value]
    return value


def _names_a_secret(key: str) -> bool:
    folded = key.casefold()
    if folded in _PLAIN:
        return False
    return any(part in folded for part in _SECRET_PARTS) or not _SECRET_WORDS.isdisjoint(
        _WORD.findall(folded)
    )


def _formatter(shared: list[Processor], last: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _short_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The exception's own words in place of its traceback."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__name__}: {error}"
    return event


def _plain(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """``2026-01-31T06:00:00Z warning link lost  connection=line1``, on one line."""
    head = f"{event.pop('at', '')} {event.pop('level', ''):7} {event.pop('event', '')}"
    event.pop("logger", None)
    rest = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{head}  {rest}".rstrip().replace("\r", "").replace("\n", " | ")
