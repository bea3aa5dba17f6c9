"""What all pages have: a title row, a message bar, and the rule that hidden pages do not read."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from console.desktop.context import Context
from console.desktop.widgets.basics import column, label, row
from console.desktop.widgets.messages import MessageBar
from console.errors import ConsoleError


def place_of(link: str) -> tuple[str, object]:
    """``stops:12`` -> ``("stops", 12)``; ``alarms:request:7`` -> ``("alarms", "request:7")``."""
    page, _, argument = link.partition(":")
    return page, int(argument) if argument.isdecimal() else argument


class Page(QWidget):
    """A page of the stack.

    Signals:
        go: page key and its argument: leads to where a thing is solved.
    """

    go = Signal(str, object)

    def __init__(self, ctx: Context, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # no button stands out before a person chose one
        self.ctx = ctx
        self.title = label(title, "title")
        self.messages = MessageBar(ctx.theme)
        self.head: QHBoxLayout = row(self.title, gap=10)
        self.head_right: QHBoxLayout = row(gap=10)
        line = row(self.head, 0, self.head_right, gap=10)
        self.title.setMinimumHeight(ctx.theme.measure("touch"))
        self.body = column(line, self.messages, margins=(16, 10, 16, 14), gap=10)
        self.setLayout(self.body)
        ctx.session.changed.connect(self.person_changed)

    def activate(self) -> None:
        """The page came into view: read now, and from now on."""

    def deactivate(self) -> None:
        """The page went out of view: read no more."""

    def open_with(self, argument: object) -> None:
        """Another page leads here with something to show."""

    def person_changed(self) -> None:
        """Another person: what may be done may differ."""

    def say_error(self, error: ConsoleError) -> None:
        """Shows an error in place."""
        self.messages.error(error)

    def showEvent(self, event: QShowEvent) -> None:
        """In view."""
        super().showEvent(event)
        self.setFocus()
        self.activate()

    def hideEvent(self, event: QHideEvent) -> None:
        """Out of view."""
        super().hideEvent(event)
        self.deactivate()
