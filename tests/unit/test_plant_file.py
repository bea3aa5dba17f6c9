"""The plant file: what a good one becomes, and how each mistake is told."""

from __future__ import annotations

import re
import tomllib
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.equipment import ModbusConnection, OpcuaConnection, Plant
from console.domain.packml import PACKML_NUMBERS, MachineState
from console.domain.tags import DataType, Tag
from console.errors import ConfigurationError, PlantFileError, Problem
from console.plant_file import explain_plant, load_plant, models, parse_plant
from console.plant_file.lines import Lines
from console.plant_file.models import Table

EXAMPLE = Path(__file__).parents[2] / "resources" / "examples" / "plant.toml"

GOOD = """\
[plant]
name = "Hall 2"
timezone = "Europe/Berlin"
[odoo]
url = "https://erp.example.com/"
database = "production"
api_key = "keyring:plant-console/odoo"
site_prefix = "hall2"
[connections.line1]
type = "opcua"
url = "opc.tcp://192.0.2.10:4840"
[connections.press]
type = "modbus"
host = "192.0.2.20"
[machines.filler1]
title = "Filler 1"
work_center = "WC-110"
connection = "line1"
ideal_rate_per_h = 600
order = "nsu=urn:example;s=Order"
[machines.filler1.state]
address = "ns=2;i=7"
map = { 0 = "stopped", 1 = "execute", true = "idle", RUN = "execute" }
[machines.filler1.counters.good]
address = "nsu=urn:example;s=Good"
modulus = 4294967296
max_rate_per_h = 1440
[machines.filler1.values]
pressure = { address = "input:7", connection = "press", data_type = "int16", scale = 0.1, unit = "bar" }
[machines.filler1.alarms.jam]
address = "i=99"
text = "Jam at infeed"
priority = 2
[machines.press1]
work_center = "WC-210"
connection = "press"
[machines.press1.lot]
address = "holding:40:8"
data_type = "string"
[machines.press1.counters]
good = { address = "holding:100", data_type = "uint16", max_rate_per_h = 150, units_per_count = 12 }
bad = { address = "holding:101", data_type = "uint32", kind = "scrap", modulus = 1000000, max_rate_per_h = 9 }
[machines.press1.alarms]
oil_low = { address = "discrete:4", text = "Oil low" }
[[shifts]]
name = "Late"
start = 14:00:00
[[shifts]]
name = "Morning"
start = "06:00"
[limits]
clock_skew_warn_s = 1
"""


def plant() -> Plant:
    return parse_plant(GOOD, "plant.toml")


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PlantFileError) as caught:
        parse_plant(text, "plant.toml")
    return caught.value.problems


def the_problem(old: str, new: str) -> Problem:
    """The one problem that a good file has after this change."""
    assert GOOD.count(old) == 1, old
    (problem,) = problems_of(GOOD.replace(old, new))
    return problem


# --- what a good file becomes ------------------------------------------------------------------------------


def test_connections_and_odoo() -> None:
    read = plant()
    assert read.connections == (
        OpcuaConnection("line1", "opc.tcp://192.0.2.10:4840"),
        ModbusConnection("press", "192.0.2.20"),
    )
    assert read.odoo is not None
    assert read.odoo.url == "https://erp.example.com"
    assert read.odoo.api_key == "keyring:plant-console/odoo"
    assert read.odoo.timeout_s == 130.0


def test_tags_are_named_after_machine_and_signal() -> None:
    tags = {tag.name: tag for tag in plant().tags}
    assert set(tags) == {
        *("filler1.good", "filler1.pressure", "filler1.jam", "filler1.order", "filler1.state"),
        *("press1.good", "press1.bad", "press1.oil_low", "press1.lot"),
    }
    assert tags["filler1.pressure"] == Tag(
        "filler1.pressure", "press", "input:7", DataType.INT16, scale=0.1, unit="bar"
    )
    assert tags["press1.oil_low"].data_type is DataType.BOOL
    assert tags["filler1.good"].data_type is None


