"""A maintenance request, prefilled: one that is open in Odoo is offered first, else Send is all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QButtonGroup, QLabel, QLineEdit, QPlainTextEdit, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, tr
from console.desktop.models.alarms import progress_words, stars_words
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, column, label, row
from console.desktop.widgets.option_card import OptionCard
from console.desktop.widgets.side_panel import SideForm
from console.services.views.alarms import RequestForm, RequestRow

PICTURE_WIDTH = 300


@dataclass(frozen=True, slots=True)
class RequestGiven:
    """What is sent. ``join``: the open request in Odoo that the evidence is added to; None: a new one."""

    source: str
    version: int
    join: int | None
    equipment_id: int
    title: str
    description: str
    priority: int
    picture: bytes | None


class RequestSheet(SideForm):
    """See the module's text. Sends a ``RequestGiven``."""

    def __init__(
        self,
        theme: Theme,
        times: Times,
        form: RequestForm,
        picture: bytes | None,
        forbidden: Callable[[], str],
    ) -> None:
        super().__init__(theme, names.REQUEST_FORM, forbidden, icon="send")
        self._times, self._form, self._picture = times, form, picture
        self._joins: dict[int, OptionCard] = {}
        self.equipment = Combo(theme, names.REQUEST_EQUIPMENT, tr("Equipment"))
        for equipment_id, words in form.equipments:
            self.equipment.addItem(words, equipment_id)
        place = self.equipment.findData(form.equipment_id)
        self.equipment.setCurrentIndex(place)
        self.title = QLineEdit(form.title)
        self.title.setObjectName(names.REQUEST_TITLE)
        self.title.setAccessibleName(tr("Title"))
        self.title.setMaxLength(200)
        self.description = QPlainTextEdit(form.description)
        self.description.setObjectName(names.REQUEST_DESCRIPTION)
        self.description.setAccessibleName(tr("Description"))
        self.description.setTabChangesFocus(True)
        self.description.setFixedHeight(92)
        self._stars = QButtonGroup(self)
        self._lay_out()
        self.equipment.currentIndexChanged.connect(self.refresh)
        self.title.textChanged.connect(self.refresh)
        self.title.returnPressed.connect(self.act.setFocus)
        self.description.textChanged.connect(self.refresh)

    @property
    def joined(self) -> int | None:
        """The ticket that is to be joined; None for a new request."""
        return next((ticket for ticket, card in self._joins.items() if card.isChecked()), None)

    def begin(self) -> None:
        """All is filled in: the next tap or Enter sends."""
        if self.act.isEnabled():
            self.act.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.equipment.setFocus()

    def problem(self) -> str:
        """What is missing."""
        if self._form.why_not:
            return self._form.why_not
        if self.joined is not None:
            return ""
        if self.equipment.currentData() is None:
            return tr("Choose the equipment.")
        return "" if self.title.text().strip() else tr("Give it a title.")

    def words(self) -> str:
        """Join, or send."""
        return tr("Join") if self.joined is not None else tr("Send")

    def answer(self) -> RequestGiven:
        """What is sent."""
        return RequestGiven(
            source=self._form.source,
            version=self._form.version,
            join=self.joined,
            equipment_id=int(self.equipment.currentData() or 0),
            title=self.title.text().strip(),
            description=self.description.toPlainText().strip(),
            priority=self._stars.checkedId(),
            picture=self._picture,
        )

    # --- building ---------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        self._new = QWidget()
        if self._form.open_requests:
            self._offer_open()
        chips = []
        for priority in range(4):
            chip = Button(
                stars_words(priority), self.theme, name=names.request_priority(priority), kind="chip"
            )
            chip.setCheckable(True)
            chip.setChecked(priority == max(0, min(3, self._form.priority)))
            self._stars.addButton(chip, priority)
            chips.append(chip)
        stars = QWidget()
        stars.setLayout(row(*chips, 0, gap=6))
        parts = column(gap=10)
        for words, widget in (
            (tr("Equipment"), self.equipment),
            (tr("Title"), self.title),
            (tr("Priority"), stars),
            (tr("Description"), self.description),
        ):
            parts.addLayout(column(label(words, "group"), widget, gap=5))
        self._new.setLayout(parts)
        self.fields.addWidget(self._new)
        self._show_evidence()
        self._effect = label(self._form.effect, "dim", wrap=True)
        self.fields.addWidget(self._effect)
        self._show_new()

    def _offer_open(self) -> None:
        box = QWidget()
        cards = column(gap=6)
        cards.addWidget(label(tr("Open in Odoo for this equipment"), "group"))
        group = QButtonGroup(self)
        for request in self._form.open_requests:
            if request.ticket_id is None:  # it is not in Odoo yet: nothing to join, but to be known
                cards.addWidget(label(f"{request.title}: {progress_words(request)}", "dim", wrap=True))
                continue
            name = names.request_join(request.ticket_id)
            title = tr("Join: {title}", title=request.title)
            card = OptionCard(self.theme, name, title, self._open_words(request))
            self._joins[request.ticket_id] = card
            group.addButton(card)
            cards.addWidget(card)
        new = OptionCard(
            self.theme, names.REQUEST_NEW, tr("A new request"), tr("Another fault than those above.")
        )
        group.addButton(new)
        cards.addWidget(new)
        for card in (*self._joins.values(), new):
            card.toggled.connect(lambda _: self._show_new())
            card.entered.connect(self.press)
        next(iter(self._joins.values()), new).setChecked(True)
        box.setLayout(cards)
        self.fields.addWidget(box)

    def _open_words(self, request: RequestRow) -> str:
        parts = [progress_words(request), request.by]
        if request.at is not None:
            parts.append(self._times.full(request.at)[:16])
        said = " · ".join(p for p in parts if p)
        return f"{said}. {tr('The evidence is added to it; no second one is made.')}".lstrip(". ")

    def _show_evidence(self) -> None:
        lines = list(self._form.evidence)
        self._evidence = label("\n".join(lines), wrap=True, name=names.REQUEST_EVIDENCE)
        parts: list[QWidget] = [self._evidence] if lines else []
        if self._picture is not None:
            picture = QPixmap()
            picture.loadFromData(self._picture, "PNG")
            ratio = self.devicePixelRatioF()
            scaled = picture.scaledToWidth(
                round(PICTURE_WIDTH * ratio), Qt.TransformationMode.SmoothTransformation
            )
            scaled.setDevicePixelRatio(ratio)
            shown = QLabel()
            shown.setObjectName(names.REQUEST_PICTURE)
            shown.setAccessibleName(tr("Picture of the trend"))
            shown.setPixmap(scaled)
            parts.append(shown)
        if parts:
            self.add(tr("Evidence that goes along"), *parts)

    def _show_new(self) -> None:
        self._new.setVisible(self.joined is None)
        if hasattr(self, "_effect"):
            self._effect.setVisible(self.joined is None and bool(self._form.effect))
            self.refresh()
