"""Migrations: they make what the metadata says, once, and refuse what they do not know."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, text

from console.errors import StoreTooNew, StoreUnavailable
from console.store import migrate
from console.store.engine import open_ledger, open_telemetry, read, write
from console.store.migrate import LEDGER, TELEMETRY, Database, current_revision, differences, upgrade

pytestmark = pytest.mark.filterwarnings("ignore:Cannot correctly sort tables")
LEDGER_FOLDER = LEDGER.folder
BOTH = pytest.mark.parametrize(
    ("database", "opener"), [(LEDGER, open_ledger), (TELEMETRY, open_telemetry)], ids=["ledger", "telemetry"]
)


def schema_of(engine: object) -> dict[str, str]:
    """Every table and index by name, as SQLite keeps its text, white space and quotes aside."""
    with engine.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")).all()
    return {
        name: " ".join(sorted(re.findall(r"[\w.<>=']+", sql)))
        for name, sql in rows
        if name != "schema_version"
    }


@BOTH
def test_migrations_make_what_the_metadata_says(database: Database, opener: object, tmp_path: Path) -> None:
    engine = opener(tmp_path / "x.db")  # type: ignore[operator]
    assert differences(engine, database) == []
    # stricter than Alembic's comparison, which does not see checks and partial indexes
    straight = create_engine("sqlite://")
    database.metadata.create_all(straight)
    assert schema_of(engine) == schema_of(straight)


@BOTH
def test_opening_again_changes_nothing(database: Database, opener: object, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    opener(path)  # type: ignore[operator]
    before = path.read_bytes()
    assert current_revision(opener(path), database)  # type: ignore[operator]
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with write(open_ledger(path)) as tx:
        tx.execute(text("UPDATE schema_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="newer plant console") as caught:
        open_ledger(path)
    assert str(path) in caught.value.what
    with read(open_ledger(path, migrate=False)) as tx:
        assert tx.execute(text("SELECT version_num FROM schema_version")).scalar() == "9999"


@BOTH
@pytest.mark.parametrize("other", ["0001", "0001_0a1b2c3d"])
def test_another_development_state_is_refused_and_left_alone(
    database: Database, opener: object, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.db"
    with write(opener(path)) as tx:  # type: ignore[operator]
        tx.execute(text("UPDATE schema_version SET version_num = :v"), {"v": other})
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="another development state") as caught:
        opener(path)  # type: ignore[operator]
    assert str(path) in caught.value.what
    assert other in caught.value.what
    assert "move the file away" in caught.value.remedy
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with write(open_ledger(path, migrate=False)) as tx:
        tx.execute(text("CREATE TABLE songs (id INTEGER)"))
    with pytest.raises(StoreUnavailable, match="songs"):
        open_ledger(path)


def test_an_upgrade_happens_wholly_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    original, made = Operations.create_table, []

    def breaks_at_the_third(self: Operations, name: str, *columns: object, **options: object) -> object:
        made.append(name)
        if len(made) == 3:
            raise RuntimeError("power cut")
        return original(self, name, *columns, **options)  # type: ignore[arg-type]

    engine = open_ledger(tmp_path / "ledger.db", migrate=False)
    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", breaks_at_the_third)
        patch.setattr(
            "alembic.op.create_table", lambda *a, **k: breaks_at_the_third(current_operations(), *a, **k)
        )
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(engine, LEDGER)
    with read(engine) as tx:
        assert tx.execute(text("SELECT count(*) FROM sqlite_schema")).scalar() == 0
    upgrade(engine, LEDGER)
    assert differences(engine, LEDGER) == []


def current_operations() -> object:
    from alembic import op

    return op._proxy


def test_processes_that_start_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    program = f"from console.store.engine import open_ledger; open_ledger({str(path)!r})"
    started = [
        subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert differences(open_ledger(path), LEDGER) == []


def test_other_tables_have_another_initial_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database, "folder", property(lambda self: tmp_path / self.name))
    (tmp_path / "ledger" / "versions").mkdir(parents=True)
    names = []
    for columns in (("a",), ("a", "b"), ("a",)):
        tables = MetaData()
        Table("t", tables, *(Column(name, Integer) for name in columns))
        file = migrate.write_revision(Database("ledger", tables), "The first schema")
        assert file is not None
        names.append(re.search(r'^revision = "(0001_[0-9a-f]{8})"$', file.read_text(), re.MULTILINE))
    found = [n.group(1) for n in names if n is not None]
    assert len(found) == 3
    assert found[0] == found[2] != found[1]


def test_after_the_release_a_revision_follows_the_initial_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "folder", property(lambda self: tmp_path / self.name))
    shutil.copytree(LEDGER_FOLDER, tmp_path / "ledger")
    grown = MetaData()
    for table in LEDGER.metadata.tables.values():
        table.to_metadata(grown)
    Table("more", grown, Column("id", Integer, primary_key=True))
    monkeypatch.setattr(migrate, "RELEASED", True)
    file = migrate.write_revision(Database("ledger", grown), "More")
    assert file is not None
    assert file.name == "r0002_more.py"
    text_of = file.read_text()
    assert 'revision = "0002"' in text_of
    assert re.search(r'^down_revision: str \| None = "0001_[0-9a-f]{8}"$', text_of, re.MULTILINE)
    assert re.findall(r'op\.\w+\("?(\w*)', text_of) == ["more"]  # nothing but what is new


def test_the_developers_command_writes_the_file_that_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "folder", property(lambda self: tmp_path / self.name))
    for database in (LEDGER, TELEMETRY):
        (tmp_path / database.name / "versions").mkdir(parents=True)
    assert migrate.main(["revision", "The first schema"]) == 0
    here = Path(migrate.__file__).parent / "migrations"
    for database in (LEDGER, TELEMETRY):
        name = f"{database.name}/versions/r0001_initial.py"
        assert (tmp_path / name).read_text() == (here / name).read_text()
