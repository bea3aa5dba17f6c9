"""Example rows for tests and the gallery: a packing hall in the middle of a morning."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from console.domain.packml import MachineState as M
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.proposals import Choice, Outcome, Override, ProposalState, Verdict
from console.domain.tags import LinkState, Quality
from console.services import views as v

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 10, 12, tzinfo=UTC)  # 11:12 in the plant
L = v.Level

LEAD = Person(1, "Lead A", frozenset({Role.SUPERVISOR}))
INSPECTOR = Person(2, "Inspector B", frozenset({Role.INSPECTOR}))
ADMIN = Person(3, "Admin C", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}))
PEOPLE = (LEAD, INSPECTOR, ADMIN, Person(4, "Maintenance D", frozenset({Role.MAINTENANCE})))


def ago(**span: float) -> datetime:
    """A time before now."""
    return NOW - timedelta(**span)


def spark(seed: int, stop: bool = False) -> tuple[float, ...]:
    """A rate over the last intervals."""
    values = [590 + 30 * math.sin(seed + i / 3.1) + 14 * math.sin(seed * 7 + i * 1.9) for i in range(40)]
    return tuple([*values[:30], *([0.0] * 10)] if stop else values)


def tile(machine: str, title: str, center: str, area: str = "Filling", **over: object) -> v.TileView:
    """A machine that runs well, unless told otherwise."""
    base = v.TileView(
        machine=machine,
        title=title,
        area=area,
        work_center=center,
        state=M.EXECUTE,
        since=ago(minutes=72),
        stale_s=None,
        stale_reason="",
        order_reference="WH/MO/00042",
        product="Shampoo 250 ml",
        lot="",
        unit="ea",
        made=1780,
        ordered=2000,
        confirmed=1202,
        verified=1202,
        expected=1700,
        rate_per_h=612,
        ideal_rate_per_h=600,
        spark=spark(len(title)),
        attention="",
        level=L.NORMAL,
        alarms=(),
    )
    return replace(base, **over)  # type: ignore[arg-type]


def tiles() -> tuple[v.TileView, ...]:
    """Eight machines in two areas, three of them abnormal."""
    case = {"order_reference": "WH/MO/00039", "product": "Case 12 × 250 ml", "unit": "case"}
    return (
        tile("filler1", "Filler 1", "WC-110", policy="automatic 2 %"),
        tile(
            "filler2",
            "Filler 2",
            "WC-111",
            state=M.STOPPED,
            since=ago(minutes=6, seconds=20),
            made=640,
            ordered=1500,
            expected=730,
            rate_per_h=0,
            ideal_rate_per_h=480,
            confirmed=480,
            verified=480,
            order_reference="WH/MO/00043",
            product="Shampoo 400 ml",
            attention="explain",
            level=L.HIGH,
            spark=spark(3, stop=True),
            alarms=("Low pressure",),
        ),
        tile(
            "capper1",
            "Capper 1",
            "WC-120",
            since=ago(minutes=69),
            made=1766,
            rate_per_h=609,
            policy="shadow · hold shadow",
        ),
        tile(
            "labeller1",
            "Labeller 1",
            "WC-130",
            since=ago(minutes=48),
            made=1702,
            rate_per_h=598,
            lot="L-2611-07",
            attention="lot on hold",
            level=L.CRITICAL,
        ),
        tile(
            "cartoner",
            "Cartoner",
            "WC-210",
            "Packing",
            since=ago(minutes=31),
            made=131,
            ordered=180,
            expected=129,
            rate_per_h=51,
            ideal_rate_per_h=50,
            confirmed=118,
            verified=118,
            spark=tuple(x / 12 for x in spark(9)),
            **case,
        ),
        tile(
            "palletiser",
            "Palletiser",
            "WC-220",
            "Packing",
            state=M.SUSPENDED,
            since=ago(minutes=2, seconds=5),
            made=118,
            ordered=180,
            expected=128,
            rate_per_h=40,
            ideal_rate_per_h=50,
            confirmed=100,
            verified=90,
            spark=tuple(x / 12 for x in spark(2)),
            **case,
        ),
        tile(
            "wrapper",
            "Wrapper",
            "WC-230",
            "Packing",
            since=ago(minutes=4),
            stale_s=190,
            stale_reason="192.0.2.14 is not reached",
            made=90,
            ordered=180,
            expected=128,
            rate_per_h=None,
            ideal_rate_per_h=50,
            confirmed=90,
            verified=90,
            level=L.MEDIUM,
            attention="no data",
            spark=tuple(x / 12 for x in spark(5)),
            **case,
        ),
        tile(
            "leaktester",
            "Leak tester",
            "QC-010",
            "Packing",
            state=M.IDLE,
            since=ago(hours=3),
            made=None,
            ordered=None,
            expected=None,
            rate_per_h=0,
            ideal_rate_per_h=60,
            order_reference="",
            product="",
            spark=(),
            confirmed=0,
            verified=0,
        ),
    )


def links() -> tuple[v.LinkRow, ...]:
    """Eight connections, one of them lost."""
    names = ("filler1", "filler2", "capper1", "labeller1", "cartoner", "palletiser", "leaktester")
    up = tuple(v.LinkRow(n, LinkState.UP, ago(hours=5), "", "", (), 0) for n in names)
    lost = v.LinkRow(
        "wrapper",
        LinkState.DOWN,
        ago(minutes=4),
        "192.0.2.14:502 does not answer (timeout after 3 s).",
        "Check the switch in cabinet C4 and the cable of the wrapper.",
        (),
        0,
    )
    return (*up, lost)


def header(**over: object) -> v.HeaderView:
    """The header of an ordinary morning."""
    base = v.HeaderView(
        plant="Packing hall 2",
        now=NOW,
        shift="Morning",
        shift_left_s=2.8 * 3600,
        links=links(),
        odoo=v.OdooLink.UP,
        odoo_reason="",
        odoo_remedy="",
        odoo_verified_at=ago(minutes=1),
        outbox_waiting=4,
        outbox_oldest_s=9,
        outbox_late=False,
        outbox_unknown=0,
        outbox_stuck=0,
        clock_skew_s=0.2,
        clock_level=L.NORMAL,
        alarms=(0, 2, 1),
        master_data_age_s=240,
        master_data_level=L.NORMAL,
        edge_alive=True,
        edge_reason="",
        counts_waiting=10,
        counts_failing=2,
        review_open=4,
        machines_up=7,
        machines_all=8,
        stops_waiting=3,
        holds_open=2,
    )
    return replace(base, **over)  # type: ignore[arg-type]


def series(jump: bool = True, n: int = 240) -> v.Series:
    """A counter over an hour, with a jump."""
    start = datetime(2026, 11, 20, 8, 0, tzinfo=UTC).timestamp()
    times = tuple(start + i * 3600 / n for i in range(n))
    values = tuple(64_688 + i * 2 + (430 if jump and i > n * 34 / 60 else 0) for i in range(n))
    return v.Series("filler2.good", "ea", times, values, 3614)


CELLS = {
    "filler1": ("Filler 1", "WH/MO/00042", "Shampoo 250 ml", "", 600, (598, 604, 601, 587, 612, 121)),
    "filler2": ("Filler 2", "WH/MO/00043", "Shampoo 400 ml", "", 480, (480, 471, 476, 914, 412, 38)),
    "capper1": ("Capper 1", "WH/MO/00042", "Shampoo 250 ml", "", 600, (596, 603, 600, 586, 611, 119)),
    "cartoner": (
        "Cartoner",
        "WH/MO/00039",
        "Case 12 × 250 ml",
        "1 case = 12 ea",
        50,
        (50, 49, 51, 49, 50, 10),
    ),
}


def counts(machine: str | None = None) -> v.CountsView:
    """Four machines, six hours: two confirmed, three closed, one running."""
    start = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    columns = tuple(
        v.CountColumn(start + timedelta(hours=h), start + timedelta(hours=h + 1)) for h in range(6)
    )
    rows = []
    for r, (name, (title, order, product, note, rate, made)) in enumerate(CELLS.items()):
        if machine in (None, name):
            cells = tuple(cell(r * 6 + h + 1, h, made[h], rate, name) for h in range(6))
            rows.append(v.CountRow(name, title, order, product, note, cells))
    return v.CountsView(columns, tuple(rows))


def cell(number: int, hour: int, made: float, rate: float, machine: str) -> v.CountCell:
    """A cell as its hour and its difference make it."""
    level, state, posting, note = v.CellLevel.GREEN, ProposalState.PENDING, None, ""
    expected = rate
    if hour < 2:
        level, state, posting = v.CellLevel.DONE, ProposalState.CONFIRMED, PostingState.VERIFIED
        if hour == 1 and machine == "cartoner":
            posting = PostingState.READY
    elif hour == 5:
        level, state, expected = v.CellLevel.LIVE, ProposalState.OPEN, rate / 5
    elif abs(made - rate) > rate * 0.1:
        level, state, note = v.CellLevel.FAIL, ProposalState.REVIEW, "914 in an hour, at most 720 is possible"
    elif machine == "capper1" and hour == 3:
        level, note = v.CellLevel.NOTICE, "a gap of 40 s in the data"
    return v.CountCell(number, 1, level, state, made, 0, expected, "ea", note, posting)


CHOICES = (
    Choice(
        "leave-out",
        "Count 484: leave the jump out",
        "A reset by hand is likely: the counter came from 65,102 and the operator panel was opened at 09:33.",
        484,
    ),
    Choice("count-all", "Count 914 as it stands", "Books all 914.", 914, Override.SECOND_PERSON),
    Choice("amend", "Enter another quantity", "Books what you type.", None, Override.REASON),
    Choice("split", "Split between orders", "Books each part on its order.", None, Override.REASON),
    Choice("reject", "Reject", "Books nothing for this hour.", 0, Override.REASON),
)
GREEN_CHOICES = (
    Choice("confirm", "Confirm 601", "Books 601 on WH/MO/00042.", 601),
    *CHOICES[2:],
)


def proposal(number: int, c: v.CountCell | None = None) -> v.ProposalDetail:
    """The detail of a cell; failing ones carry the evidence."""
    failing = c is not None and c.level is v.CellLevel.FAIL
    done = c is not None and c.level in (v.CellLevel.DONE, v.CellLevel.REJECTED)
    names = list(CELLS.values())
    row, hour = divmod(number - 1, 6)
    title, order, product, _, rate, made = names[row % len(names)]
    start = datetime(2026, 11, 20, 5 + hour, 0, tzinfo=UTC)
    verdict = Verdict("rate-plausible", 3, Outcome.FAIL if failing else Outcome.PASS, "430 within one second")
    explanation = ""
    if failing:
        explanation = (
            "The counter rose by 430 within one second at 09:34. The machine makes at most 0.2 a second."
        )
    return v.ProposalDetail(
        proposal_id=number,
        version=c.version if c else 1,
        state=c.state if c else ProposalState.PENDING,
        machine="filler2",
        title=title,
        order_reference=order,
        product=product,
        lot="",
        interval_start=start,
        interval_end=start + timedelta(hours=1),
        good=float(made[hour]),
        scrap=0,
        expected=rate,
        unit="ea",
        explanation=explanation,
        verdicts=(verdict,),
        facts=None,
        series=series(jump=failing),
        highlight=(datetime(2026, 11, 20, 8, 34, tzinfo=UTC), datetime(2026, 11, 20, 8, 34, 1, tzinfo=UTC))
        if failing
        else None,
        choices=() if done else CHOICES if failing else GREEN_CHOICES,
        needs=Override.NOBODY,
        trace_id=f"t-{number}",
        decided="confirmed by Lead A at 09:02" if done else "",
        orders=("WH/MO/00043", "WH/MO/00044", "WH/MO/00045"),
    )


def reviews() -> tuple[v.ReviewRow, ...]:
    """Four open items."""

    def item(
        n: int, title: str, domain: str, level: v.Level, minutes: int, owner: str, **over: object
    ) -> v.ReviewRow:
        row = v.ReviewRow(
            n,
            title,
            domain,
            level,
            ago(minutes=minutes),
            owner,
            NOW + timedelta(minutes=26),
            "",
            "",
            None,
            "",
        )
        return replace(row, **over)  # type: ignore[arg-type]

    return (
        item(
            1,
            "Filler 2 counted 914 in an hour, at most 720 is possible",
            "count",
            L.HIGH,
            12,
            "Lead A",
            machine="filler2",
            order_reference="WH/MO/00043",
        ),
        item(
            2,
            "Lot L-2611-07: fill weight 243.1 g below action limit 245 g, 412 units since then",
            "quality",
            L.CRITICAL,
            21,
            "Inspector B",
            machine="labeller1",
        ),
        item(
            3,
            "WH/MO/00039 was changed in Odoo: 118 there, 131 confirmed here",
            "synchronisation",
            L.MEDIUM,
            34,
            "",
            order_reference="WH/MO/00039",
        ),
        item(
            4, "Tag Wrapper/State no longer found on the server", "mapping", L.HIGH, 3, "", machine="wrapper"
        ),
    )


def review(number: int, row: v.ReviewRow | None = None) -> v.ReviewDetail:
    """The drawn one: Odoo was edited."""
    row = row or reviews()[(number - 1) % 4]
    facts = v.FactTable(
        ("", "Quantity", "By", "When"),
        (
            ("Machine total", "131", "Cartoner counter", "11:11:40"),
            ("Confirmed here", "131", "Shift lead A", "10:04, 11:02"),
            ("Verified in Odoo", "131", "read back", "11:02:07"),
            ("Odoo now", "118", "a planner, in Odoo", "11:05:31"),
        ),
    )
    choices = (
        Choice(
            "put-back",
            "Put 131 back in Odoo",
            "Writes 131 on the work order; uses 13 more cases and 156 units",
        ),
        Choice(
            "scrap", "Accept 118, scrap 13", "Opens a scrap proposal for 13 cases with the reason you give"
        ),
        Choice(
            "accept", "Accept 118, our count was wrong", "Books nothing; the difference stays in the audit"
        ),
    )
    count = row.domain == "count"
    return v.ReviewDetail(
        row=row,
        version=1,
        rule="edited-in-odoo v2",
        explanation="Somebody edited the quantity in Odoo after we posted.",
        facts=None if count else facts,
        series=None,
        highlight=None,
        choices=() if count else choices,
        proposal_id=10 if count else None,
        trace_id="t-39",
        orders=(),
    )


def posting(number: int, state: PostingState, **over: object) -> v.OutboxRow:
    """A posting in a state."""
    waiting = {
        PostingState.READY: "waits for the posting before it in lane order:42",
        PostingState.SENDING: "on its way since 2 s",
        PostingState.UNKNOWN: "the answer was lost; Odoo is asked first, next try in 6 s",
        PostingState.POSTED: "posted, read-back comes with the next pass",
    }
    error = {
        PostingState.REJECTED: "Odoo refused: the work order is done and takes no quantity.",
        PostingState.DEAD_LETTER: "Tried 12 times over 1 h: the order no longer exists.",
    }
    row = v.OutboxRow(
        id=number,
        posting_key=f"pc-0193-{number:04d}",
        kind="production",
        lane=f"order:{42 + number % 3}",
        order_reference=f"WH/MO/000{42 + number % 3}",
        machine="filler1",
        quantity=587 + number,
        target_quantity=3002 + number,
        unit="ea",
        state=state,
        created_at=ago(minutes=number * 3),
        age_s=number * 180.0,
        late=state in error,
        attempts=1 if state is not PostingState.READY else 0,
        waiting=waiting.get(state, ""),
        error=error.get(state, ""),
        decided_by="Lead A",
        verified_at=ago(minutes=number * 3 - 0.1) if state is PostingState.VERIFIED else None,
        trace_id=f"t-{number}",
    )
    return replace(row, **over)  # type: ignore[arg-type]


def outbox(rows: tuple[v.OutboxRow, ...] | None = None) -> v.OutboxView:
    """One of each state, the rest verified."""
    if rows is None:
        rest = tuple(posting(n, PostingState.VERIFIED) for n in range(8, 15))
        rows = (*(posting(n, s) for n, s in enumerate(PostingState, 1)), *rest)
    counts = tuple((s, sum(1 for r in rows if r.state is s)) for s in PostingState)
    return v.OutboxView(counts, 540.0, 61.5, v.OdooLink.UP, "", rows)


def orders() -> tuple[v.OrderRow, ...]:
    """Three orders, one differs."""

    def order(
        n: int, product: str, made: float, confirmed: float, odoo: float | None, **over: object
    ) -> v.OrderRow:
        row = v.OrderRow(
            order_id=n,
            order_reference=f"WH/MO/000{n}",
            machine="filler1",
            target_key=f"operation:{n}",
            product=product,
            unit="ea",
            ordered=4000,
            machine_total=made,
            confirmed=confirmed,
            waiting=made - confirmed,
            rejected=0,
            baseline=0,
            expected_in_odoo=confirmed,
            odoo=odoo,
            odoo_read_at=ago(minutes=2),
            verified=odoo == confirmed,
            difference="",
        )
        return replace(row, **over)  # type: ignore[arg-type]

    return (
        order(42, "Shampoo 250 ml", 3123, 1202, 1202),
        order(43, "Shampoo 400 ml", 2791, 951, 951),
        order(
            39,
            "Case 12 × 250 ml",
            259,
            131,
            118,
            unit="case",
            machine="cartoner",
            difference="118 in Odoo, 131 confirmed here: edited in Odoo",
            level=L.HIGH,
        ),
    )


def trace() -> v.TraceView:
    """The seven stations of one number."""

    def s(n: int, title: str, big: str, lines: tuple[str, ...], foot: str) -> v.Station:
        return v.Station(n, title, big, lines, foot, L.NORMAL, "")

    stations = (
        s(
            1,
            "Samples",
            "3,614",
            ("values of Filler1/Good", "09:00:00 to 09:59:59", "quality good, no gap"),
            "counter 41,220 → 41,807",
        ),
        s(
            2,
            "Machine event",
            "+587",
            ("CountAdvanced, 118 steps", "no rollover, no reset"),
            "mapping v12, a91f…",
        ),
        s(3, "Proposal", "587 of 600", ("Filler 1, WH/MO/00042", "hour 09"), "7 rules passed"),
        s(
            4,
            "Decision",
            "587",
            ("Shift lead A, 10:04:12", "Supervisor, console P2-1"),
            "audit 8,412 ✓ chain",
        ),
        s(5, "Posting", "587", ("lane WH/MO/00042", "coalesced with 08, 10"), "key pc-0193…"),
        s(6, "Odoo", "1,202 → 3,002", ("mrp.workorder 177", "1 attempt, 84 ms"), "HTTP 200"),
        s(7, "Verified", "3,002", ("read back 10:04:13", "again at 11:00"), "open in Odoo"),
    )
    return v.TraceView(
        "t-39",
        "WH/MO/00042, quantity 3,002",
        stations,
        series(jump=False),
        "https://odoo.example/odoo/manufacturing/42",
    )


def values() -> tuple[v.ValueRow, ...]:
    """Live values, one stale."""

    def row(tag: str, name: str, text: str, unit: str, age: float, **over: object) -> v.ValueRow:
        return replace(v.ValueRow(tag, name, text, unit, Quality.GOOD, age, False, True), **over)  # type: ignore[arg-type]

    return (
        row("filler2.good", "Good counter", "65,118", "ea", 0.4),
        row("filler2.scrap", "Scrap counter", "214", "ea", 0.4),
        row("filler2.temperature", "Product temperature", "41.2", "°C", 0.6),
        row("filler2.pressure", "Bowl pressure", "1.42", "bar", 0.6, quality=Quality.UNCERTAIN),
        row("filler2.speed", "Speed", "0", "1/min", 190, stale=True),
        row("filler2.order", "Order", "WH/MO/00043", "", 0.4, numeric=False),
    )


def machine(tile_view: v.TileView) -> v.MachineView:
    """A machine's page."""
    events = (
        v.EventRow(ago(minutes=6, seconds=20), "StateChanged", "Execute → Stopped", L.HIGH),
        v.EventRow(
            ago(minutes=38), "CounterReset", "Good counter from 65,102 to 65,532 within one second", L.MEDIUM
        ),
        v.EventRow(ago(hours=2), "StateChanged", "Idle → Execute", L.NORMAL),
    )
    return v.MachineView(tile_view, values(), events, links()[-1] if tile_view.stale_s else links()[0])


def trend(tag: str, start: datetime, end: datetime) -> v.Trend:
    """A temperature with states and a gap behind it."""
    n, a, b = 600, start.timestamp(), end.timestamp()
    times = tuple(a + i * (b - a) / n for i in range(n))
    vals = tuple(
        math.nan if 280 < i < 300 else 41 + 1.2 * math.sin(i / 37) + 0.25 * math.sin(i * 1.7)
        for i in range(n)
    )
    at = lambda share: start + (end - start) * share  # noqa: E731
    bands = (
        v.StateBand(start, at(0.55), M.EXECUTE),
        v.StateBand(at(0.55), at(0.63), M.SUSPENDED),
        v.StateBand(at(0.63), at(0.88), M.EXECUTE),
        v.StateBand(at(0.88), end, M.STOPPED),
    )
    return v.Trend(
        v.Series(tag, "°C", times, vals, 18_204), bands, ((at(280 / n), at(300 / n), "link lost"),)
    )
