"""Opening the databases: what is set, what is refused, and how faults read."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, OperationalError

from console.errors import (
    ConfigurationError,
    DiskFull,
    StoreLocation,
    StoreUnavailable,
)
from console.store.engine import open_ledger, open_telemetry, read, write
from console.store.location import network_kind
from console.store.types import JsonText, UtcDateTime

MOUNTS = r"""
/dev/sda1 / ext4 rw 0 0
server:/export /mnt/plant\040data nfs4 rw 0 0
//server/share /mnt/share cifs rw 0 0
/dev/sdb1 /mnt/share/local xfs rw 0 0
user@host: /home/op/remote fuse.sshfs rw 0 0
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_ledger(tmp_path / "data" / "ledger.db", migrate=False)
    with write(engine) as tx:
        tx.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT)"))
    return engine


def pragma(engine: Engine, name: str) -> object:
    with read(engine) as tx:
        return tx.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_ledger_commits_reach_the_disk(engine: Engine) -> None:
    assert pragma(engine, "journal_mode") == "wal"
    assert pragma(engine, "synchronous") == 2
    assert pragma(engine, "foreign_keys") == 1
    assert pragma(engine, "busy_timeout") == 10_000


def test_telemetry_is_faster_and_less_strict(tmp_path: Path) -> None:
    assert pragma(open_telemetry(tmp_path / "telemetry.db"), "synchronous") == 1


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_path_and_url_open_the_same_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / "ledger.db"
    assert open_ledger(form.format(path)).url.database == str(path)


def test_another_database_is_refused_without_showing_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_ledger("postgresql://op:hunter2@db/plant")
    assert "postgresql" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_failed_write_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), write(engine) as tx:  # noqa: PT012
        tx.execute(text("INSERT INTO t VALUES (1, 'a')"))
        raise ZeroDivisionError
    with read(engine) as tx:
        assert tx.execute(text("SELECT count(*) FROM t")).scalar() == 0


def test_a_broken_constraint_stays_the_callers(engine: Engine) -> None:
    with pytest.raises(IntegrityError), write(engine) as tx:
        tx.execute(text("INSERT INTO t VALUES (1, 'a'), (1, 'b')"))


def test_our_own_mistakes_are_not_dressed_up_as_faults(engine: Engine) -> None:
    with pytest.raises(OperationalError, match="no such table"), read(engine) as tx:
        tx.execute(text("SELECT * FROM missing"))


def test_a_reader_sees_one_snapshot_and_does_not_wait(engine: Engine) -> None:
    with read(engine) as tx:
        before = tx.execute(text("SELECT count(*) FROM t")).scalar()
        with write(engine) as other:
            other.execute(text("INSERT INTO t VALUES (1, 'a')"))
        assert tx.execute(text("SELECT count(*) FROM t")).scalar() == before == 0
    with read(engine) as tx:
        assert tx.execute(text("SELECT count(*) FROM t")).scalar() == 1


def test_a_reader_cannot_write_and_the_next_writer_can(engine: Engine) -> None:
    with pytest.raises(StoreUnavailable, match="opened for writing"), read(engine) as tx:
        tx.execute(text("INSERT INTO t VALUES (1, 'a')"))
    with write(engine) as tx:
        tx.execute(text("INSERT INTO t VALUES (1, 'a')"))


