"""One set of tokens becomes palette, style sheet, painters' colours and charts' colours.

Changing the theme needs no restart: every painter asks ``Theme.color`` when it paints, and ``Theme.changed``
tells the few widgets that keep coloured things (charts, icons on buttons).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from console.desktop.resources import resource
from console.services.views import Level

FAMILY = "Inter"
FONT_FILES = ("Inter-Regular.otf", "Inter-SemiBold.otf")


class ThemeChoice(StrEnum):
    """What a person may choose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens file, read once.

    Attributes:
        colors: by theme ("light", "dark"), then by name.
    """

    measures: dict[str, int]
    fonts: dict[str, int]
    colors: dict[str, dict[str, str]]


def read_tokens() -> Tokens:
    """Reads ``resources/theme/tokens.toml``."""
    data = tomllib.loads(resource("theme", "tokens.toml").read_text(encoding="utf-8"))
    return Tokens(data["measure"], data["font"], {"light": data["light"], "dark": data["dark"]})


def qcolor(text: str) -> QColor:
    """A colour of the tokens file; ``#rrggbbaa`` as in CSS (Qt itself reads ``#aarrggbb``)."""
    if len(text) == 9:
        color = QColor(text[:7])
        color.setAlpha(int(text[7:], 16))
        return color
    return QColor(text)


class Theme(QObject):
    """The theme in force.

    Signals:
        changed: colours are others now; repaint what was painted ahead.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = read_tokens()
        self._template = Template(resource("theme", "app.qss").read_text(encoding="utf-8"))
        self._choice = ThemeChoice.LIGHT
        self._name = "light"
        self._cache: dict[str, QColor] = {}

    @property
    def choice(self) -> ThemeChoice:
        """What was chosen (it may be "system")."""
        return self._choice

    @property
    def name(self) -> str:
        """``light`` or ``dark``: what is shown."""
        return self._name

    def color(self, name: str) -> QColor:
        """The colour of a token, now."""
        found = self._cache.get(name)
        if found is None:
            found = self._cache[name] = qcolor(self._tokens.colors[self._name][name])
        return found

    def measure(self, name: str) -> int:
        """A measure in device-independent pixels."""
        return self._tokens.measures[name]

    def font(self, size: str = "base", *, strong: bool = False) -> QFont:
        """The shipped font in one of the token sizes, with tabular figures."""
        return make_font(self._tokens.fonts[size], strong=strong)

    def level(self, level: Level, *, words: bool = False) -> QColor:
        """The colour of an abnormality; normal is grey. ``words``: the readable variant for text."""
        name = {Level.MEDIUM: "med", Level.HIGH: "high", Level.CRITICAL: "crit"}.get(level)
        if name is None:
            return self.color("text" if words else "ok")
        return self.color(f"{name}_text" if words else name)

    def apply(self, choice: ThemeChoice) -> None:
        """Takes a theme into force for the whole application."""
        self._choice = choice
        self._name = _resolve(choice)
        self._cache.clear()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setFont(self.font())
            app.setPalette(self._palette())
            app.setStyleSheet(self.style_sheet())
        self.changed.emit()

    def style_sheet(self) -> str:
        """The style sheet with every token filled in."""
        values: dict[str, str] = {
            k: f"rgba({c.red()}, {c.green()}, {c.blue()}, {c.alpha()})"
            for k, c in ((name, self.color(name)) for name in self._tokens.colors[self._name])
        }
        values |= {k: str(v) for k, v in self._tokens.measures.items()}
        values |= {k: str(v) for k, v in self._tokens.fonts.items()}
        return self._template.substitute(values)

    def _palette(self) -> QPalette:
        palette = QPalette()
        roles = {
            QPalette.ColorRole.Window: "bg",
            QPalette.ColorRole.WindowText: "text",
            QPalette.ColorRole.Base: "field",
            QPalette.ColorRole.AlternateBase: "card",
            QPalette.ColorRole.Text: "text",
            QPalette.ColorRole.Button: "card",
            QPalette.ColorRole.ButtonText: "text",
            QPalette.ColorRole.Highlight: "accent",
            QPalette.ColorRole.HighlightedText: "on_accent",
            QPalette.ColorRole.ToolTipBase: "card",
            QPalette.ColorRole.ToolTipText: "text",
            QPalette.ColorRole.PlaceholderText: "faint",
            QPalette.ColorRole.Link: "accent",
        }
        for role, token in roles.items():
            palette.setColor(role, self.color(token))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("faint"))
        return palette


def make_font(pixels: int, *, strong: bool = False) -> QFont:
    """The shipped font; figures all of one width, so that numbers do not dance when they change."""
    font = QFont(FAMILY)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def load_fonts() -> list[str]:
    """Registers the shipped fonts with Qt; returns the files that could not be loaded."""
    return [name for name in FONT_FILES if QFontDatabase.addApplicationFont(str(resource("fonts", name))) < 0]


def _resolve(choice: ThemeChoice) -> str:
    if choice is not ThemeChoice.SYSTEM:
        return choice.value
    hints = QGuiApplication.styleHints()
    return "dark" if hints.colorScheme() is Qt.ColorScheme.Dark else "light"