def test_machines() -> None:
    filler, press = plant().machines
    assert filler.order_tag == "filler1.order"
    assert filler.state_map == (
        (0, MachineState.STOPPED),
        (1, MachineState.EXECUTE),
        (True, MachineState.IDLE),
        ("RUN", MachineState.EXECUTE),
    )
    assert filler.alarms[0].priority == 2
    assert filler.process_tags == ("filler1.pressure",)
    assert filler.counters[0].max_rate_per_s == pytest.approx(0.4)
    assert press.title == "press1"
    assert press.lot_tag == "press1.lot"
    assert press.confirmation_interval_s == 3600
    assert [(c.kind, c.modulus, c.units_per_count) for c in press.counters] == [
        ("good", 65536, 12),
        ("scrap", 1_000_000, 1),
    ]
    assert set(filler.tag_names()) | set(press.tag_names()) == {tag.name for tag in plant().tags}


def test_shifts_limits_and_version() -> None:
    read = plant()
    assert [(s.name, s.start) for s in read.shifts] == [("Morning", time(6)), ("Late", time(14))]
    assert (read.clock_skew_warn_s, read.clock_skew_fail_s) == (1, 30)
    assert read.telemetry_keep == timedelta(days=7)
    assert len(read.version) == 64
    assert parse_plant(GOOD + "# a word\n", "x").version != read.version


def test_packml_map_and_no_odoo() -> None:
    text = GOOD.replace('{ 0 = "stopped", 1 = "execute", true = "idle", RUN = "execute" }', '"packml"')
    text = text[: text.index("[odoo]")] + text[text.index("[connections.line1]") :]
    read = parse_plant(text, "x")
    assert dict(read.machines[0].state_map) == PACKML_NUMBERS
    assert read.odoo is None


def test_the_example_is_good_and_explained() -> None:
    text = explain_plant(load_plant(EXAMPLE))
    for part in (
        "Packing hall 2",
        "line1: OPC UA",
        "12 Units a count",
        "Morning from 06:00",
        "1440 counts/h",
    ):
        assert part in text
    assert "LINE1_PASSWORD" not in text


def test_a_file_saved_by_windows(tmp_path: Path) -> None:
    path = tmp_path / "plant.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_plant(path).machines == plant().machines


# --- how mistakes are told ---------------------------------------------------------------------------------

