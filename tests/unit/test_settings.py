"""Settings: declared defaults, variables that override them, and mistakes that are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from console.errors import ConfigurationError
from console.settings import Settings, describe, load_settings, unknown_variables


def test_defaults_stand_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings({"PLANT_CONSOLE_DATA": str(tmp_path)})
    assert settings.data_dir == tmp_path
    assert settings.plant_file == tmp_path / "plant.toml"
    assert settings.ledger == str(tmp_path / "ledger.db")
    assert settings.telemetry == tmp_path / "telemetry.db"
    assert settings.log_dir == tmp_path / "logs"
    assert settings.log_level == "INFO"


def test_without_any_variable_the_users_data_folder_is_taken() -> None:
    assert load_settings({}).data_dir.is_absolute()
    assert load_settings({"PLANT_CONSOLE_DATA": ""}) == load_settings({})


def test_variables_override(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "PLANT_CONSOLE_PLANT": str(tmp_path / "hall2.toml"),
            "PLANT_CONSOLE_LOG_LEVEL": "debug",
            "PLANT_CONSOLE_LOCK_AFTER_MIN": "2.5",
        }
    )
    assert settings.plant_file == tmp_path / "hall2.toml"
    assert settings.log_level == "DEBUG"
    assert settings.lock_after_min == 2.5


def test_paths_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({"PLANT_CONSOLE_DATA": "sub/../data"}).data_dir == tmp_path / "data"


def test_in_code_by_name(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path, lock_after_min=1).telemetry == tmp_path / "telemetry.db"
    with pytest.raises(ValidationError):
        Settings(lock_after_minutes=1)  # type: ignore[call-arg]


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"PLANT_CONSOLE_LOG_LEVEL": "LOUD", "PLANT_CONSOLE_LOCK_AFTER_MIN": "soon"})
    assert "PLANT_CONSOLE_LOG_LEVEL" in caught.value.what
    assert "PLANT_CONSOLE_LOCK_AFTER_MIN" in caught.value.what


def test_unknown_variables_are_told_with_what_was_meant() -> None:
    environ = {
        "PLANT_CONSOLE_LOGLEVEL": "x",
        "PLANT_CONSOLE_ZZZZZZ": "x",
        "PLANT_CONSOLE_CACHE": "x",
        "PATH": "x",
    }
    assert unknown_variables(environ) == [
        "The environment variable PLANT_CONSOLE_LOGLEVEL is not known; did you mean PLANT_CONSOLE_LOG_LEVEL?",
        "The environment variable PLANT_CONSOLE_ZZZZZZ is not known; it has no effect.",
    ]


def test_the_ledgers_url_is_not_shown() -> None:
    settings = load_settings({"PLANT_CONSOLE_LEDGER": "postgresql://op:hunter2@db/plant"})
    assert "hunter2" not in repr(settings)


def test_each_setting_says_what_it_is_for() -> None:
    text = describe()
    for field in Settings.model_fields.values():
        assert field.description
        assert f"{field.alias}  {field.description}" in text
