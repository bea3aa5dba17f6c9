"""The protocol libraries' own logging."""

from __future__ import annotations

import logging


def quiet_libraries() -> None:
    """Silence what the libraries log of lost links.

    They log each failed attempt with a stack trace, thousands in an outage. The sources tell every loss and
    its recovery once, in plain words. A level that somebody set on purpose stays.
    """
    for name in ("asyncua", "pymodbus"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.CRITICAL + 1)
