"""Example rows for Holds: a morning with a low fill weight, a failed check and a release on its way."""

from __future__ import annotations

import math
from dataclasses import replace

from console.domain.holds import Disposition
from console.domain.holds import HoldState as S
from console.domain.postings import PostingState
from console.services import views as v
from console.services.views import quality as q
from tests.desktop.rows import NOW, ago

L = v.Level
LEVELS = {1: L.CRITICAL, 2: L.HIGH, 3: L.MEDIUM}


def hold(number: int, **over: object) -> q.HoldRow:
    """A proposed hold, unless told otherwise."""
    base = q.HoldRow(
        id=number,
        version=1,
        title="Lot L-2611-07: fill weight 243.1 g below action limit 245 g, 412 units since the last check",
        state=S.PROPOSED,
        severity=1,
        level=L.CRITICAL,
        effective=True,
        machine="labeller1",
        machine_title="Labeller 1",
        product="Shampoo 250 ml",
        lot="L-2611-07",
        order_reference="WH/MO/00042",
        quantity=412,
        unit="ea",
        opened_at=ago(minutes=21),
        opened_by="limit fill-weight v1",
        age_s=1260,
        disposition=None,
        posting=None,
        waiting="",
        stock="412 ea in WH/Stock",
        trace_id=f"hold-{number}",
    )
    return replace(base, **over)  # type: ignore[arg-type]


def holds() -> tuple[q.HoldRow, ...]:
    """Open ones, by severity then age."""
    return (
        hold(1),
        hold(
            2,
            version=3,
            title="Lot L-2611-03: seal strength failed at the 09:30 check",
            state=S.HELD,
            severity=2,
            level=L.HIGH,
            machine="capper1",
            machine_title="Capper 1",
            lot="L-2611-03",
            quantity=240,
            opened_at=ago(hours=2),
            opened_by="Inspector B",
            age_s=7200,
            posting=PostingState.VERIFIED,
            stock="240 ea in WH/Quarantine",
        ),
        hold(
            3,
            version=5,
            title="Lot L-2610-88: torque of the caps above 2.4 Nm",
            state=S.RELEASING,
            severity=2,
            level=L.HIGH,
            machine="capper1",
            machine_title="Capper 1",
            lot="L-2610-88",
            quantity=96,
            opened_at=ago(hours=5),
            opened_by="limit torque v2",
            age_s=18000,
            disposition=Disposition.RELEASE,
            posting=PostingState.POSTED,
            waiting="Written at 11:11:58; Odoo is read back next.",
            stock="96 ea in WH/Quarantine",
        ),
        hold(
            4,
            title="Filler 2, 09:10 to 09:25: hall warmer than 28 °C",
            severity=3,
            level=L.MEDIUM,
            machine="filler2",
            machine_title="Filler 2",
            lot="",
            quantity=None,
            unit="",
            opened_at=ago(hours=1, minutes=40),
            opened_by="limit hall-temperature v1",
            age_s=6000,
            stock="",
        ),
    )


def closed() -> tuple[q.HoldRow, ...]:
    """The newest closed ones."""
    return (
        hold(
            11,
            title="Lot L-2610-71: label turned",
            state=S.RELEASED,
            severity=3,
            level=L.MEDIUM,
            effective=False,
            lot="L-2610-71",
            opened_at=ago(hours=26),
            age_s=93600,
            disposition=Disposition.RELEASE,
            posting=PostingState.VERIFIED,
        ),
        hold(
            12,
            title="Lot L-2610-70: glass in the filler",
            state=S.SCRAPPED,
            effective=False,
            lot="L-2610-70",
            opened_at=ago(hours=30),
            age_s=108000,
            disposition=Disposition.SCRAP,
            posting=PostingState.VERIFIED,
        ),
    )


def breach() -> v.Series:
    """Fill weights that sink below 245 g and come back."""
    start = ago(minutes=35).timestamp()
    times = [start + 5 * i for i in range(420)]
    values = [
        250 + 1.1 * math.sin(i / 6.0) + 0.7 * math.sin(i * 1.7) - 6.0 * math.exp(-(((i - 250) / 34.0) ** 2))
        for i in range(420)
    ]
    return v.Series("labeller1/weight", "g", tuple(times), tuple(values), 2100)


def choices(row: q.HoldRow, odoo_away: str = "") -> tuple[q.DispositionChoice, ...]:
    """What can be done in a state."""
    if row.state not in (S.PROPOSED, S.HELD, S.REWORK):
        return ()
    amount = f"{row.quantity:,.0f} {row.unit}" if row.quantity else "What was made in that time"
    where = "Takes the hold away; nothing was booked." if row.state is S.PROPOSED else ""
    meanings = ("I reviewed the results and release the lot", "I release it on the order of the plant")
    two = row.severity == 1
    return (
        q.DispositionChoice(
            Disposition.RELEASE,
            "Release",
            where or f"Moves {amount} from WH/Quarantine back to WH/Stock.",
            True,
            two,
            meanings,
            odoo_away,
        ),
        q.DispositionChoice(
            Disposition.KEEP,
            "Keep the hold",
            f"Moves {amount} to WH/Quarantine in Odoo.",
            False,
            False,
            (),
            "" if row.state is S.PROPOSED else "It is kept already.",
        ),
        q.DispositionChoice(
            Disposition.SCRAP,
            "Scrap",
            f"Books {amount} as scrap from WH/Quarantine.",
            True,
            two,
            ("I decide that the lot is destroyed",),
            "Keep it first: what is not in quarantine cannot be scrapped." if row.state is S.PROPOSED else "",
        ),
        q.DispositionChoice(
            Disposition.REWORK,
            "Rework",
            "Stays in WH/Quarantine until it was worked over and checked again.",
            True,
            False,
            ("I release the lot for rework only",),
            "Keep it first." if row.state is S.PROPOSED else "",
        ),
    )


