"""``plant-console condition try`` against recorded samples, run as the program runs it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console import cli
from console.domain.detect import MachineMemory
from console.domain.machine_events import StateChanged
from console.domain.packml import MachineState
from console.domain.tags import Quality, Sample
from console.plant_file import load_plant
from console.services.ingest import Detected, Ingest
from console.store.engine import open_ledger, open_telemetry
from console.store.telemetry import Telemetry

PLANT = """
[plant]
name = "Packing hall 2"
timezone = "Europe/Berlin"

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

[machines.filler1.values]
weight = { address = "holding:110", data_type = "float32", unit = "g" }

[machines.filler1.conditions.weight]
learn_s = 600
threshold = 1000
"""
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 07:00 in the plant


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of samples that drift from the half hour on."""
    plant = tmp_path / "plant.toml"
    plant.write_text(PLANT, encoding="utf-8")
    for name in ("LEDGER", "TELEMETRY"):
        monkeypatch.delenv(f"PLANT_CONSOLE_{name}", raising=False)
    monkeypatch.setenv("PLANT_CONSOLE_DATA", str(tmp_path))
    monkeypatch.setenv("PLANT_CONSOLE_PLANT", str(plant))
    known = load_plant(plant)
    began = StateChanged(
        "filler1", START - timedelta(hours=1), MachineState.UNDEFINED, MachineState.EXECUTE, "1"
    )
    ledger = open_ledger(tmp_path / "ledger.db")
    Ingest(ledger, known).store([Detected(known.machines[0], MachineMemory(), [began])], began.at)
    chance = random.Random(4)
    samples = []
    for second in range(3600):
        at = START + timedelta(seconds=second)
        value = chance.gauss(250.0 + max(second - 1800, 0) / 1800, 0.5)
        samples.append(Sample("filler1.weight", value, Quality.GOOD, at, at))
    Telemetry(open_telemetry(tmp_path / "telemetry.db")).append(samples)


SPAN = ["--from", "2026-03-02T07:00", "--to", "2026-03-02T08:00"]


def test_what_would_have_been_found_beside_what_is_live(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["condition", "try", "filler1", "weight", *SPAN, "--threshold", "8"]) == 0
    told = capsys.readouterr().out
    assert "3,600 samples of filler1.weight: 250" in told
    assert "drift" in told
    assert "Weight drifts up" in told
    live = told.partition("What is live would have found")[2]
    assert "drift" not in live


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "condition",
        "try",
        "filler1",
        "filler1.weight",
        *SPAN,
        "--threshold",
        "8",
        "--slack",
        "0.4",
        "--json",
    ]
    assert cli.run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["parameters"]["threshold"], told["parameters"]["slack"]) == (8.0, 0.4)
    assert told["parameters"]["learn_s"] == 600
    drift = next(f for f in told["trial"]["findings"] if f["finding"] == "drift")
    assert "2026-03-02T06:30:00Z" < drift["at"] < "2026-03-02T06:50:00Z"
    assert told["trial"]["threshold"] == 0.5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody", "weight", *SPAN], "no machine 'nobody'"),
        (["filler1", "pressure", *SPAN], "filler1.weight"),
        (["filler1", "weight", "--from", "yesterday"], "'yesterday' is no time"),
        (["filler1", "weight", *SPAN, "--smoothing", "7"], "smoothing is 7"),
        (["filler1", "weight", "--to", "2026-02-01"], "No sample of filler1.weight"),
    ],
)
def test_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert cli.run(["condition", "try", *words]) == 2
    assert said in capsys.readouterr().err
