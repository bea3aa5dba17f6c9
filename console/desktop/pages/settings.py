"""Stub."""

from __future__ import annotations

from PySide6.QtCore import Signal

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.pages.base import Page


class SettingsPage(Page):
    lock_minutes_changed = Signal(int)

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_SETTINGS, "settings")
