"""Opens the stores for one command and closes them after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.bootstrap import Console
    from console.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Console]:
    """The console over the stores that the settings name. Raises as ``bootstrap.open_console``."""
    from console.bootstrap import open_console

    console = open_console(settings)
    try:
        yield console
    finally:
        console.close()