MISTAKES = [
    # old, new, line, where, part of the message
    ('name = "Hall 2"', "name = 2", 2, "plant.name", "must be text in quotes"),
    ('name = "Hall 2"', 'name = ""', 2, "plant.name", "must not be empty"),
    ("Europe/Berlin", "Europe/Berln", 3, "plant.timezone", 'did you mean "Europe/Berlin"?'),
    ("Europe/Berlin", "Berlin", 3, "plant.timezone", 'did you mean "Europe/Berlin"?'),
    ("Europe/Berlin", "../etc/passwd", 3, "plant.timezone", "there is no time zone"),
    ("Europe/Berlin", "Europe", 3, "plant.timezone", "there is no time zone"),
    ('database = "production"\n', "", 4, "odoo.database", "is required: the name of Odoo's database"),
    ("https://erp.example.com/", "http://erp.example.com", 5, "odoo.url", "allow_plain_http = true"),
    ("https://erp.example.com/", "erp.example.com", 5, "odoo.url", "is no web address"),
    ("https://erp.example.com/", "https://a:b@erp.example.com", 5, "odoo.url", "name or password"),
    ("https://erp.example.com/", "https://erp.example.com/web", 5, "odoo.url", "must end after the host"),
    ("https://erp.example.com/", "https://erp:x", 5, "odoo.url", "is no web address"),
    ('"hall2"', '"Hall 2"', 8, "odoo.site_prefix", "cannot start external ids"),
    ('"hall2"', '"mrp"', 8, "odoo.site_prefix", "the name of an Odoo module"),
    ('site_prefix = "hall2"', 'site_prefix = "hall2"\ntimout_s = 3', 9, "odoo.timout_s", '"timeout_s"?'),
    ("oil_low = {", "OilLow = {", 44, "machines.press1.alarms.OilLow", "is no usable name for a signal"),
    ('type = "opcua"', 'type = "opc-ua"', 10, "connections.line1.type", 'did you mean "opcua"?'),
    ('type = "opcua"\n', "", 9, "connections.line1.type", 'is required: "opcua" or "modbus"'),
    ("opc.tcp://192.0.2.10:4840", "192.0.2.10:4840", 11, "connections.line1.url", "is no OPC UA endpoint"),
    (
        'host = "192.0.2.20"',
        'host = "192.0.2.20"\nport = "502"',
        15,
        "connections.press.port",
        "whole number",
    ),
    (
        'host = "192.0.2.20"',
        'host = "192.0.2.20"\nport = 70000',
        15,
        "connections.press.port",
        "at most 65535",
    ),
    ('host = "192.0.2.20"', 'host = "tcp://x"', 14, "connections.press.host", "alone"),
    ('host = "192.0.2.20"', 'host = "x"\nword_order = "Big"', 15, "connections.press.word_order", '"big" or'),
    (
        'connection = "line1"',
        'connection = "line2"',
        18,
        "machines.filler1.connection",
        'did you mean "line1"?',
    ),
    (
        "ideal_rate_per_h = 600",
        'ideal_rate_per_h = "600"',
        19,
        "machines.filler1.ideal_rate_per_h",
        "not text",
    ),
    ("ideal_rate_per_h = 600", "ideal_rate_per_h = inf", 19, "machines.filler1.ideal_rate_per_h", "finite"),
    (
        *("ideal_rate_per_h = 600", "confirmation_interval_s = 7000", 19),
        *("machines.filler1.confirmation_interval_s", "does not divide a day"),
    ),
    ("nsu=urn:example;s=Order", "holding:1", 20, "machines.filler1.order.address", "type opcua"),
    ("ns=2;i=7", "Filler1.State", 22, "machines.filler1.state.address", "is no OPC UA node id"),
    ('RUN = "execute"', 'RUN = "excute"', 23, "machines.filler1.state.map.RUN", 'did you mean "execute"?'),
    (
        "[machines.filler1.counters.good]",
        "[machines.filler1.counters.c1]",
        24,
        "machines.filler1.counters.c1",
        "kind",
    ),
    ("modulus = 4294967296\n", "", 24, "machines.filler1.counters.good.modulus", "is required"),
    ("modulus = 4294967296", "modulus = 1", 26, "machines.filler1.counters.good.modulus", "at least 2"),
    (
        "max_rate_per_h = 1440",
        "max_rate_per_h = 0",
        27,
        "machines.filler1.counters.good.max_rate_per_h",
        "more than 0",
    ),
    (
        "max_rate_per_h = 1440",
        "max_rate_per_h = 500",
        27,
        "machines.filler1.counters.good.max_rate_per_h",
        "doubted",
    ),
    (
        *('address = "i=99"', 'address = "i=99"\ndata_type = "bool"', 32),
        *("machines.filler1.alarms.jam.data_type", "for Modbus only"),
    ),
    (
        "[machines.filler1.alarms.jam]",
        "[machines.filler1.alarms.good]",
        30,
        "machines.filler1.alarms.good",
        "second tag",
    ),
    ("priority = 2", "priority = 5", 33, "machines.filler1.alarms.jam.priority", "at most 4"),
    ('work_center = "WC-210"', 'work_centre = "WC-210"', 34, "machines.press1.work_center", "is required"),
    ('connection = "press"\n[', "[", 34, "machines.press1.connection", "is required, here or"),
    ('"holding:40:8"', '"holding:40"', 38, "machines.press1.lot.address", "length in registers"),
    ('"holding:40:8"', '"holding:40:62"', 38, "machines.press1.lot.address", "shares registers"),
    ('"holding:40:8"', '"holding:40:126"', 38, "machines.press1.lot.address", "at most 125"),
    ('"holding:40:8"', '"nsu=a;s=b"', 38, "machines.press1.lot.address", "type modbus"),
    ('"holding:40:8"', '"40040"', 38, "machines.press1.lot.address", "is no Modbus place"),
    ('data_type = "uint16", ', "", 41, "machines.press1.counters.good.address", "needs a data_type"),
    (
        'data_type = "uint16"',
        'data_type = "unt16"',
        41,
        "machines.press1.counters.good.data_type",
        '"uint16"?',
    ),
    (
        'data_type = "uint16"',
        'data_type = "float32"',
        41,
        "machines.press1.counters.good.modulus",
        "is required",
    ),
    (
        'data_type = "uint16"',
        'data_type = "bool"',
        41,
        "machines.press1.counters.good.data_type",
        "must be a number",
    ),
    ('"holding:100"', '"holding:65536"', 41, "machines.press1.counters.good.address", "0 to 65535"),
    (
        "modulus = 1000000",
        "modulus = 4294967297",
        42,
        "machines.press1.counters.bad.modulus",
        "more than uint32",
    ),
    (
        '"discrete:4"',
        '"discrete:4", data_type = "int16"',
        44,
        "machines.press1.alarms.oil_low.address",
        "one bit",
    ),
    (
        'oil_low = { address = "discrete:4", text = "Oil low" }',
        "oil_low = 4",
        44,
        "machines.press1.alarms.oil_low",
        "address",
    ),
    ('name = "Morning"', 'name = "Late"', 49, "shifts[2].name", "an earlier shift"),
    ('start = "06:00"', 'start = "14:00"', 50, "shifts[2].start", "when the shift"),
    ('start = "06:00"', 'start = "6 am"', 50, "shifts[2].start", "is no time of day"),
    ('start = "06:00"', "start = 6", 50, "shifts[2].start", "time of day"),
    ("[limits]", "[limit]", 51, "limit", 'did you mean "limits"?'),
    ("clock_skew_warn_s = 1", "clock_skew_warn_s = 30", 52, "limits.clock_skew_warn_s", "less than"),
]


