"""Finds the files in ``resources/``: from a clone, an installed package, and a frozen bundle."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from console.errors import ConfigurationError


@cache
def resource_root() -> Path:
    """The folder that holds theme, icons and fonts.

    Raises ConfigurationError where none of the known places has it: the installation is incomplete.
    """
    here = Path(__file__).resolve()
    places = [
        Path(getattr(sys, "_MEIPASS", here.parent)) / "resources",  # PyInstaller unpacks here
        here.parents[2] / "resources",  # a clone
        here.parents[1] / "resources",  # inside the package
        Path(sys.prefix) / "share" / "plant-console" / "resources",
    ]
    for place in places:
        if (place / "theme" / "tokens.toml").is_file():
            return place
    listing = ", ".join(str(p) for p in places)
    raise ConfigurationError(
        f"The folder with theme, fonts and icons is missing (looked in {listing}).",
        "Install the plant console again.",
    )


def resource(*parts: str) -> Path:
    """The path of one file under ``resources/``."""
    return resource_root().joinpath(*parts)
