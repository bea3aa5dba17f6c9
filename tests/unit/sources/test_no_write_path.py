"""No code path to a machine can write: the sources call nothing that could.

The libraries can write, so the proof is that no source names what would. A name that looks like writing and
is not stands in ALLOWED, with its reason.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import console.sources

FOLDER = Path(next(iter(console.sources.__path__)))
FILES = sorted(FOLDER.rglob("*.py"))
FORBIDDEN_STARTS = (
    "write",
    "set_value",
    "set_attribute",
    "set_writable",
    "call_method",
    "add_",
    "history_update",
)
FORBIDDEN = frozenset(
    {
        "call",
        "publish",
        "execute",
        "send",
        "sendall",
        "send_request",
        "mask_write_register",
        "readwrite_registers",
        "delete",
        "delete_nodes",
        "import_xml",
        "load_data_type_definitions",
        "register_nodes",
        "acknowledge",
    }
)
ALLOWED = {
    # counts samples that a server's queue lost; touches no machine
    "add_dropped": "link.py, opcua_session.py",
}


def names_used(source: str) -> set[str]:
    """Every attribute and import that the code names, called or not, and every string given to getattr."""
    used: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            used.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            used.update(str(a.value) for a in node.args if isinstance(a, ast.Constant))
    return used


def offences(source: str, file: str) -> set[str]:
    """The names that could write."""
    found = {n for n in names_used(source) if n in FORBIDDEN or n.startswith(FORBIDDEN_STARTS)}
    return {n for n in found if file not in ALLOWED.get(n, "")}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_source_names_nothing_that_writes(file: Path) -> None:
    assert offences(file.read_text(encoding="utf-8"), file.name) == set()


def test_both_protocols_were_looked_at() -> None:
    assert {"opcua.py", "opcua_session.py", "modbus.py"} <= {file.name for file in FILES}


@pytest.mark.parametrize(
    "line",
    [
        "await client.write_register(1, 2)",
        "await node.write_value(3)",
        "await node.call_method('Reset')",
        "write = client.write_coils",
        "getattr(client, 'write_coil')(1, True)",
        "await client.uaclient.call([])",
        "from pymodbus.pdu import write_something",
    ],
)
def test_the_search_finds_what_it_is_for(line: str) -> None:
    assert offences(f"async def f(client, node):\n    {line}\n", "x.py")