@pytest.mark.parametrize(("old", "new", "line", "where", "part"), MISTAKES)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, where: str, part: str) -> None:
    changed = GOOD.replace(old, new)
    assert GOOD.count(old) == 1, old
    problems = problems_of(changed)
    found = [p for p in problems if p.where == where]
    assert found, problems
    assert (found[0].line, part in found[0].message) == (line, True), found[0]
    # a mistyped required key is both unknown and missing; else nothing may follow from a mistake
    assert len(problems) == (2 if "work_centre" in new else 1), problems


@pytest.mark.parametrize("name", ["Line1", "1line", '"line 1"', '"ligne-é"'])
@pytest.mark.parametrize("section", ["connections", "machines"])
def test_a_name_that_cannot_be_used(section: str, name: str) -> None:
    problems = problems_of(f"{GOOD}[{section}.{name}]\n")
    assert any("is no usable name" in p.message and p.line == 53 for p in problems)


def test_everything_is_told_at_once_in_line_order() -> None:
    text = GOOD
    for old, new in [
        ("Europe/Berlin", "Europe/Berln"),
        ('type = "opcua"', 'type = "opcua"\nsecurty = "none"'),
        ('work_center = "WC-110"\n', ""),
        ("ns=2;i=7", "?"),
        ('"holding:100"', '"holding:x"'),
        ('start = "06:00"', 'start = "26:00"'),
    ]:
        text = text.replace(old, new)
    problems = problems_of(text)
    assert [p.line for p in problems] == sorted(p.line for p in problems)
    assert [p.where for p in problems] == [
        "plant.timezone",
        "connections.line1.securty",
        "machines.filler1.work_center",
        "machines.filler1.state.address",
        "machines.press1.counters.good.address",
        "shifts[2].start",
    ]


def test_a_file_of_nothing() -> None:
    (problem,) = problems_of("")
    assert problem.where == "plant"


@pytest.mark.parametrize(
    "section", ["plant", "odoo", "connections", "machines", "shifts", "telemetry", "limits"]
)
def test_a_section_of_the_wrong_kind(section: str) -> None:
    problems = problems_of(f"{section} = 3")
    assert any(p.where == section and p.line == 1 and "must be" in p.message for p in problems)


@pytest.mark.parametrize("place", ["connections.a", "machines.a", "machines.a.counters", "machines.a.state"])
def test_a_table_of_the_wrong_kind(place: str) -> None:
    assert any(p.where == place and "must be" in p.message for p in problems_of(f"{place} = 3"))


# --- secrets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"keyring:plant-console/odoo"', '"hunter2"'),
        ('"keyring:plant-console/odoo"', '["hunter2"]'),
        ('"keyring:plant-console/odoo"', '"keyring:hunter2"'),
        ('api_key = "keyring:plant-console/odoo"', 'apikey = "hunter2"'),
        ('type = "opcua"', 'type = "opcua"\nusername = "u"\npassword = "hunter2"'),
        ('type = "opcua"', 'type = "opcua"\npasword = "hunter2"'),
        ("opc.tcp://192", "opc.tcp://u:hunter2@192"),
        ("https://erp", "https://u:hunter2@erp"),
    ],
)
def test_no_message_repeats_a_secret(old: str, new: str) -> None:
    with pytest.raises(PlantFileError) as caught:
        parse_plant(GOOD.replace(old, new), "plant.toml")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.problems)


