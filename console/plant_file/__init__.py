"""The plant file: connections, machines, shifts and limits of one plant, written by an engineer in TOML.

``load_plant`` reads it whole or not at all, and says everything that is wrong with it at once, each with its
line. docs/plant-file.md describes the format; ``models.py`` declares it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

from console.domain.equipment import Plant
from console.errors import ConfigurationError, PlantFileError, Problem
from console.plant_file.explain import explain_plant
from console.plant_file.lines import Lines
from console.plant_file.problems import Problems
from console.plant_file.reader import PlantReader

__all__ = ["explain_plant", "load_plant", "parse_plant"]

_TOML_MESSAGE = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL
)
_TWICE = re.compile(r"Cannot (?:declare|mutate immutable namespace) \((?P<keys>.*?),?\)")


def load_plant(path: Path | str) -> Plant:
    """Read a plant file.

    Raises PlantFileError with every problem found; ConfigurationError where the file cannot be read.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The plant file {path} cannot be read: {error.strerror}.",
            "Name the right file (setting PLANT_CONSOLE_PLANT), or start from resources/examples/plant.toml.",
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem(line, "the file", "is not UTF-8 text from here on; save it as UTF-8")
        raise PlantFileError(str(path), [problem]) from error
    return parse_plant(text, str(path))


def parse_plant(text: str, path: str) -> Plant:
    """The plant that a file's text describes. ``path`` names it in messages, and certificates are looked for
    from its folder; it need not exist.

    Raises PlantFileError with every problem found.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlantFileError(path, [_syntax_problem(str(error), text)]) from error
    problems = Problems(Lines(text))
    plant = PlantReader(raw, problems, Path(path).parent).read(hashlib.sha256(text.encode()).hexdigest())
    if plant is None:
        raise PlantFileError(path, problems.all())
    return plant


def _syntax_problem(message: str, text: str) -> Problem:
    """The TOML reader's one complaint, with the line taken out of its text."""
    found = _TOML_MESSAGE.fullmatch(message)
    what = found["what"] if found else message
    line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
    twice = _TWICE.match(what)
    if twice:
        name = ".".join(part.strip(" '\"") for part in twice["keys"].split(","))
        return Problem(line, name, "stands in the file twice; rename one, or join the two")
    if what == "Cannot overwrite a value":
        return Problem(line, "the file", "this key stands twice in its table; remove one")
    return Problem(line, "the file", f"is not TOML here: {what[:1].lower()}{what[1:]}")
