"""The forms of an order: an operation's action, scrap with its reason, consumption, and closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QButtonGroup, QLineEdit

from console.desktop import object_names as names
from console.desktop.formats import amount, quantity, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, label, restyle, row
from console.desktop.widgets.decision_inputs import parse_quantity
from console.desktop.widgets.side_panel import ReasonLine, SideForm
from console.services.views import Level
from console.services.views.order_life import ComponentRow, OperationRow, OrderDetail, ScrapRow

VERBS = {"start": "Start", "pause": "Pause", "finish": "Finish"}
OPERATION_REASONS = ("Set-up", "Order of the supervisor", "Material or staff missing", "Cut short")
CONSUMPTION_REASONS = ("Spilled", "Set-up loss", "Counter checked by hand", "Other size of material")
CLOSE_REASONS = ("Material used up", "Order changed", "Rest comes later", "Agreed with planning")


@dataclass(frozen=True, slots=True)
class Operate:
    """An operation's action."""

    operation_id: int
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scrap:
    """Scrap of a machine with its reason."""

    machine: str
    quantity: float
    reason: str
    rework: bool


@dataclass(frozen=True, slots=True)
class Consume:
    """What was used of a component."""

    consumption_id: int
    version: int
    quantity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """Closing, as it was previewed."""

    seen: float
    backorder: bool
    reason: str


