"""The telemetry store: what goes in comes out, thinned where asked, and old samples go."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.tags import LinkState, LinkStatus, Quality, Sample, Scalar
from console.errors import DiskFull
from console.store.engine import open_telemetry, read
from console.store.telemetry import Heartbeat, Telemetry
from console.store.telemetry_rows import from_us, to_rows, to_sample, to_us

T0 = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def sample(
    tag: str, at_s: float, value: Scalar | None, quality: Quality = Quality.GOOD, delay_s: float = 0.02
) -> Sample:
    at = T0 + timedelta(seconds=at_s)
    return Sample(tag, value, quality, at, at + timedelta(seconds=delay_s))


@pytest.fixture(autouse=True)
def small_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.store.room.RESERVE_BYTES", 4096)


@pytest.fixture
def store(tmp_path: Path) -> Telemetry:
    # small partitions, so that every test crosses their borders
    return Telemetry(open_telemetry(tmp_path / "telemetry.db"), partition_rows=10)


VALUES: list[Scalar | None] = [True, False, 0, -5, 2**63 - 1, 2**64 - 1, 1.5, math.inf, "", "MO/00042", None]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was(store: Telemetry, value: Scalar | None) -> None:
    given_sample = sample("m.x", 1, value, Quality.BAD if value is None else Quality.UNCERTAIN)
    store.append([given_sample])
    (found,) = store.window("m.x", T0, T0 + DAY)
    assert found == given_sample
    assert type(found.value) is type(value)
    assert store.latest() == {"m.x": given_sample}


def test_not_a_number_comes_back(store: Telemetry) -> None:
    store.append([sample("m.x", 1, math.nan)])
    (found,) = store.window("m.x", T0, T0 + DAY)
    assert isinstance(found.value, float)
    assert math.isnan(found.value)


@given(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.none(),
    st.sampled_from(Quality),
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_rows_and_back(value: Scalar | None, quality: Quality, source: datetime, delay: timedelta) -> None:
    one = Sample("m.x", value, quality, source, source + delay)
    ((_, *rest),) = to_rows([one], {"m.x": 7})
    back = to_sample("m.x", *rest)
    assert back == one
    assert type(back.value) is type(value)


def test_microseconds_are_exact() -> None:
    for us in (0, 1, 999_999, 1_800_000_000_123_457):
        assert to_us(from_us(us)) == us


def test_a_naive_time_is_refused(store: Telemetry) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(TypeError):
        store.append([Sample("m.x", 1, Quality.GOOD, naive, naive)])
    assert store.latest() == {}


def test_an_empty_batch_is_nothing(store: Telemetry) -> None:
    store.append([])
    assert store.latest() == {}


def test_the_latest_is_the_last_to_arrive(store: Telemetry) -> None:
    store.append([sample("a", 5, 1), sample("b", 5, 2), sample("a", 3, 9)])
    store.append([sample("b", 6, 3)])
    assert {name: s.value for name, s in store.latest().items()} == {"a": 9, "b": 3}
    assert set(store.latest(["b", "unknown"])) == {"b"}


def test_ranges_run_across_partitions_and_are_in_time_order(store: Telemetry) -> None:
    for start in range(0, 60, 6):
        store.append([sample(tag, start + i, start + i) for i in range(6) for tag in ("a", "b")])
    found = store.window("a", T0 + timedelta(seconds=7), T0 + timedelta(seconds=40))
    assert [s.value for s in found] == list(range(7, 41))
    assert store.count("a", T0 + timedelta(seconds=7), T0 + timedelta(seconds=40)) == 34
    assert store.count("unknown", T0, T0 + DAY) == 0


def test_late_samples_are_sorted_in_and_equal_times_keep_their_order(store: Telemetry) -> None:
    store.append([sample("a", 100 + i, i) for i in range(12)])  # sealed
    store.append([sample("a", 50, "late"), sample("a", 50, "later"), sample("a", 105, "again")])
    values = [s.value for s in store.window("a", T0, T0 + DAY)]
    assert values == ["late", "later", 0, 1, 2, 3, 4, 5, "again", 6, 7, 8, 9, 10, 11]


def test_a_short_series_is_raw_with_bad_samples_as_gaps(store: Telemetry) -> None:
    store.append(
        [sample("a", 0, 1), sample("a", 1, None, Quality.BAD), sample("a", 2, 3.5), sample("a", 3, True)]
    )
    times, values, n = store.series("a", T0, T0 + DAY, 100)
    assert times == [T0.timestamp() + s for s in range(4)]
    assert values[0] == 1.0
    assert math.isnan(values[1])
    assert values[2:] == [3.5, 1.0]
    assert n == 4


def test_a_long_series_keeps_every_peak_and_gap(store: Telemetry) -> None:
    store.partition_rows = 700
    batch = [sample("a", i, math.sin(i / 50)) for i in range(5000)]
    batch[1234] = sample("a", 1234, 99.0)
    batch[3456] = sample("a", 3456, -99.0)
    batch[2000] = sample("a", 2000, None, Quality.BAD)
    for start in range(0, 5000, 500):
        store.append(batch[start : start + 500])
    times, values, n = store.series("a", T0, T0 + timedelta(seconds=4999), 200)
    assert n == 5000
    assert len(times) == len(values) <= 201
    assert times == sorted(times)
    finite = [v for v in values if not math.isnan(v)]
    assert max(finite) == 99.0
    assert min(finite) == -99.0
    (gap,) = [t for t, v in zip(times, values, strict=True) if math.isnan(v)]
    assert gap == pytest.approx(T0.timestamp() + 2000, abs=50)


def test_a_full_partition_is_sealed_and_an_old_one_too(store: Telemetry) -> None:
    def sealed() -> list[tuple[int, int]]:
        with read(store._engine) as tx:
            return [
                tuple(r) for r in tx.exec_driver_sql("SELECT rows, sealed FROM partitions ORDER BY number")
            ]

    store.append([sample("a", i, i) for i in range(10)])
    store.append([sample("a", 20, 1)])
    assert sealed() == [(10, 1), (1, 0)]
    store.append([sample("a", 20 + 3600, 2)])
    assert sealed() == [(10, 1), (2, 1)]


def test_retention_by_age(store: Telemetry) -> None:
    for hour in range(5):
        store.append([sample("a", hour * 3600 + i, i) for i in range(10)])
    now = T0 + timedelta(hours=4, minutes=30)
    assert store.retain(now, timedelta(hours=2), 10**12) == 3
    assert store.count("a", T0, T0 + DAY) == 20
    assert store.retain(now, timedelta(hours=2), 10**12) == 0


def test_the_open_partition_goes_by_age_too_and_the_latest_value_stays(store: Telemetry) -> None:
    store.append([sample("a", 0, 1)])
    assert store.retain(T0 + 8 * DAY, 7 * DAY, 10**12) == 1
    assert store.count("a", T0, T0 + DAY) == 0
    assert store.latest()["a"].value == 1
    store.append([sample("a", 9, 2)])
    assert store.count("a", T0, T0 + DAY) == 1


def test_retention_by_size_drops_the_oldest(store: Telemetry) -> None:
    store.partition_rows = 2000
    for start in range(0, 20_000, 2000):
        store.append([sample("a", start + i, float(i)) for i in range(2000)])
    limit = store.used_bytes() // 2
    assert 4 <= store.retain(T0, 7 * DAY, limit) <= 6
    assert store.used_bytes() <= limit
    assert store.count("a", T0, T0 + timedelta(seconds=1999)) == 0
    assert store.count("a", T0 + timedelta(seconds=18_000), T0 + DAY) == 2000


def test_the_reserve_is_let_go_when_the_disk_is_full(
    store: Telemetry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(5):
        store.append([sample("a", hour * 3600 + i, i) for i in range(10)])
    now = T0 + timedelta(hours=4, minutes=30)
    assert store.retain(now, 7 * DAY, 10**12) == 0
    reserve = tmp_path / "telemetry.db.reserve"
    assert reserve.stat().st_size == 4096
    drop, calls = store._drop_oldest, []

    def full_while_reserved(horizon_us: int, max_bytes: int) -> bool:
        calls.append(reserve.exists())
        if reserve.exists():
            raise DiskFull("The disk is full.")
        return drop(horizon_us, max_bytes)

    monkeypatch.setattr(store, "_drop_oldest", full_while_reserved)
    assert store.retain(now, timedelta(hours=2), 10**12) == 3
    assert calls == [True, False, False, False, False]
    assert reserve.exists()
    with read(store._engine) as tx:
        assert tx.exec_driver_sql("PRAGMA freelist_count").scalar() == 0


def test_a_disk_that_stays_full_is_told(store: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_horizon_us: int, _max_bytes: int) -> bool:
        raise DiskFull("The disk is full.")

    monkeypatch.setattr(store, "_drop_oldest", full)
    with pytest.raises(DiskFull):
        store.retain(T0, DAY, 0)


def test_freed_room_goes_back_to_the_disk(
    store: Telemetry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.store.telemetry._FREE_PAGES_KEPT", 10)
    monkeypatch.setattr("console.store.room._STEP_PAGES", 7)
    store.partition_rows = 2000
    for start in range(0, 20_000, 2000):
        store.append([sample("a", start + i, float(i)) for i in range(2000)])
    before = store.used_bytes()
    store.retain(T0, 7 * DAY, before // 4)
    assert (tmp_path / "telemetry.db").stat().st_size < before // 3
    with read(store._engine) as tx:
        assert tx.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from console.domain.tags import Quality, Sample
from console.store.engine import open_telemetry
from console.store.telemetry import Telemetry
store = Telemetry(open_telemetry(sys.argv[1]), partition_rows=300)
at, n = datetime(2026, 11, 2, 6, tzinfo=UTC), 0
while True:
    store.append([Sample("a", n + i, Quality.GOOD, at + timedelta(seconds=n + i), at) for i in range(100)])
    n += 100
    print(n, flush=True)
"""


