"""Starts the desktop: Qt, fonts, theme, worker threads, window. Bootstrap builds the desk and calls this.

There is no event loop of our own: Qt's runs on the main thread, and all that blocks runs in worker threads
(tasks.py, store_watch.py). The desktop does no network I/O, so it needs no asyncio.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import structlog
from PySide6.QtCore import QLocale, QSettings, QTimer, QTranslator
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from console.desktop import icons
from console.desktop.context import About, Context
from console.desktop.formats import Times, utc_now
from console.desktop.main_window import MainWindow
from console.desktop.preferences import Preferences
from console.desktop.resources import resource
from console.desktop.session import Session
from console.desktop.store_watch import Feeds, StoreWatch
from console.desktop.tasks import TaskRunner
from console.desktop.theme import Theme, ThemeChoice, load_fonts
from console.services.desk import Desk

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DesktopOptions:
    """What bootstrap tells the desktop.

    Attributes:
        zone: the plant's time zone; screens show its local times.
        about: version and facts for Settings.
        settings_path: an INI file for what is remembered; empty: the usual place of the system.
        language: for example "de"; empty: the system's. English where no translation is shipped.
        now: the clock; tests give another.
        lock_after_min: idle minutes until the console locks itself, where nobody chose in Settings.
    """

    zone: tzinfo = UTC
    about: About = field(default_factory=About)
    settings_path: str = ""
    language: str = ""
    now: Callable[[], datetime] = utc_now
    lock_after_min: int = 10


@dataclass(slots=True)
class Desktop:
    """The running desktop, for those who drive it (the tour, tests).

    Attributes:
        window: the main window; widgets are found by the names in ``object_names``.
    """

    app: QApplication
    window: MainWindow
    ctx: Context
    translator: QTranslator

    def close(self) -> None:
        """Closes window and threads; what was begun is finished."""
        self.window.close()
        self.ctx.watch.stop()
        self.ctx.tasks.close()


def open_settings(path: str) -> QSettings:
    """Where the desktop remembers its layout."""
    if path:
        return QSettings(path, QSettings.Format.IniFormat)
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "plant-console", "desktop")


def make_application(prefs: Preferences, arguments: Sequence[str] = ()) -> QApplication:
    """The one QApplication; takes the remembered scale into force, which must happen before it exists."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if prefs.scale_percent != 100 and "QT_SCALE_FACTOR" not in os.environ:
        os.environ["QT_SCALE_FACTOR"] = str(prefs.scale_percent / 100)
    app = QApplication(["plant-console", *arguments])
    app.setApplicationName("plant-console")
    app.setApplicationDisplayName("Plant console")
    app.setDesktopFileName("plant-console")
    return app


def build_desktop(desk: Desk, feeds: Feeds | None = None, options: DesktopOptions | None = None) -> Desktop:
    """Builds everything and shows nothing yet."""
    options = options or DesktopOptions()
    prefs = Preferences(open_settings(options.settings_path), options.lock_after_min)
    app = make_application(prefs)
    translator = _translate(app, options.language)
    missing = load_fonts()
    if missing:
        log.warning("fonts could not be loaded", files=missing)
    app.setStyle("Fusion")  # the same base on every system; the style sheet does the rest
    theme = Theme(app)
    theme.apply(prefs.theme)
    app.setWindowIcon(QIcon(icons.pixmap("factory", theme.color("accent"), 64)))
    # "as the system": follows the system while the desktop runs
    app.styleHints().colorSchemeChanged.connect(
        lambda: theme.apply(ThemeChoice.SYSTEM) if theme.choice is ThemeChoice.SYSTEM else None
    )
    ctx = Context(
        desk=desk,
        tasks=TaskRunner(app),
        session=Session(app),
        theme=theme,
        watch=StoreWatch(feeds or Feeds(), app),
        prefs=prefs,
        times=Times(options.zone),
        now=options.now,
        about=options.about,
    )
    return Desktop(app, MainWindow(ctx), ctx, translator)


def run_desktop(
    desk: Desk,
    feeds: Feeds | None = None,
    options: DesktopOptions | None = None,
    drive: Callable[[Desktop], None] | None = None,
) -> int:
    """Runs until the window is closed; returns the exit code.

    ``drive``: called on the main thread once the window is shown (the tour).
    """
    desktop = build_desktop(desk, feeds, options)
    desktop.ctx.watch.start()
    desktop.window.show()
    heartbeat = _let_python_hear_signals(desktop)
    # full collections stop the window for a tenth of a second; what stands now need not be walked again
    gc.collect()
    gc.freeze()
    if drive is not None:
        QTimer.singleShot(0, desktop.window, lambda: drive(desktop))
    try:
        return desktop.app.exec()
    finally:
        heartbeat.stop()
        desktop.close()


def _let_python_hear_signals(desktop: Desktop) -> QTimer:
    """Ctrl+C and SIGTERM close the window in order; Qt's loop alone would never let Python see them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: desktop.window.close())
    timer = QTimer(desktop.app)
    timer.timeout.connect(lambda: None)
    timer.start(250)
    return timer


def _translate(app: QApplication, language: str) -> QTranslator:
    locale = QLocale(language) if language else QLocale.system()
    translator = QTranslator(app)
    if translator.load(locale, "plant-console", ".", str(resource("translations"))):
        app.installTranslator(translator)
    elif language and not language.startswith("en"):
        log.warning("no translation for this language", language=language, platform=sys.platform)
    return translator
