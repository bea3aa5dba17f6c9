"""What a person reads who gives the program something it cannot use: what is wrong, where, and what to do.

Never a traceback, never a file made worse.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text

from console import cli
from console.store.engine import open_ledger, open_telemetry, write
from tests.rigs.edge import command, environment, plant_text
from tests.rigs.machines import free_port
from tests.unit.services.shop import a_green_hour, open_shop

COULD_NOT = 2

BROKEN = """
[plant]
name = "Hall 2"
timezone = "Europe/Berlni"

[connections.line1]
type = "modbus"
host = "127.0.0.1"

[machines.filler]
title = "Filler"
work_center = "FIL1"
connection = "line2"
ideal_rate_per_hour = 600

[machines.filler.counters]
good = { address = "holding:0", data_type = "uint16", max_rate_per_h = -5 }
"""


class Place:
    """A folder with a plant file and stores, and the command line on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data, self.plant = folder, folder / "plant.toml"
        self.plant.write_text(plant_text(free_port()), encoding="utf-8")
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int, str, str]:
        status = cli.run(words)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in list(os.environ):
        if name.startswith("PLANT_CONSOLE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLANT_CONSOLE_DATA", str(tmp_path))
    monkeypatch.setenv("PLANT_CONSOLE_PLANT", str(tmp_path / "plant.toml"))
    return Place(tmp_path, capsys)


READING = pytest.mark.parametrize(
    "words", [("orders", "list"), ("outbox", "list"), ("review", "list"), ("audit", "verify"), ("check",)]
)


# --- the plant file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("config", "check"), ("check",), ("edge",), ("orders", "list")])
def test_a_broken_plant_file_tells_every_problem_at_once_with_its_line(
    place: Place, words: tuple[str, ...]
) -> None:
    place.plant.write_text(BROKEN, encoding="utf-8")
    status, out, err = place.run(*words)
    assert status == COULD_NOT
    assert out == ""
    # each in its line, in the file's order, and with what was meant where that can be guessed
    head, *problems = err.splitlines()
    assert head == "The plant file has 4 problems:"
    for problem, number, meant in (
        (problems[0], 4, 'did you mean "Europe/Berlin"?'),
        (problems[1], 13, 'did you mean "line1"?'),
        (problems[2], 14, 'did you mean "ideal_rate_per_h"?'),
        (problems[3], 17, "must be more than 0, not -5"),
    ):
        assert problem.strip().startswith(f"{place.plant}:{number}: ")
        assert problem.endswith(meant)
    assert not (place.data / "ledger.db").exists()


def test_a_file_that_is_no_toml_names_the_line(place: Place) -> None:
    place.plant.write_text('[plant]\nname = "Hall\n', encoding="utf-8")
    status, _, err = place.run("config", "check")
    assert status == COULD_NOT
    assert f"{place.plant}:2: " in err


@pytest.mark.parametrize("words", [("check",), ("edge",), ("orders", "list"), ("trace", "x")])
def test_a_missing_plant_file_names_the_place_and_the_remedy(place: Place, words: tuple[str, ...]) -> None:
    place.plant.unlink()
    status, _, err = place.run(*words)
    assert status == COULD_NOT
    assert f"There is no plant file {place.plant}." in err
    assert "--plant" in err
    assert "plant-console demo" in err


def test_config_check_of_a_file_that_is_not_there(place: Place) -> None:
    status, _, err = place.run("config", "check", str(place.data / "other.toml"))
    assert status == COULD_NOT
    assert "other.toml" in err


def test_a_setting_that_cannot_be_used_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANT_CONSOLE_EDGE_LEASE_S", "soon")
    status, _, err = place.run("orders", "list")
    assert status == COULD_NOT
    assert "PLANT_CONSOLE_EDGE_LEASE_S" in err


def test_a_secret_that_is_not_there_fails_the_check_by_name(place: Place) -> None:
    odoo = '[odoo]\nurl = "http://127.0.0.1:9"\ndatabase = "plant"\napi_key = "env:NO_SUCH_KEY"\n'
    place.plant.write_text(plant_text(free_port(), odoo + 'site_prefix = "x"\n'), encoding="utf-8")
    status, out, _ = place.run("check", "--seconds", "0.2")
    assert status == 1
    assert "NO_SUCH_KEY" in out


# --- the stores --------------------------------------------------------------------------------------------


@cache
def _ledger() -> bytes:
    """A ledger with decisions in it, closed in an orderly way."""
    with tempfile.TemporaryDirectory() as folder:
        floor = open_shop(Path(folder))
        for _ in range(30):
            a_green_hour(floor, 5)
        floor.confirm_all()
        floor.ledger.dispose()
        return (Path(folder) / "ledger.db").read_bytes()