def children() -> tuple[q.ChildLot, ...]:
    """Where the lot went."""
    return (
        q.ChildLot(71, "C-2611-19", "Case 12 × 250 ml", 1, "34 case in WH/Stock", False, False),
        q.ChildLot(72, "C-2611-20", "Case 12 × 250 ml", 1, "0 case", True, False),
        q.ChildLot(73, "P-2611-02", "Pallet", 2, "1 in WH/Output", False, True),
    )


def checks() -> tuple[q.CheckRow, ...]:
    """Results, the newest first."""
    return (
        q.CheckRow(
            5,
            ago(minutes=8),
            "Batch of WH/MO/00042 on Labeller 1",
            "pass",
            "Hall 21.4 to 23.0 °C, humidity 41 to 47 %, 1,260 values",
            "",
            "L-2611-06",
            "WH/MO/00042",
            None,
            "check-5",
            kind="batch_summary",
            state="proposed",
        ),
        q.CheckRow(
            4,
            ago(minutes=19),
            "Fill weight, 5 bottles",
            "fail",
            "243.1 g, 244.0 g, 246.2 g, 245.8 g, 247.0 g",
            "Inspector B",
            "L-2611-07",
            "WH/MO/00042",
            PostingState.VERIFIED,
            "check-4",
        ),
        q.CheckRow(
            3,
            ago(minutes=74),
            "Fill weight, 5 bottles",
            "pass",
            "249.8 g, 250.2 g, 250.6 g, 249.9 g, 250.1 g",
            "Inspector B",
            "L-2611-06",
            "WH/MO/00042",
            PostingState.VERIFIED,
            "check-3",
        ),
    )


def limits() -> tuple[q.LimitRow, ...]:
    """As in the plant file."""
    return (
        q.LimitRow(
            "labeller1",
            "fill-weight",
            "Fill weight",
            "g",
            "Shampoo 250 ml",
            "action 245 to 255 g, warning 246.5 to 253.5 g",
            ("one beyond 3 sigma", "nine on one side"),
            False,
            243.1,
            L.CRITICAL,
        ),
        q.LimitRow(
            "capper1", "torque", "Cap torque", "Nm", "", "action 1.6 to 2.4 Nm", (), True, 2.1, L.NORMAL
        ),
        q.LimitRow(
            "filler2", "hall", "Hall temperature", "degC", "", "action up to 28 °C", (), False, 24.6, L.NORMAL
        ),
    )


def detail(row: q.HoldRow, odoo_away: str = "") -> q.HoldDetail:
    """All about one hold."""
    weight = row.id % 4 == 1
    return q.HoldDetail(
        row=row,
        explanation=(
            "Fill weight fell to 243.1 g at 10:52, below the action limit of 245 g, for 4 min 10 s. The last "
            "good check was at 10:31; 412 units were made since."
            if weight
            else "Two of five seals opened below 12 N. All of the lot is held until it was measured again."
        ),
        series=breach() if weight else None,
        limits=(
            q.LimitLine(255, "action", "action 255 g"),
            q.LimitLine(253.5, "warning", "warning 253.5 g"),
            q.LimitLine(250, "target", "target 250 g"),
            q.LimitLine(246.5, "warning", "warning 246.5 g"),
            q.LimitLine(245, "action", "action 245 g"),
        )
        if weight
        else (),
        highlight=(ago(minutes=17), ago(minutes=12)) if weight else None,
        facts=v.FactTable(
            ("Fill weight", "Value", "When"),
            (
                ("Last good check", "249.9 g", "10:31:02"),
                ("Below warning limit", "246.4 g", "10:50:41"),
                ("Lowest", "243.1 g", "10:52:56"),
            ),
        )
        if weight
        else None,
        children=children() if weight else (),
        checks=tuple(c for c in checks() if c.kind != "batch_summary" and c.lot == row.lot),
        choices=choices(row, odoo_away),
        signatures=(
            "Inspector B signed the release at 11:11:40: I reviewed the results and release the lot.",
        )
        if row.state is S.RELEASING
        else (),
        history=((row.opened_at, f"Opened by {row.opened_by}"),),
    )


def test_forms() -> tuple[q.TestForm, ...]:
    """Tests of Odoo."""
    return (
        q.TestForm(
            31,
            "Fill weight and label",
            (
                q.Question(1, "Weight, bottle 1", "quantitative", 245, 255, "g", ()),
                q.Question(2, "Weight, bottle 2", "quantitative", 245, 255, "g", ()),
                q.Question(3, "Label sits straight", "qualitative", 0, 0, "", ((7, "Yes"), (8, "No"))),
            ),
        ),
        q.TestForm(
            32, "Seal", (q.Question(4, "Seal", "qualitative", 0, 0, "", ((9, "Tight"), (10, "Leaks"))),)
        ),
    )


def many(n: int = 1000) -> tuple[q.HoldRow, ...]:
    """A bad day."""
    return tuple(
        hold(
            i + 1,
            severity=1 + i % 3,
            level=LEVELS[1 + i % 3],
            lot=f"L-{i:04d}",
            title=f"Lot L-{i:04d}: fill weight {240 + i % 5} g below action limit 245 g",
            opened_at=NOW,
            age_s=60.0 * i,
        )
        for i in sorted(range(n), key=lambda i: (1 + i % 3, -i))
    )