def test_two_writers_wait_for_each_other(engine: Engine) -> None:
    def add_many() -> None:
        for _ in range(50):
            with write(engine) as tx:
                # reads first, as a guarded update does: with a deferred BEGIN one of them would fail here
                (count,) = tx.execute(text("SELECT count(*) FROM t")).one()
                tx.execute(text("INSERT INTO t (note) VALUES (:n)"), {"n": str(count)})

    threads = [threading.Thread(target=add_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read(engine) as tx:
        assert tx.execute(text("SELECT count(*), count(DISTINCT note) FROM t")).one() == (200, 200)


def test_full_disk(engine: Engine) -> None:
    with pytest.raises(DiskFull) as caught, write(engine) as tx:  # noqa: PT012
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        tx.execute(text("INSERT INTO t (note) VALUES (:n)"), [{"n": "x" * 3000}] * 100)
    assert "Free some room" in caught.value.remedy
    with read(engine) as tx:
        assert tx.execute(text("SELECT count(*) FROM t")).scalar() == 0


@pytest.mark.parametrize(
    "content", [b"this is no database at all, " * 100, b"SQLite format 3\x00" + b"\x07" * 5000]
)
def test_a_damaged_file_is_named_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as caught:
        open_ledger(path)
    assert str(path) in caught.value.what
    assert "backup" in caught.value.remedy
    assert path.read_bytes() == content


def test_a_page_torn_in_the_middle(engine: Engine) -> None:
    path = Path(str(engine.url.database))
    with write(engine) as tx:
        tx.execute(text("INSERT INTO t (note) VALUES (:n)"), [{"n": "x" * 500}] * 100)
    with write(engine) as tx:
        tx.connection.driver_connection.rollback()  # the checkpoint wants no transaction
        tx.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * (path.stat().st_size - 2 * 4096))
    with pytest.raises(StoreUnavailable, match="damaged"), read(engine) as tx:
        tx.execute(text("SELECT sum(length(note)) FROM t")).one()


@pytest.fixture
def bound_by_rights() -> Iterator[None]:
    """Root may write anywhere; for a while this process is nobody."""
    nobody = 65534
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="POSIX rights")
def test_a_folder_without_write_permission(bound_by_rights: None) -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own folder is closed to anybody else
    try:
        folder.chmod(0o555)
        with pytest.raises(StoreUnavailable, match="right to write"):
            open_ledger(folder / "sub" / "ledger.db")
    finally:
        folder.rmdir()


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        open_ledger(tmp_path / "data" / "ledger.db")


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is a folder"):
        open_ledger(tmp_path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/plant/ledger.db", ""),
        ("/mnt/plant data/ledger.db", "nfs4"),
        ("/mnt/share/deep/ledger.db", "cifs"),
        ("/mnt/share/local/ledger.db", ""),
        ("/mnt/shared/ledger.db", ""),
        ("/home/op/remote/ledger.db", "fuse.sshfs"),
        (r"\\server\share\ledger.db", "UNC path"),
    ],
)
def test_network_file_systems_are_recognised(path: str, kind: str) -> None:
    assert network_kind(Path(path), MOUNTS) == kind


def test_a_network_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path.resolve()} nfs4 rw 0 0\n")
    monkeypatch.setattr("console.store.location._MOUNTS", mounts)
    with pytest.raises(StoreLocation, match="network share"):
        open_ledger(tmp_path / "ledger.db")
    assert not (tmp_path / "ledger.db").exists()


# --- column types ---------------------------------------------------------------------------------------


@pytest.fixture
def typed(tmp_path: Path) -> tuple[Engine, Table]:
    table = Table(
        "typed",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("at", UtcDateTime),
        Column("j", JsonText),
    )
    engine = create_engine(f"sqlite:///{tmp_path / 'typed.db'}")
    table.metadata.create_all(engine)
    return engine, table


def test_instants_come_back_as_utc_and_sort_as_text(typed: tuple[Engine, Table]) -> None:
    engine, table = typed
    base = datetime(2026, 3, 29, 1, 59, 59, tzinfo=UTC)
    moments = [base, base + timedelta(microseconds=1), base + timedelta(seconds=1)]
    berlin = timezone(timedelta(hours=2))
    with engine.begin() as tx:
        tx.execute(insert(table), [{"at": m.astimezone(berlin)} for m in reversed(moments)])
        assert tx.execute(select(table.c.at).order_by(table.c.at)).scalars().all() == moments
        assert tx.execute(text("SELECT min(at) FROM typed")).scalar() == "2026-03-29T01:59:59.000000Z"


def test_a_naive_instant_is_refused(typed: tuple[Engine, Table]) -> None:
    engine, table = typed
    with pytest.raises(Exception, match="naive"), engine.begin() as tx:
        tx.execute(insert(table).values(at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_json_is_canonical(typed: tuple[Engine, Table]) -> None:
    engine, table = typed
    with engine.begin() as tx:
        tx.execute(insert(table).values(j={"b": [1, 2.5, None], "a": "ü"}))
        assert tx.execute(text("SELECT j FROM typed")).scalar() == '{"a":"ü","b":[1,2.5,null]}'
        assert tx.execute(select(table.c.j)).scalar() == {"a": "ü", "b": [1, 2.5, None]}
    with pytest.raises(Exception, match="Out of range"), engine.begin() as tx:
        tx.execute(insert(table).values(j=float("nan")))


def test_types_take_postgresqls_own_there() -> None:
    dialect = postgresql.dialect()
    assert UtcDateTime().compile(dialect=dialect) == "TIMESTAMP WITH TIME ZONE"
    assert JsonText().compile(dialect=dialect) == "JSONB"


def test_sqlite_is_new_enough_for_what_is_used() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)
