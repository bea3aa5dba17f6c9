"""Each command against real stores in a folder of its own, run as the program runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from console import cli
from console.plant_file import load_plant
from console.services.desk import Pick
from console.store import outbox
from console.store.engine import write
from console.store.schema import audit
from tests.unit.services.screens_world import ORDER, World

PLANT = """
[plant]
name = "Packing hall 2"
timezone = "Europe/Berlin"

[odoo]
url = "https://erp.example.com"
database = "production"
api_key = "env:KEY"
site_prefix = "hall2"

[connections.line1]
type = "modbus"
host = "192.0.2.20"

[machines.filler1]
title = "Filler 1"
work_center = "WC1"
connection = "line1"
ideal_rate_per_h = 600

[machines.filler1.state]
address = "coil:0"
map = { true = "execute", false = "stopped" }

[machines.filler1.counters]
good = { address = "holding:100", data_type = "uint16", max_rate_per_h = 3600 }
"""


@dataclass(frozen=True)
class Place:
    """A data folder with its plant file."""

    folder: Path
    plant: Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    plant = tmp_path / "plant.toml"
    plant.write_text(PLANT, encoding="utf-8")
    for name in ("LEDGER", "TELEMETRY", "PIN", "ACTOR_PIN"):
        monkeypatch.delenv(f"PLANT_CONSOLE_{name}", raising=False)
    monkeypatch.setenv("PLANT_CONSOLE_DATA", str(tmp_path))
    monkeypatch.setenv("PLANT_CONSOLE_PLANT", str(plant))
    return Place(tmp_path, plant)


@pytest.fixture
def world(place: Place) -> World:
    """One confirmed hour of 587 and one that waits."""
    world = World(place.folder, load_plant(place.plant))
    world.now = datetime.now(UTC)
    world.sync()
    world.beat()
    world.link("line1")
    hour = world.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    world.runs("filler1")
    world.make("filler1", 587, hour + timedelta(minutes=30))
    world.make("filler1", 600, hour + timedelta(minutes=90))
    world.close(world.now)
    world.desk.confirm(world.person(), world.picks()[:1])
    return world


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed, as JSON."""
    return json.loads(capsys.readouterr().out)


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom console.cli import build_parser\nbuild_parser()\n"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('sqlalchemy', 'asyncua', 'httpx', 'pymodbus', 'PySide6', 'argon2')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lists_of_an_empty_ledger(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["outbox", "list"]) == 0
    assert cli.run(["review", "list"]) == 0
    assert cli.run(["orders", "list"]) == 0
    assert cli.run(["people", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Nothing was posted yet.",
        "Nothing needs a person.",
        "Nothing was counted yet.",
        "Nobody yet: `plant-console people add NAME` makes the first.",
    ]


def test_outbox_list(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["outbox", "list", "--json"]) == 0
    view = answer(capsys)
    (row,) = view["rows"]
    assert (row["state"], row["order_reference"], row["quantity"]) == ("ready", ORDER, 587.0)
    assert row["created_at"].endswith("Z")
    assert ["ready", 1] in view["counts"]
    assert cli.run(["outbox", "list", "--state", "verified"]) == 0
    assert capsys.readouterr().out.startswith("None of these.")
    assert cli.run(["outbox", "list"]) == 0
    assert ORDER in capsys.readouterr().out


def test_review_list_open_and_all(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.jump("filler1", 400, world.now - timedelta(hours=4))
    world.close(world.now)
    assert cli.run(["review", "list", "--json"]) == 0
    (item,) = answer(capsys)
    assert (item["level"], item["resolved_at"]) == ("high", None)
    proposal = next(
        c.proposal_id
        for r in world.desk.counts(None, 9).rows
        for c in r.cells
        if c is not None and c.level == "fail"
    )
    version = world.desk.proposal(proposal).version
    ada = world.people.everybody()[0]
    world.desk.choose(ada, Pick(proposal, version), "reject", reason="set by hand")
    assert cli.run(["review", "list", "--json"]) == 0
    assert answer(capsys) == []
    assert cli.run(["review", "list", "--all"]) == 0
    assert "set by hand" in capsys.readouterr().out


def test_orders_and_trace(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["orders", "list", "--json"]) == 0
    (row,) = answer(capsys)
    assert (row["machine_total"], row["confirmed"], row["waiting"]) == (1187.0, 587.0, 600.0)
    assert cli.run(["trace", "posting:1", "--json"]) == 0
    view = answer(capsys)
    assert [s["number"] for s in view["stations"]] == [1, 2, 3, 4, 5, 6, 7]
    assert cli.run(["trace", view["trace_id"]]) == 0
    text = capsys.readouterr().out
    assert "5 Posting" in text
    assert "https://erp.example" in text


def test_what_cannot_be_done_is_told_with_status_2(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["trace", "nonsense"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Nothing is known of 'nonsense'.\nGive an order")


def test_no_plant_file(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.plant.unlink()
    assert cli.run(["orders", "list"]) == 2
    assert "plant file" in capsys.readouterr().err


def test_reconcile_agrees_then_disagrees(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.book(1)
    assert cli.run(["reconcile"]) == 0
    assert "Nothing disagrees." in capsys.readouterr().out
    with write(world.ledger) as tx:
        outbox.change_balance(tx, "operation:101", seen=500.0, seen_at=world.now)
    assert cli.run(["reconcile", "--json"]) == 1
    found = answer(capsys)
    assert found["disagreements"] == {"operation:101": "Odoo holds 500, 587 were decided."}
    assert found["rows"][0]["odoo"] == 500.0
    assert cli.run(["reconcile"]) == 1
    assert "A review item is open" in capsys.readouterr().out
    assert len(world.desk.reviews(False)) == 1


def test_audit_verify(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", "verify"]) == 0
    assert "whole: 2 entries" in capsys.readouterr().out
    with write(world.ledger) as tx:
        tx.execute(update(audit).where(audit.c.seq == 2).values(actor="Mallory"))
    assert cli.run(["audit", "verify"]) == 1
    assert "entry 2 was changed" in capsys.readouterr().out
    assert cli.run(["audit", "verify", "--json"]) == 1
    assert answer(capsys)["broken_at"] == 2


def test_config_check(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["config", "check", str(place.plant)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{place.plant} can be used.\nPacking hall 2 (Europe/Berlin)")
    assert "good from filler1.good, starts again at 65536, at most 3600 counts/h" in told
    assert cli.run(["config", "check", "--json"]) == 0
    assert answer(capsys)["summary"]["machines"] == 1
    wrong = place.folder / "wrong.toml"
    wrong.write_text(
        PLANT.replace('"Europe/Berlin"', '"Europe/Nowhere"').replace("good = {", "good = { x = 1,")
    )
    assert cli.run(["config", "check", str(wrong)]) == 2
    told = capsys.readouterr().err
    assert f"{wrong}:4: " in told
    assert "2 problems" in told
    assert cli.run(["config", "check", str(wrong), "--json"]) == 2
    assert answer(capsys)["problems"][0]["line"] == 4
    assert cli.run(["config", "check", str(place.folder / "none.toml")]) == 2


def test_people_add_and_list(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANT_CONSOLE_PIN", "1234")
    assert cli.run(["people", "add", "Ada"]) == 0
    assert capsys.readouterr().out == "Ada may sign in: Supervisor, Administrator.\n"
    assert cli.run(["people", "add", "Bo", "--role", "inspector"]) == 2
    assert "--actor" in capsys.readouterr().err
    monkeypatch.setenv("PLANT_CONSOLE_ACTOR_PIN", "0000")
    assert cli.run(["people", "add", "Bo", "--role", "inspector", "--actor", "Ada"]) == 2
    monkeypatch.setenv("PLANT_CONSOLE_ACTOR_PIN", "1234")
    assert cli.run(["people", "add", "Bo", "--role", "inspector", "--actor", "Ada"]) == 0
    capsys.readouterr()
    assert cli.run(["people", "list", "--json"]) == 0
    assert [(p["name"], p["roles"]) for p in answer(capsys)] == [
        ("Ada", ["administrator", "supervisor"]),
        ("Bo", ["inspector"]),
    ]


def test_the_pin_is_asked_for_twice(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = iter(["1234", "4321"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(given))
    assert cli.run(["people", "add", "Ada"]) == 2
    assert "PINs differ" in capsys.readouterr().err


def test_nothing_takes_a_pin_as_an_argument() -> None:
    with pytest.raises(SystemExit):
        cli.build_parser().parse_args(["people", "add", "Ada", "--pin", "1234"])


def first_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eva, who may do everything; her PIN is 2468."""
    monkeypatch.setenv("PLANT_CONSOLE_PIN", "2468")
    assert cli.run(["people", "add", "Eva"]) == 0


def test_a_policy_is_set_by_a_person_with_a_reason(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first_person(monkeypatch)
    capsys.readouterr()
    asked = ["policies", "set", "filler1", "production", "automatic", "--tolerance", "2"]
    assert cli.run([*asked, "--reason", "runs well"]) == 2
    assert capsys.readouterr().err == "Somebody has to set it.\nName one with --actor.\n"
    monkeypatch.setenv("PLANT_CONSOLE_ACTOR_PIN", "1111")
    assert cli.run([*asked, "--reason", "runs well", "--actor", "Eva"]) == 2
    monkeypatch.setenv("PLANT_CONSOLE_ACTOR_PIN", "2468")
    capsys.readouterr()
    assert cli.run([*asked, "--actor", "Eva"]) == 2
    assert "reason is missing" in capsys.readouterr().err
    assert cli.run([*asked, "--reason", "runs well", "--actor", "Eva"]) == 0
    assert capsys.readouterr().out == "Filler 1: production is now automatic within 2 %.\n"
    assert cli.run([*asked, "--reason", "again", "--actor", "Eva"]) == 2
    assert "holds already" in capsys.readouterr().err
    assert cli.run(["policies", "list", "--json"]) == 0
    row = next(r for r in answer(capsys) if r["flow"] == "production")
    assert (row["mode"], row["tolerance_percent"], row["set_by"]) == ("automatic", 2.0, "Eva")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("filler1", "hold", "automatic", "--tolerance", "2"), "Only automatic production has a tolerance"),
        (("filler1", "maintenance", "automatic"), "always sent by a person"),
        (("filler9", "production", "shadow"), "no machine 'filler9'"),
        (("filler1", "production", "automatic", "--tolerance", "nan"), "no percentage"),
    ],
)
def test_policies_that_cannot_be(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    words: str,
) -> None:
    first_person(monkeypatch)
    capsys.readouterr()
    monkeypatch.setenv("PLANT_CONSOLE_ACTOR_PIN", "2468")
    assert cli.run(["policies", "set", *given, "--reason", "why", "--actor", "Eva"]) == 2
    assert words in capsys.readouterr().err
