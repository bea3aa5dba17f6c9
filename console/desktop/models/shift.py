"""The hand-over in words: ratios, the terms behind them, columns; without a widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.desktop.formats import amount, quantity, tr
from console.desktop.models.rows import Column
from console.domain.wording import unit_words
from console.services.views import Level
from console.services.views.shift import CountLine, OeeView, ShiftRef, Term

# which terms of ISO 22400 a ratio is made of, the dividend first
TERMS = {
    "availability": ("APT", "PBT"),
    "effectiveness": ("PRI", "PQ", "APT"),
    "quality": ("GQ", "PQ"),
}


@dataclass(frozen=True, slots=True)
class TermLine:
    """One row that a term was summed from; ``number`` is its place in the term."""

    number: int
    symbol: str
    what: str
    text: str
    value: float
    unit: str


def percent(ratio: float | None) -> str:
    """``83 %``; a dash where its divisor is 0."""
    if ratio is None:
        return "–"
    # what is nearly nothing or nearly all must not look as if it were
    fine = abs(ratio) < 0.1 or 0.985 <= ratio < 1
    return f"{quantity(ratio * 100, 1 if fine else 0)} %"


def ratio_title(key: str) -> str:
    """The ratio as people call it; ``oee`` is the product of the three."""
    return {
        "availability": tr("Availability"),
        "effectiveness": tr("Effectiveness"),
        "quality": tr("Quality"),
        "oee": tr("OEE"),
    }[key]


def ratio_of(view: OeeView, key: str) -> float | None:
    """One of the ratios."""
    return {
        "availability": view.availability,
        "effectiveness": view.effectiveness,
        "quality": view.quality_ratio,
        "oee": view.oee,
    }[key]


def terms_of(view: OeeView, key: str) -> tuple[Term, ...]:
    """The terms of a ratio in the formula's order, then what tells why it is so; of ``oee`` all there are."""
    if key == "oee":
        return view.terms
    formula = _formula_terms(view, key)
    known = {s for symbols in TERMS.values() for s in symbols}
    beside = [t for t in view.terms if t.symbol not in known and (t.value or t.rows)]
    if key == "availability":  # where the time went
        return (*formula, *(t for t in beside if t.unit == "min"))
    return (*formula, *(t for t in beside if t.unit != "min")) if key == "quality" else formula


def _formula_terms(view: OeeView, key: str) -> tuple[Term, ...]:
    by_symbol = {t.symbol: t for t in view.terms}
    return tuple(by_symbol[s] for s in TERMS[key] if s in by_symbol)


def ratio_formula(view: OeeView, key: str) -> str:
    """``APT / PBT = 412 min / 480 min = 86 %``; the desk's own words for OEE."""
    if key == "oee":
        return view.formula
    terms = _formula_terms(view, key)
    if len(terms) < len(TERMS[key]) or ratio_of(view, key) is None:
        return ""
    symbols, numbers = [t.symbol for t in terms], [term_amount(t) for t in terms]
    ratio = percent(ratio_of(view, key))
    if key == "effectiveness":
        return (
            f"{symbols[0]} × {symbols[1]} / {symbols[2]} = "
            f"{numbers[0]} × {numbers[1]} / {numbers[2]} = {ratio}"
        )
    return f"{symbols[0]} / {symbols[1]} = {numbers[0]} / {numbers[1]} = {ratio}"


def term_amount(term: Term) -> str:
    """``412 min``; what is small (the minutes of one item) with more places."""
    return f"{quantity(term.value, 2 if abs(term.value) >= 1 else 4)} {unit_words(term.unit)}".strip()


def term_lines(terms: Sequence[Term]) -> tuple[TermLine, ...]:
    """All rows of some terms."""
    return tuple(
        TermLine(number, t.symbol, what, text, value, t.unit)
        for t in terms
        for number, (what, text, value) in enumerate(t.rows)
    )


def term_columns() -> tuple[Column[TermLine], ...]:
    """The drill-down."""
    return (
        Column("term", tr("Term"), lambda r: r.symbol, width=62, hidden=True),
        Column("what", tr("When"), lambda r: r.what, width=154),
        Column("text", tr("What"), lambda r: r.text, width=0),
        Column(
            "value",
            tr("Value"),
            lambda r: f"{quantity(r.value, 2 if abs(r.value) >= 1 else 4)} {unit_words(r.unit)}",
            lambda r: r.value,
            right=True,
            width=92,
            strong=True,
        ),
    )


def count_columns() -> tuple[Column[CountLine], ...]:
    """Counts of the shift."""

    def number(key: str, title: str, of: Callable[[CountLine], float], width: int = 72) -> Column[CountLine]:
        return Column(key, title, lambda r: quantity(of(r)), of, right=True, width=width)

    return (
        Column("machine", tr("Machine"), lambda r: r.machine, width=110, strong=True),
        Column("order", tr("Order"), lambda r: r.order_reference, width=130),
        Column("product", tr("Product"), lambda r: r.product, width=0),
        Column(
            "good",
            tr("Good"),
            lambda r: amount(r.good, r.unit),
            lambda r: r.good,
            right=True,
            strong=True,
            width=92,
        ),
        number("scrap", tr("Scrap"), lambda r: r.scrap),
        number("expected", tr("Expected"), lambda r: r.expected),
        number("confirmed", tr("Confirmed"), lambda r: r.confirmed),
        Column(
            "waiting",
            tr("To confirm"),
            lambda r: quantity(r.waiting) if r.waiting else "–",
            lambda r: r.waiting,
            right=True,
            width=96,
            level=lambda r: Level.MEDIUM if r.waiting else Level.NORMAL,
            quiet=lambda r: not r.waiting,
        ),
    )


def ref_words(ref: ShiftRef) -> str:
    """A shift in the picker."""
    state = tr("running") if ref.running else tr("sealed") if ref.sealed else tr("open")
    return f"{ref.title} · {state}"
