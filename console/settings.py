"""Settings of the program on this computer, all from the environment: where files stand, how it behaves.

What belongs to the plant stands in the plant file, not here. Each setting is declared once, with its type,
default and meaning; ``describe`` prints them. A leaf: imports ``errors`` only.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from console.errors import ConfigurationError

PREFIX = "PLANT_CONSOLE_"
# read where they are used: by the demo, the test rigs and `people add`
_ELSEWHERE = tuple(PREFIX + name for name in ("CACHE", "DEBIAN_MIRROR", "PIN", "ACTOR_PIN"))


def _data_dir() -> Path:
    return Path(platformdirs.user_data_path("plant-console", appauthor=False))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # resolve() would follow links


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


_Path = Annotated[Path, AfterValidator(_absolute)]


def _variable(name: str, description: str, **rules: Any) -> Any:
    """A setting read from ``PLANT_CONSOLE_<name>``."""
    return Field(alias=PREFIX + name, description=description, **rules)


class Settings(BaseModel):
    """See the module's text. In code each may be given by its field's name: ``Settings(data_dir=...)``."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_default=True)

    data_dir: _Path = _variable(
        "DATA",
        "folder of the ledger, the telemetry store and the logs; on a local disk",
        default_factory=_data_dir,
    )
    plant_file: _Path = _variable(
        "PLANT", "the plant file", default_factory=lambda earlier: earlier["data_dir"] / "plant.toml"
    )
    # kept out of repr: a URL may hold a password
    ledger: str = _variable(
        "LEDGER",
        "file or SQLAlchemy URL of the ledger",
        min_length=1,
        repr=False,
        default_factory=lambda earlier: str(earlier["data_dir"] / "ledger.db"),
    )
    telemetry: _Path = _variable(
        "TELEMETRY",
        "file of the telemetry store",
        default_factory=lambda earlier: earlier["data_dir"] / "telemetry.db",
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = _variable(
        "LOG_LEVEL", "least important events that are logged", default="INFO"
    )
    log_max_mb: int = _variable(
        "LOG_MAX_MB", "size at which a log file is put away", default=10, ge=1, le=1000
    )
    log_keep_files: int = _variable(
        "LOG_KEEP_FILES", "log files put away that are kept", default=5, ge=1, le=100
    )
    lock_after_min: float = _variable(
        "LOCK_AFTER_MIN", "minutes without input after which the desktop locks", default=5.0, gt=0, le=480
    )
    edge_lease_s: float = _variable(
        "EDGE_LEASE_S",
        "seconds after which another edge may take over from a silent one",
        default=15.0,
        ge=3,
        le=600,
    )

    @property
    def log_dir(self) -> Path:
        """Folder of the log files."""
        return self.data_dir / "logs"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this environment; an empty variable counts as absent.

    Raises ConfigurationError naming every variable that cannot be used.
    """
    environ = os.environ if environ is None else environ
    known = _variables()
    given = {name: environ[name] for name in known if environ.get(name)}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    faults = [f"{detail['loc'][0]}: {detail['msg'].lower()}" for detail in details]
    raise ConfigurationError(
        "The environment holds settings that cannot be used: " + "; ".join(faults) + ".",
        "Correct or remove these environment variables.",
    )


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """A warning for each ``PLANT_CONSOLE_*`` variable that nothing reads, with what may have been meant."""
    environ = os.environ if environ is None else environ
    known = [*_variables(), *_ELSEWHERE]
    warnings = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            # without the prefix, which alone would make everything look alike
            words = [k.removeprefix(PREFIX) for k in known]
            near = difflib.get_close_matches(name.removeprefix(PREFIX), words, n=1, cutoff=0.6)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else "it has no effect."
            warnings.append(f"The environment variable {name} is not known; {hint}")
    return warnings


def describe() -> str:
    """Every setting, one a line: variable and meaning, with the default where it is a plain value."""
    lines = []
    for name, field in _variables().items():
        default = "" if field.default_factory else f" (default {field.default})"
        lines.append(f"{name}  {field.description}{default}")
    return "\n".join(lines)


def _variables() -> dict[str, Any]:
    return {str(field.alias): field for field in Settings.model_fields.values()}