def test_killed_at_any_instant_the_store_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.db"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = 0
    for line in process.stdout:
        told = int(line)
        if told >= 2000:
            process.kill()
            break
    told = int((process.stdout.read().split() or [told])[-1])
    process.wait()
    store = Telemetry(open_telemetry(path))
    values = [s.value for s in store.window("a", T0, T0 + DAY)]
    assert values == list(range(len(values)))
    assert len(values) in (told, told + 100)
    assert store.latest()["a"].value == values[-1]
    with read(store._engine) as tx:
        assert tx.exec_driver_sql("SELECT sum(rows) FROM partitions").scalar() == len(values)


def test_a_failed_batch_leaves_nothing_and_the_next_one_works(store: Telemetry) -> None:
    with read(store._engine) as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    with store._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
        connection.rollback()
    with pytest.raises(DiskFull):
        store.append([sample(f"new{i}", i, "x" * 500) for i in range(200)])
    assert store.latest() == {}
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        connection.rollback()
    store.append([sample("other", 0, 1), sample("new7", 1, 7)])
    assert {name: s.value for name, s in store.latest().items()} == {"other": 1, "new7": 7}


def test_another_program_reads_what_one_writes(store: Telemetry, tmp_path: Path) -> None:
    store.append([sample("a", i, i) for i in range(25)])
    other = Telemetry(open_telemetry(tmp_path / "telemetry.db"))
    assert other.count("a", T0, T0 + DAY) == 25
    store.append([sample("b", 1, 1)])
    assert set(other.latest()) == {"a", "b"}


def test_links(store: Telemetry) -> None:
    up = LinkStatus("line1", LinkState.UP, T0)
    down = LinkStatus("line1", LinkState.DOWN, T0 + DAY, "no answer", "check the cable", ("m.x",), 3)
    store.save_link(up)
    store.save_link(LinkStatus("line2", LinkState.CONNECTING, T0))
    store.save_link(down)
    assert store.links()["line1"] == down
    assert set(store.links()) == {"line1", "line2"}


def test_heartbeats(store: Telemetry) -> None:
    store.beat(Heartbeat("edge", 11, T0, {"samples": 4}))
    store.beat(Heartbeat("edge", 12, T0 + DAY, {}))
    assert store.heartbeats() == {"edge": Heartbeat("edge", 12, T0 + DAY, {})}


def test_room_can_be_given_back_to_the_disk(store: Telemetry) -> None:
    with read(store._engine) as tx:
        assert tx.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2
