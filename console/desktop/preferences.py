"""What the desktop remembers between starts: page, columns, splitters, theme, window. Nothing of the work.

Typed access over QSettings, so that a value that somebody damaged falls back to its default.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings

from console.desktop.theme import ThemeChoice

SCALES = (100, 125, 150, 175, 200)
LOCK_MINUTES = (2, 5, 10, 20, 30)


class Preferences:
    """See the module's text."""

    def __init__(self, settings: QSettings, lock_default_min: int = 10) -> None:
        self._settings = settings
        self._lock_default_min = lock_default_min

    @property
    def theme(self) -> ThemeChoice:
        """The chosen theme."""
        found = self.text("look/theme", ThemeChoice.LIGHT.value)
        return ThemeChoice(found) if found in list(ThemeChoice) else ThemeChoice.LIGHT

    @property
    def scale_percent(self) -> int:
        """Size of everything; taken into force at the next start."""
        found = self.number("look/scale_percent", 100)
        return found if found in SCALES else 100

    @property
    def lock_after_min(self) -> int:
        """Idle minutes after which the console locks itself; the installation's until a person chose."""
        found = self.number("lock/after_min", self._lock_default_min)
        return found if 1 <= found <= 480 else self._lock_default_min

    def text(self, key: str, default: str = "") -> str:
        """A remembered text."""
        value = self._settings.value(key, default)
        return value if isinstance(value, str) else default

    def number(self, key: str, default: int) -> int:
        """A remembered whole number."""
        text = str(self._settings.value(key, default))
        return int(text) if text.lstrip("-").isdecimal() else default

    def bytes(self, key: str) -> QByteArray:
        """A remembered layout (geometry, header or splitter state)."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: str | int | QByteArray) -> None:
        """Remembers."""
        self._settings.setValue(key, value)