@pytest.mark.parametrize(
    "reference", ["env:ODOO_KEY", "file:/etc/plant-console/key", "keyring:plant-console/odoo"]
)
def test_references_are_taken(reference: str) -> None:
    read = parse_plant(GOOD.replace("keyring:plant-console/odoo", reference), "x")
    assert read.odoo is not None
    assert read.odoo.api_key == reference


def test_a_password_needs_a_secured_connection() -> None:
    problem = the_problem('type = "opcua"', 'type = "opcua"\nusername = "u"\npassword = "env:P"')
    assert problem.where == "connections.line1.security"
    assert "readable through the network" in problem.message


def test_a_secured_connection_needs_its_files() -> None:
    secured = 'type = "opcua"\nsecurity = "Basic256Sha256,SignAndEncrypt"'
    problems = problems_of(GOOD.replace('type = "opcua"', secured))
    assert [p.where for p in problems] == [
        f"connections.line1.{key}" for key in ("certificate", "private_key", "server_certificate")
    ]
    files = 'certificate = "a"\nprivate_key = "b"\nserver_certificate = "c"'
    text = GOOD.replace('type = "opcua"', f"{secured}\n{files}")
    assert parse_plant(text, "x").connections[0] == OpcuaConnection(
        "line1",
        "opc.tcp://192.0.2.10:4840",
        security="Basic256Sha256,SignAndEncrypt",
        certificate="a",
        private_key="b",
        server_certificate="c",
    )


def test_certificates_are_looked_for_beside_the_plant_file() -> None:
    (line1, _) = parse_plant(EXAMPLE.read_text(), "/etc/plant-console/plant.toml").connections
    assert isinstance(line1, OpcuaConnection)
    assert Path(line1.certificate) == Path("/etc/plant-console/certificates/console.der")


def test_an_unknown_security_is_corrected() -> None:
    wrong = 'type = "opcua"\nsecurity = "Basic256Sha256,SignEncrypt"\ncertificate = "a"\nprivate_key = "b"\n'
    problem = the_problem('type = "opcua"', wrong + 'server_certificate = "c"')
    assert 'did you mean "Basic256Sha256,SignAndEncrypt"?' in problem.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8069", "http://localhost:8069", "http://[::1]:8069"])
def test_plain_http_on_this_computer(url: str) -> None:
    parse_plant(GOOD.replace("https://erp.example.com/", url), "x")


def test_plain_http_where_it_is_asked_for() -> None:
    text = GOOD.replace("https://erp.example.com/", "http://erp.example.com")
    parse_plant(text.replace('site_prefix = "hall2"', 'site_prefix = "hall2"\nallow_plain_http = true'), "x")


# --- the file itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "where", "part"),
    [
        ('[plant]\nname = "x\n', 2, "the file", "is not TOML here"),
        ("[plant]\nname =\n", 2, "the file", "is not TOML here"),
        ("[plant]\n[machines.a]\n[machines.a]\n", 3, "machines.a", "stands in the file twice"),
        ('[plant]\nname = "a"\nname = "b"\n', 3, "the file", "stands twice"),
        ("[plant\n", 1, "the file", "is not TOML here"),
    ],
)
def test_a_file_that_is_no_toml(text: str, line: int, where: str, part: str) -> None:
    (problem,) = problems_of(text)
    assert (problem.line, problem.where) == (line, where)
    assert part in problem.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        load_plant(tmp_path / "plant.toml")
    assert not isinstance(caught.value, PlantFileError)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "plant.toml"
    path.write_bytes('[plant]\nname = "Füller"\n'.encode("latin-1"))
    with pytest.raises(PlantFileError) as caught:
        load_plant(path)
    assert caught.value.problems[0].line == 2


TABLES = [
    one
    for one in vars(models).values()
    if isinstance(one, type) and issubclass(one, Table) and one not in (Table, models.SignalTable)
]


