"""What slides in when a chip of the header is pressed: connections with reason and remedy, clocks."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLayout, QWidget

from console.desktop.formats import Times, duration, quantity, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import column, label, restyle, row, surface
from console.desktop.widgets.header_bar import skew_words
from console.desktop.widgets.shapes import ShapeMark
from console.domain.tags import LinkState
from console.services.views import HeaderView, Level, LinkRow

_LEVELS = {LinkState.UP: Level.NORMAL, LinkState.CONNECTING: Level.MEDIUM, LinkState.DOWN: Level.HIGH}


def links_panel(theme: Theme, times: Times, view: HeaderView) -> QWidget:
    """Every connection; the troubled ones first."""
    panel = QWidget()
    order = sorted(view.links, key=lambda link: (link.state is LinkState.UP, link.name))
    cards: list[QWidget] = [_link_card(theme, times, view, link) for link in order]
    if not cards:
        cards = [label(tr("No connection is set up: the plant file names none."), "dim", wrap=True)]
    panel.setLayout(column(*cards, 0, margins=(0, 0, 6, 0), gap=8))
    return panel


def _link_card(theme: Theme, times: Times, view: HeaderView, link: LinkRow) -> QFrame:
    level = _LEVELS[link.state]
    if link.missing_tags and level is Level.NORMAL:
        level = Level.MEDIUM
    words = {
        LinkState.UP: tr("connected"),
        LinkState.CONNECTING: tr("connecting"),
        LinkState.DOWN: tr("not reached"),
    }
    state = label(words[link.state])
    restyle(state, "level", level.value)
    since = duration((view.now - link.since).total_seconds())
    lines: list[QWidget | QLayout] = [
        row(ShapeMark(theme, level), label(link.name, "strong"), 0, state, gap=8),
        label(tr("since {time}, {for_}", time=times.near(link.since, view.now), for_=since), "small"),
    ]
    if link.machines:
        lines.append(label(tr("reads {machines}", machines=", ".join(link.machines)), "small", wrap=True))
    if link.reason:
        lines.append(label(link.reason, wrap=True))
    if link.remedy:
        lines.append(label(link.remedy, "dim", wrap=True))
    if link.missing_tags:
        shown = ", ".join(link.missing_tags[:6]) + (" …" if len(link.missing_tags) > 6 else "")
        lines.append(label(tr("The device does not know: {tags}", tags=shown), wrap=True))
    if link.dropped:
        lines.append(label(tr("{n} samples dropped since the start", n=quantity(link.dropped)), wrap=True))
    card = surface("card")
    card.setLayout(column(*lines, margins=12, gap=5))
    return card


def clock_panel(view: HeaderView) -> QWidget:
    """How far the clocks stand apart, and what it means."""
    panel = QWidget()
    skew = view.clock_skew_s
    head = label(tr("not known yet") if skew is None else skew_words(skew), "hero")
    restyle(head, "level", view.clock_level.value)
    text = tr(
        "The largest difference between a machine's clock and this computer's. "
        "No count is lost by it, but hours may be cut at the wrong second."
    )
    remedy = tr("Let both follow the same time server (NTP).")
    lines = [head, label(text, wrap=True), label(remedy, "dim", wrap=True)]
    if view.master_data_age_s is not None:
        lines.append(
            label(
                tr("Master data of Odoo: {age} old", age=duration(view.master_data_age_s)), "dim", wrap=True
            )
        )
    panel.setLayout(column(*lines, 0, gap=10))
    return panel


def edge_words(view: HeaderView) -> tuple[str, str]:
    """What stands in the way of everything; empty where nothing does."""
    if view.edge_alive:
        return (
            (tr("The edge runs, but not all of it works."), view.edge_trouble)
            if view.edge_trouble
            else ("", "")
        )
    what = tr("Nothing is read from the machines and nothing is posted.")
    remedy = view.edge_reason or tr(
        "The edge process does not run: start it, or the service “plant-console edge”."
    )
    return what, remedy
