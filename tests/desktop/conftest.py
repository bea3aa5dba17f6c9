"""Desktop tests run offscreen, with an in-memory desk and one theme for the whole session."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.desktop.app import Desktop, DesktopOptions, build_desktop
from tests.desktop.memory_desk import MemoryDesk
from tests.desktop.rows import NOW, ZONE


@pytest.fixture
def desk() -> MemoryDesk:
    """A desk with a few rows; tests change what they need."""
    return MemoryDesk.few()


@pytest.fixture
def desktop(qtbot: QtBot, qapp: QApplication, desk: MemoryDesk, tmp_path: Path) -> Iterator[Desktop]:
    """The whole desktop at 1366 x 768, nobody signed in yet."""
    options = DesktopOptions(zone=ZONE, settings_path=str(tmp_path / "desktop.ini"), now=lambda: NOW)
    built = build_desktop(desk, None, options)
    built.window.resize(1366, 768)
    built.window.show()
    qtbot.waitUntil(lambda: built.ctx.tasks.idle, timeout=5000)
    yield built
    built.close()
    built.window.deleteLater()
    # at once: a window that is left would be styled again with each one that follows
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
