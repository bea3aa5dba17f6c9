"""Master data as mirrored from Odoo. Odoo owns it; the ledger holds a copy with its age.

Ids are Odoo's database ids. ``active`` is False for archived records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tracking(StrEnum):
    """How a product's stock is tracked."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


class OrderState(StrEnum):
    """State of an order, as Odoo's mrp.production says it."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    PROGRESS = "progress"
    TO_CLOSE = "to_close"
    DONE = "done"
    CANCEL = "cancel"


OPEN_ORDER_STATES = frozenset({OrderState.CONFIRMED, OrderState.PROGRESS, OrderState.TO_CLOSE})


class OperationState(StrEnum):
    """State of an operation, as Odoo 19's mrp.workorder says it."""

    READY = "ready"
    BLOCKED = "blocked"
    PROGRESS = "progress"
    DONE = "done"
    CANCEL = "cancel"


OPEN_OPERATION_STATES = frozenset({OperationState.READY, OperationState.BLOCKED, OperationState.PROGRESS})


@dataclass(frozen=True, slots=True)
class WorkCenter:
    """A work center (Odoo: mrp.workcenter)."""

    id: int
    code: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure. Two units convert where they share ``root_id``; ``factor`` is in root units."""

    id: int
    name: str
    root_id: int
    factor: float
    rounding: float = 0.01
    active: bool = True


@dataclass(frozen=True, slots=True)
class Product:
    """A product variant (Odoo: product.product)."""

    id: int
    code: str
    name: str
    unit_id: int
    tracking: Tracking = Tracking.NONE
    active: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """A manufacturing order (Odoo: mrp.production). Quantities are in the order's unit.

    Attributes:
        reference: Odoo's name of it, such as WH/MO/00042. Not an identity: a backorder renames it.
        producing: ``qty_producing``, what Odoo says is made so far.
        lot_ids: lots it produces into (``lot_producing_ids``).
        has_operations: False where the order has no work orders; progress is then booked on the order.
    """

    id: int
    reference: str
    state: OrderState
    product_id: int
    unit_id: int
    quantity: float
    producing: float = 0.0
    lot_ids: tuple[int, ...] = ()
    has_operations: bool = True
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of an order on a work center (Odoo: mrp.workorder). Quantities in the order's unit."""

    id: int
    order_id: int
    work_center_id: int
    name: str
    state: OperationState
    quantity: float
    produced: float = 0.0
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot or serial number (Odoo: stock.lot)."""

    id: int
    name: str
    product_id: int


@dataclass(frozen=True, slots=True)
class BomUse:
    """A component of an order and what one unit of the order uses of it (Odoo: the order's raw moves).

    Attributes:
        unit_id: 0 where it is not known; so is location_id, from where the order takes it.
        tracked: by lot or serial number, so that a quantity does not say which was used.
    """

    order_id: int
    product_id: int
    product_name: str
    unit_name: str
    per_unit: float
    unit_id: int = 0
    location_id: int = 0
    tracked: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class LossReason:
    """A loss reason of Odoo (mrp.workcenter.productivity.loss).

    Attributes:
        loss_type: availability, performance, quality or productive.
        manual: whether people may choose it.
    """

    id: int
    name: str
    loss_type: str
    manual: bool = True
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Equipment:
    """A piece of equipment (Odoo: maintenance.equipment)."""

    id: int
    name: str
    serial: str
    team_id: int | None
    active: bool = True


@dataclass(frozen=True, slots=True)
class MaintenanceTeam:
    """A maintenance team (Odoo: maintenance.team)."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class MaintenanceTicket:
    """A maintenance request as Odoo holds it now (maintenance.request), whoever made it.

    Attributes:
        stage: name of its stage. done: the stage is a closing one. priority: "0" to "3".
    """

    id: int
    name: str
    equipment_id: int | None
    stage: str
    done: bool
    priority: str
    requested_on: str
    archived: bool = False


@dataclass(frozen=True, slots=True)
class QualityQuestion:
    """A question of a quality test (Odoo, OCA: qc.test.question).

    Attributes:
        kind: "qualitative" or "quantitative".
        answers: of a qualitative one: (id, text, whether it is right).
    """

    id: int
    name: str
    kind: str
    minimum: float
    maximum: float
    unit: str
    answers: tuple[tuple[int, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class QualityTest:
    """A quality test (Odoo, OCA: qc.test)."""

    id: int
    name: str
    questions: tuple[QualityQuestion, ...]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Location:
    """A stock location. ``usage`` is Odoo's word: internal, customer, inventory, production, ..."""

    id: int
    name: str
    usage: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class LotStock:
    """How much of a lot lies where: the sum of Odoo's quants, in the product's unit."""

    lot_id: int
    product_id: int
    location_id: int
    quantity: float
    reserved: float = 0.0


@dataclass(frozen=True, slots=True)
class LotLink:
    """``child`` was made with ``parent`` in it (from the move lines of a done order)."""

    parent_lot_id: int
    child_lot_id: int
    order_reference: str = ""


@dataclass(frozen=True, slots=True)
class MasterData:
    """One fetch of master data, whole or changes since a watermark.

    Attributes:
        whole: True where everything was fetched, so that what is absent is gone.
        fetched_at: aware UTC, this computer's clock, when the fetch began.
        watermark: Odoo's newest write_date seen, to ask from next time (less the overlap).
        loss_reasons ... maintenance_tickets: whole where ``floor_fetched``: what is absent is gone; but a
            ticket only where it is in ``tickets_asked``, since closed ones are not told again.
        quality_tests ... lot_links: whole where ``stock_fetched``: what is absent is gone. Where a part was
            not fetched, what is known of it stays.
        floor_missing, stock_missing: what this Odoo has not or does not let us read of them, in words; that
            part is empty then.
    """

    fetched_at: datetime
    whole: bool
    watermark: datetime | None
    work_centers: tuple[WorkCenter, ...] = ()
    units: tuple[Unit, ...] = ()
    products: tuple[Product, ...] = ()
    orders: tuple[Order, ...] = ()
    operations: tuple[Operation, ...] = ()
    lots: tuple[Lot, ...] = ()
    bom_uses: tuple[BomUse, ...] = ()
    loss_reasons: tuple[LossReason, ...] = ()
    equipments: tuple[Equipment, ...] = ()
    maintenance_teams: tuple[MaintenanceTeam, ...] = ()
    maintenance_tickets: tuple[MaintenanceTicket, ...] = ()
    quality_tests: tuple[QualityTest, ...] = ()
    locations: tuple[Location, ...] = ()
    lot_stock: tuple[LotStock, ...] = ()
    lot_links: tuple[LotLink, ...] = ()
    floor_fetched: bool = False
    stock_fetched: bool = False
    tickets_asked: tuple[int, ...] = ()
    floor_missing: tuple[str, ...] = ()
    stock_missing: tuple[str, ...] = ()