def filled(folder: Path) -> Path:
    ledger = folder / "ledger.db"
    ledger.write_bytes(_ledger())
    return ledger


@READING
def test_a_ledger_of_a_newer_version_is_left_alone(place: Place, words: tuple[str, ...]) -> None:
    ledger = filled(place.data)
    engine = open_ledger(ledger)
    with write(engine) as tx:
        tx.execute(text("UPDATE schema_version SET version_num = '9999'"))
    engine.dispose()
    before = ledger.read_bytes()
    status, out, err = place.run(*words, *(("--seconds", "0.2") if words == ("check",) else ()))
    assert status == (1 if words == ("check",) else COULD_NOT)
    said = out + err
    assert "newer plant console" in said
    assert str(ledger) in said
    assert "Install the newer version" in said
    assert ledger.read_bytes() == before


def torn(ledger: Path) -> None:
    with ledger.open("r+b") as file:
        file.truncate(ledger.stat().st_size // 2)


def overwritten(ledger: Path) -> None:
    with ledger.open("r+b") as file:
        file.write(b"This is not a database any more.")


def scribbled(ledger: Path) -> None:
    size = ledger.stat().st_size
    with ledger.open("r+b") as file:
        for page in range(1, size // 4096):  # the first stays, so that it still looks like a database
            file.seek(page * 4096)
            file.write(b"\xa5" * 512)


def text_file(ledger: Path) -> None:
    ledger.write_text("dear diary\n" * 1000, encoding="utf-8")


DAMAGES = pytest.mark.parametrize("damage", [torn, overwritten, scribbled, text_file])


@DAMAGES
@pytest.mark.parametrize("words", [("orders", "list"), ("outbox", "list"), ("audit", "verify")])
def test_a_damaged_ledger_is_named_with_its_remedy_and_not_touched(
    place: Place, damage: object, words: tuple[str, ...]
) -> None:
    ledger = filled(place.data)
    damage(ledger)  # type: ignore[operator]
    before = ledger.read_bytes()
    status, _, err = place.run(*words)
    assert status == COULD_NOT
    assert f"The database {ledger} is damaged or is not a database" in err
    assert "keep a copy" in err
    assert "backup" in err
    assert ledger.read_bytes() == before


@DAMAGES
def test_the_edge_does_not_run_on_a_damaged_ledger(tmp_path: Path, damage: object) -> None:
    env = environment(tmp_path, plant_text(free_port()))
    (tmp_path / "data").mkdir()
    ledger = filled(tmp_path / "data")
    damage(ledger)  # type: ignore[operator]
    before = ledger.read_bytes()
    done = command(env, "edge")
    assert done.returncode == COULD_NOT, done.stderr
    assert f"The database {ledger} is damaged or is not a database" in done.stderr
    assert "backup" in done.stderr
    assert "Traceback" not in done.stderr
    assert ledger.read_bytes() == before


def test_a_database_of_something_else_is_not_made_a_ledger(place: Place) -> None:
    ledger = place.data / "ledger.db"
    engine = open_telemetry(ledger)
    engine.dispose()
    before = ledger.read_bytes()
    status, _, err = place.run("orders", "list")
    assert status == COULD_NOT
    assert "not the console's ledger" in err or "newer" in err
    assert ledger.read_bytes() == before


def test_check_tells_the_damaged_store_and_goes_on_with_the_rest(place: Place) -> None:
    ledger = filled(place.data)
    torn(ledger)
    status, out, _ = place.run("check", "--seconds", "0.2")
    assert status == 1
    lines = out.splitlines()
    assert any(x.startswith("fail  ledger: ") and str(ledger) in x for x in lines)
    assert any(x.startswith("ok    telemetry: ") for x in lines)
    assert any(x.startswith("fail  connection line1: ") for x in lines)


def test_a_backup_put_in_its_place_is_used_again(place: Place) -> None:
    ledger = filled(place.data)
    backup = place.data / "backup.db"
    shutil.copyfile(ledger, backup)
    torn(ledger)
    assert place.run("orders", "list")[0] == COULD_NOT
    for beside in ("-wal", "-shm"):
        ledger.with_name(ledger.name + beside).unlink(missing_ok=True)
    backup.replace(ledger)
    status, out, _ = place.run("audit", "verify")
    assert status == 0, out


def test_a_data_folder_that_cannot_be_made(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = place.data / "file"
    in_the_way.write_text("x", encoding="utf-8")
    monkeypatch.setenv("PLANT_CONSOLE_DATA", str(in_the_way / "data"))
    for words in (("orders", "list"), ("edge",)):
        status, _, err = place.run(*words)
        assert status == COULD_NOT
        assert str(in_the_way) in err
    assert in_the_way.read_text(encoding="utf-8") == "x"