@pytest.mark.parametrize("model", TABLES)
def test_every_key_is_documented(model: type[Table]) -> None:
    text = (EXAMPLE.parents[2] / "docs" / "plant-file.md").read_text(encoding="utf-8")
    missing = [key for key in model.model_fields if not re.search(rf"[`.\[]{key}[`\]. ]", text)]
    assert set(missing) <= {"type"}


def keys_of(value: object) -> set[str]:
    """Every key that is written anywhere inside."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = set(value) if isinstance(value, dict) else set()
    return own.union(*(keys_of(part) for part in inside))


@pytest.mark.parametrize("model", [t for t in TABLES if t.__name__ not in ("OpcuaTable", "ModbusTable")])
def test_the_example_has_everything_in_it(model: type[Table]) -> None:
    """Of connections and of Odoo it shows what most plants need; docs/plant-file.md has the rest."""
    written = keys_of(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    unwritten = set(model.model_fields) - written
    assert unwritten <= {
        *("allow_plain_http", "timeout_s", "settle_s", "sync_interval_s", "stale_after_s"),
        *("confirmation_interval_s", "offset"),
    }


# --- the locator -------------------------------------------------------------------------------------------

PLACES = '''\
# first
title = "a # no comment ] } [x]"
long = """
[not.a.table]
key = "1""" # two quotes at the end: """"
after."dot.ted".'lit eral' = 1
list = [ 1, # one
  "two", ["three", { four = 4 }],
]
inline = { a = 1, b.c = { d = [ { e = 2 } ] } }
[a.b.c]
x = \'\'\'
]]\'\'\'
[a]
[[rows]]
n = 1
[rows.sub]
m = 2
[[rows]]
[[rows.deep]]
k = 1979-05-27T07:32:00Z
[[rows.deep]]
k = 2
'''


def test_places_of_every_kind() -> None:
    text = PLACES.replace('''"1""" # two quotes at the end: """"''', '''"1"""''')
    tomllib.loads(text)
    lines = Lines(text)
    for path, line in {
        ("title",): 2,
        ("long",): 3,
        ("after", "dot.ted", "lit eral"): 6,
        ("list",): 7,
        ("list", 0): 7,
        ("list", 1): 8,
        ("list", 2, 1, "four"): 8,
        ("inline", "b", "c", "d", 0, "e"): 10,
        ("a", "b", "c", "x"): 12,
        ("a",): 14,
        ("rows", 0, "n"): 16,
        ("rows", 0, "sub", "m"): 18,
        ("rows", 1): 19,
        ("rows", 1, "deep", 0, "k"): 21,
        ("rows", 1, "deep", 1, "k"): 23,
    }.items():
        assert lines.found[path] == line, path
    assert ("not",) not in lines.found
    assert lines.of(("rows", 1, "deep", 1, "missing")) == 22
    assert lines.of(("nowhere",)) == 0


def every_path(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, part in inside for p in every_path(part, (*path, key)))]


@pytest.mark.parametrize(
    "text", [GOOD, PLACES.replace(' # two quotes at the end: """"', ""), EXAMPLE.read_text()]
)
def test_every_key_that_toml_reads_has_a_line(text: str) -> None:
    assert set(every_path(tomllib.loads(text))[1:]) == set(Lines(text).found)


KEYS = st.text("ab-", min_size=1, max_size=2) | st.sampled_from(['"a.b"', "'#'", '"\\""'])
SIMPLE = st.sampled_from(["1", "true", '"x"', "'#]}'", '"""a\nb"""', "'''\n]'''", "[]", "{}", "06:00:00"])
NESTED = st.recursive(
    SIMPLE,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # x\n".join(items) + " ]")
        | st.dictionaries(KEYS, inner, max_size=3).map(
            lambda table: "{ " + ", ".join(f"{k} = {v}" for k, v in table.items()) + " }"
        )
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from(["[{}]", "[[{}]]", ""]), KEYS, KEYS, NESTED), max_size=5))
def test_any_toml_is_located_whole(parts: list[tuple[str, str, str, str]]) -> None:
    text = "".join(f"{header.format(table)}\n{key} = {value} # end\n" for header, table, key, value in parts)
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # the same key twice, for example
    assert set(every_path(read)[1:]) == set(Lines(text).found)