class NumberLine(QLineEdit):
    """A quantity, typed or scanned, in the way people write numbers."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(words)

    def set_value(self, value: float) -> None:
        """Shows a number."""
        self.setText(quantity(value))

    def value(self) -> float | None:
        """What stands there; None where it is no number."""
        return parse_quantity(self.text())


class OperateForm(SideForm):
    """Why an operation is started, paused or finished against what the machine does. Sends ``Operate``."""

    def __init__(
        self, theme: Theme, operation: OperationRow, action: str, forbidden: Callable[[], str]
    ) -> None:
        super().__init__(theme, names.ORDER_FORM, forbidden)
        self._operation, self._action = operation, action
        self.reason = ReasonLine(theme, OPERATION_REASONS)
        state = tr(
            "{name} is {state}: {made} of {ordered} booked.",
            name=operation.name,
            state=operation.state,
            made=quantity(operation.produced),
            ordered=quantity(operation.ordered),
        )
        self.add(tr("Operation"), label(state, wrap=True))
        self.add(tr("Reason, where it is against what the machine does"), self.reason)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def begin(self) -> None:
        """The action is at hand: Enter takes it."""
        self.act.setFocus()

    def problem(self) -> str:
        """Whether a reason is asked for, only the desk knows."""
        return ""

    def words(self) -> str:
        """The action."""
        return tr(VERBS[self._action] + " {name}", name=self._operation.name)

    def answer(self) -> Operate:
        """The action."""
        return Operate(self._operation.id, self._action, self.reason.text)


class ScrapForm(SideForm):
    """How much was scrap, why, and whether it can be reworked. Sends ``Scrap``."""

    def __init__(
        self, theme: Theme, scrap: ScrapRow, reasons: tuple[str, ...], forbidden: Callable[[], str]
    ) -> None:
        super().__init__(theme, names.ORDER_FORM, forbidden, icon="trash-2")
        self._scrap = scrap
        self.quantity = NumberLine(names.ORDER_FORM_QUANTITY, tr("Quantity"))
        self.quantity.set_value(scrap.open)
        self._kind = QButtonGroup(self)
        self._scrapped = self._chip(tr("Scrap"), names.ORDER_FORM_SCRAP)
        self._rework = self._chip(tr("To be reworked"), names.ORDER_FORM_REWORK)
        self._scrapped.setChecked(True)
        self.reason = ReasonLine(theme, reasons[:8])
        counted = tr(
            "{machine} counted {counted}, {explained} have a reason.",
            machine=scrap.title,
            counted=amount(scrap.counted, scrap.unit),
            explained=quantity(scrap.explained),
        )
        self.add(tr("Counted"), label(counted, wrap=True))
        self.add(tr("How many"), self.quantity)
        kinds = row(self._scrapped, self._rework, 0, gap=8)
        self.fields.addLayout(kinds)
        self.add(tr("Why"), self.reason)
        self._effect = label("", "dim", wrap=True)
        self.fields.addWidget(self._effect)
        for changed in (self.quantity.textChanged, self._scrapped.toggled):
            changed.connect(self.refresh)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def _chip(self, text: str, name: str) -> Button:
        chip = Button(text, self.theme, name=name, kind="chip")
        chip.setCheckable(True)
        self._kind.addButton(chip)
        return chip

    def begin(self) -> None:
        """The quantity stands there; the reason is what is asked."""
        self.reason.setFocus()

    def refresh(self) -> None:
        """Says what it will do."""
        if self._rework.isChecked():
            self._effect.setText(tr("Nothing is booked: it will be made good and counted then."))
        else:
            self._effect.setText(
                tr("Odoo moves the material that it used, by the bill of materials, to the scrap location.")
            )
        super().refresh()

    def problem(self) -> str:
        """What is missing."""
        value = self.quantity.value()
        if value is None or value <= 0:
            return tr("Enter how many.")
        if value > self._scrap.open + 1e-6:
            return tr("At most {n} have no reason yet.", n=quantity(self._scrap.open))
        return "" if self.reason.text else tr("Give a reason.")

    def words(self) -> str:
        """Names what is booked."""
        value = self.quantity.value() or 0.0
        if self._rework.isChecked():
            return tr("Keep {n} for rework", n=amount(value, self._scrap.unit))
        return tr("Book {n} as scrap", n=amount(value, self._scrap.unit))

    def answer(self) -> Scrap:
        """The scrap."""
        value = self.quantity.value() or 0.0
        return Scrap(self._scrap.machine, value, self.reason.text, self._rework.isChecked())


class ConsumeForm(SideForm):
    """What was used of a component, beside what the bill of materials says. Sends ``Consume``."""

    def __init__(self, theme: Theme, component: ComponentRow, forbidden: Callable[[], str]) -> None:
        super().__init__(theme, names.ORDER_FORM, forbidden, icon="ruler")
        self._component = component
        self.quantity = NumberLine(names.ORDER_FORM_QUANTITY, tr("Quantity"))
        self.quantity.set_value(component.counted if component.counted is not None else component.by_bom)
        self.reason = ReasonLine(theme, CONSUMPTION_REASONS)
        told = tr(
            "The machine counted {counted}; the bill of materials asks for {by_bom} ± {tolerance}.",
            counted=amount(component.counted or 0.0, component.unit),
            by_bom=amount(component.by_bom, component.unit),
            tolerance=quantity(component.tolerance),
        )
        self.add(component.product, label(told, wrap=True))
        self.add(tr("Used"), self.quantity)
        self.add(tr("Why, where it differs"), self.reason)
        self.quantity.textChanged.connect(self.refresh)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def begin(self) -> None:
        """The quantity first."""
        self.quantity.setFocus()

    def problem(self) -> str:
        """What is missing."""
        value = self.quantity.value()
        if value is None or value < 0:
            return tr("Enter what was used.")
        off = abs(value - self._component.by_bom) > self._component.tolerance + 1e-6
        return tr("It differs from the bill of materials: say why.") if off and not self.reason.text else ""

    def words(self) -> str:
        """Names what is booked."""
        return tr("Confirm {n}", n=amount(self.quantity.value() or 0.0, self._component.unit))

    def answer(self) -> Consume:
        """The consumption."""
        assert self._component.consumption_id is not None
        value = self.quantity.value() or 0.0
        return Consume(self._component.consumption_id, self._component.version, value, self.reason.text)


class CloseForm(SideForm):
    """What closing an order does in Odoo, and what becomes of the rest. Sends ``Close``."""

    def __init__(self, theme: Theme, detail: OrderDetail, forbidden: Callable[[], str]) -> None:
        super().__init__(theme, names.ORDER_FORM, forbidden, icon="lock")
        self._detail = detail
        self.reason = ReasonLine(theme, CLOSE_REASONS)
        self._rest = QButtonGroup(self)
        effects = []
        for effect in detail.close_effects:
            line = label(effect.text, wrap=True)
            if effect.level not in (Level.NORMAL, Level.NOTICE):
                restyle(line, "level", effect.level.value)
            effects.append(line)
        self.add(tr("What Odoo will do"), *effects)
        if detail.can_backorder:
            self._give_up = self._chip(tr("Give the rest up"), names.ORDER_FORM_NO_BACKORDER)
            self._backorder = self._chip(tr("Make a backorder of it"), names.ORDER_FORM_BACKORDER)
            self.fields.addLayout(row(self._give_up, self._backorder, 0, gap=8))
        self.add(tr("Why") if detail.can_backorder else tr("Reason, if there is one"), self.reason)
        self.reason.edited.connect(self.refresh)
        self.reason.entered.connect(self.press)

    def _chip(self, text: str, name: str) -> Button:
        chip = Button(text, self.theme, name=name, kind="chip")
        chip.setCheckable(True)
        chip.toggled.connect(self.refresh)
        self._rest.addButton(chip)
        return chip

    def begin(self) -> None:
        """The rest is what is asked first."""
        (self._give_up if self._detail.can_backorder else self.act).setFocus()

    def problem(self) -> str:
        """What is missing."""
        if self._detail.can_backorder:
            if self._rest.checkedButton() is None:
                return tr("Choose what becomes of the rest.")
            if not self.reason.text:
                return tr("Less was made than ordered: say why.")
        return ""

    def words(self) -> str:
        """Names what is closed."""
        return tr("Close {order}", order=self._detail.order_reference)

    def answer(self) -> Close:
        """The closing."""
        backorder = self._detail.can_backorder and self._backorder.isChecked()
        return Close(self._detail.produced, backorder, self.reason.text)
