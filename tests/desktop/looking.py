"""Helpers for desktop tests: finding, signing in, waiting, and telling clipped text."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.desktop import object_names as names
from console.desktop.app import Desktop
from console.desktop.widgets.basics import ElidedLabel
from console.domain.people import Person
from tests.desktop.memory_desk import PIN
from tests.desktop.rows import LEAD

W = TypeVar("W", bound=QWidget)


def find(desktop: Desktop, kind: type[W], name: str) -> W:
    """A widget by its name; fails where there is none."""
    found = desktop.window.findChild(kind, name)
    assert found is not None, name
    return found


def press(desktop: Desktop, name: str) -> None:
    """Presses a button as a finger does."""
    button = find(desktop, QAbstractButton, name)
    assert button.isVisible(), f"{name} is not in view"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def calm(qtbot: QtBot, desktop: Desktop) -> None:
    """Waits until nothing is under way."""
    qtbot.wait(120)
    qtbot.waitUntil(lambda: desktop.ctx.tasks.idle, timeout=5000)
    qtbot.wait(20)


def sign_in(qtbot: QtBot, desktop: Desktop, person: Person = LEAD, page: str = "") -> None:
    """Through the real page: the tile, then the keys."""
    qtbot.waitUntil(lambda: desktop.window.findChild(QWidget, names.sign_in_person(person.name)) is not None)
    press(desktop, names.sign_in_person(person.name))
    for digit in PIN:
        press(desktop, names.sign_in_pin(int(digit)))
    press(desktop, names.SIGN_IN_ENTER)
    qtbot.waitUntil(lambda: desktop.ctx.session.person == person)
    if page:
        desktop.window.show_page(page)
    calm(qtbot, desktop)


def clipped(root: QWidget) -> list[str]:
    """Texts of visible labels and buttons that do not fit into their widget."""
    out = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, ElidedLabel):
            continue
        if isinstance(widget, QLabel) and widget.text():
            if widget.wordWrap():
                fits = widget.height() + 1 >= widget.heightForWidth(widget.width())
            else:
                fits = widget.width() + 1 >= widget.sizeHint().width()
        elif isinstance(widget, QPushButton) and widget.text():
            fits = widget.width() + 1 >= widget.sizeHint().width()
        else:
            continue
        if not fits:
            text = widget.text()
            out.append(
                f"{widget.objectName() or type(widget).__name__}: {text!r} in {widget.size().toTuple()}"
            )
    return out


def small_targets(root: QWidget, least: int = 44) -> list[str]:
    """Visible buttons lower than a finger."""
    buttons = [b for b in root.findChildren(QAbstractButton) if b.isVisible()]
    buttons = [b for b in buttons if b.objectName() and not b.objectName().startswith("qt_")]
    return [f"{b.objectName()} {b.size().toTuple()}" for b in buttons if b.height() < least]
