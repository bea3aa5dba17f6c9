"""What the three roles do on the tour, each through the widgets that they use on a shift.

Each script leaves the desktop with nobody's work half done, and says in ``phase.json`` what it did, so that a
killed tour does not do it twice.
"""

from __future__ import annotations

from functools import partial

from console.desktop import object_names as names
from console.desktop.tour_player import Player, Script, TourError, Until
from console.domain.holds import HoldState
from console.domain.postings import PostingState
from console.services.views.quality import HoldRow, Question

DAY_H = 24.0
LOOKED_FILE = "quarantine-looked"


def sign_in_as(t: Player, person: str, pin: str) -> Script:
    """Somebody else takes the console: locked, then signed in with their own PIN."""
    t.click(names.HEADER_LOCK)
    yield t.seen(names.SIGN_IN)
    yield t.seen(names.sign_in_person(person))
    t.click(names.sign_in_person(person))
    yield t.pause(0.1)
    yield from type_pin(t, pin, names.SIGN_IN)
    yield t.until_enabled(names.SIGN_IN_ENTER)
    t.click(names.SIGN_IN_ENTER)
    yield Until(lambda: t.find(names.SIGN_IN) is None, "the sign-in to give way")
    yield t.pause(0.2)


def type_pin(t: Player, pin: str, inside: str) -> Script:
    """Taps a PIN on the pad."""
    for digit in pin:
        t.click(names.sign_in_pin(int(digit)), inside)
        yield t.pause(0.03)


# --- shift supervisor --------------------------------------------------------------------------------------


def prompts(t: Player) -> list[int]:
    """Stops that wait for a reason."""
    return [r.id for r in t.desk.stops.stops(None, DAY_H).prompts]


def _changed(t: Player, before: list[int]) -> bool:
    return prompts(t) != before


def explain_stops(t: Player, most: int) -> Script:
    """Two taps each: the likeliest reason, confirm."""
    yield from t.open("stops")
    for _ in range(most):
        waiting = prompts(t)
        if not waiting:
            return
        yield t.until_enabled(names.stops_reason(1), names.STOPS_PANEL)
        t.click(names.stops_reason(1), names.STOPS_PANEL)
        yield t.until_enabled(names.STOPS_CONFIRM, names.STOPS_PANEL)
        t.click(names.STOPS_CONFIRM, names.STOPS_PANEL)
        yield Until(partial(_changed, t, waiting), "the stop to be explained", 15)
        yield t.pause(0.3)


def scrapped(t: Player) -> tuple[int, str, str] | None:
    """(order id, its reference, machine) of an order with scrap that has no reason."""
    for row in t.desk.orders():
        detail = t.desk.order_life.order(row.order_id) if row.order_id else None
        for scrap in detail.scrap if detail is not None else ():
            if scrap.open > 0 and detail is not None:
                return detail.order_id, detail.order_reference, scrap.machine
    return None


def give_scrap_a_reason(t: Player) -> Script:
    """Three taps: give a reason, the likeliest, book."""
    found = scrapped(t)
    if found is None:
        return
    order_id, reference, machine = found
    yield from _order(t, reference)
    yield t.until_enabled(names.order_scrap(machine))
    t.click(names.order_scrap(machine))
    yield t.seen(names.side_reason(1), names.ORDERS_SIDE)
    t.click(names.side_reason(1), names.ORDERS_SIDE)
    yield from _act(t, names.ORDERS_SIDE)
    t.save(scrapped=order_id)


def confirm_consumption(t: Player) -> Script:
    """What the machine counted of a component is confirmed, with a reason where it differs."""
    for row in t.desk.orders():
        detail = t.desk.order_life.order(row.order_id) if row.order_id else None
        if detail is None:
            continue
        for component in detail.components:
            if component.consumption_id is None or component.confirmed is not None:
                continue
            yield from _order(t, detail.order_reference)
            yield t.until_enabled(names.order_consume(component.consumption_id))
            t.click(names.order_consume(component.consumption_id))
            yield t.seen(names.side_reason(1), names.ORDERS_SIDE)
            t.click(names.side_reason(1), names.ORDERS_SIDE)
            yield from _act(t, names.ORDERS_SIDE)
            t.save(consumed=component.consumption_id)
            return


def close_an_order(t: Player) -> Script:
    """The order whose scrap got a reason, else the first that can be closed; the rest is given up."""
    ids = [int(t.state()["scrapped"])] if "scrapped" in t.state() else []
    ids += [r.order_id for r in t.desk.orders() if r.order_id and r.order_id not in ids]
    for order_id in ids:
        detail = t.desk.order_life.order(order_id)
        if detail.close_why_not or detail.closing is not None:
            continue
        yield from _order(t, detail.order_reference)
        yield t.until_enabled(names.ORDER_CLOSE)
        t.click(names.ORDER_CLOSE)
        yield t.seen(names.ORDER_FORM)
        yield t.pause(0.3)
        t.picture("order-close-light")
        if detail.can_backorder:
            t.click(names.ORDER_FORM_NO_BACKORDER, names.ORDERS_SIDE)
        t.click(names.side_reason(4), names.ORDERS_SIDE)
        yield from _act(t, names.ORDERS_SIDE)
        t.save(closed=order_id)
        return
    raise TourError("no order can be closed")


def _order(t: Player, reference: str) -> Script:
    yield from t.open("orders")
    if not t.click_row(names.ORDERS_LIST, reference):
        raise TourError(f"there is no order {reference} in the list")
    yield t.seen(names.ORDER_PANEL)
    yield t.pause(0.4)


def _act(t: Player, side: str) -> Script:
    """Takes the action of the form that slid in, and waits until it went."""
    yield t.until_enabled(names.SIDE_ACT, side)
    t.click(names.SIDE_ACT, side)
    yield Until(lambda: t.find(names.SIDE_ACT, side) is None, "the form to be taken", 20)
    yield t.pause(0.3)


# --- quality inspector -------------------------------------------------------------------------------------


def open_hold(t: Player) -> HoldRow | None:
    """The hold that stands first."""
    return next(iter(t.desk.quality.holds().open), None)


def keep_hold(t: Player) -> Script:
    """The proposed hold is kept, with a reason; it is booked when Odoo is reached."""
    yield from _choose(t, "keep")
    yield t.seen(names.side_reason(1), names.HOLDS_SIDE)
    t.click(names.side_reason(1), names.HOLDS_SIDE)
    yield from _act(t, names.HOLDS_SIDE)
    t.save(kept=1)


def release_hold(t: Player, pin: str) -> Script:
    """Five actions and a signature: hold, release, go on, reason, PIN, sign."""
    held = open_hold(t)
    if held is None:
        raise TourError("there is no hold to release")
    yield Until(lambda: _booked(t, held.id), "the hold to be seen in Odoo", 60)
    t.save(held=held.id)  # whoever conducts the plant looks into Odoo's quarantine now
    looked = t.options.folder / LOOKED_FILE
    yield Until(looked.exists, "the quarantine location to be looked at", 30)
    yield from _choose(t, "release")
    yield t.seen(names.SIGNATURE)
    t.click(names.side_reason(1), names.HOLDS_SIDE)
    yield from type_pin(t, pin, names.SIGNATURE)
    yield t.until_enabled(names.SIDE_ACT, names.HOLDS_SIDE)
    yield t.pause(0.2)
    t.picture("signature-light")
    yield from _act(t, names.HOLDS_SIDE)
    t.save(released=held.id)
    yield Until(lambda: _state_of(t, held.id) is HoldState.RELEASED, "the release to be read back", 60)


def record_check(t: Player) -> Script:
    """An inspection by hand: every question answered within its bounds."""
    yield from t.open("holds")
    tests = t.desk.quality.tests()
    closed = t.desk.quality.holds().closed
    if not tests or not closed:
        raise TourError("there is no test, or no lot to check")
    t.click(names.HOLDS_RECORD)
    yield t.seen(names.CHECK_FORM)
    yield t.pause(0.3)
    t.type_into(names.CHECK_LOT, closed[0].lot, names.CHECK_FORM)
    for question in tests[0].questions:
        _answer(t, question)
    yield t.pause(0.2)
    yield from _act(t, names.HOLDS_SIDE)
    t.save(checked=1)


def _answer(t: Player, question: Question) -> None:
    if question.kind == "quantitative":
        middle = (question.minimum + question.maximum) / 2
        t.type_into(names.check_question(question.id), f"{middle:g}", names.CHECK_FORM)
    else:
        t.click(names.check_answer(question.id, question.answers[0][0]), names.CHECK_FORM)


def _choose(t: Player, disposition: str) -> Script:
    yield from t.open("holds")
    if not t.click_row(names.HOLDS_LIST):
        raise TourError("the list of holds is empty")
    yield t.until_enabled(names.hold_choice(disposition))
    t.click(names.hold_choice(disposition))
    yield t.until_enabled(names.HOLD_ACT)
    t.click(names.HOLD_ACT)
    yield t.pause(0.3)


def _booked(t: Player, hold_id: int) -> bool:
    return t.desk.quality.hold(hold_id).row.posting is PostingState.VERIFIED


def _state_of(t: Player, hold_id: int) -> HoldState:
    return t.desk.quality.hold(hold_id).row.state


# --- maintenance lead --------------------------------------------------------------------------------------


def has_alarm(t: Player) -> bool:
    """Whether an alarm stands that nobody asked maintenance about."""
    return any(g.request is None for g in t.desk.alarms.alarms().groups)


def request_from_alarm(t: Player) -> Script:
    """Two taps: request, send. What is open for the equipment is shown first; this is another fault."""
    yield from t.open("alarms")
    if not t.click_row(names.ALARMS_LIST):
        raise TourError("the list of alarms is empty")
    yield t.until_enabled(names.ALARM_REQUEST)
    t.picture("alarm-light")
    t.click(names.ALARM_REQUEST)
    yield t.seen(names.REQUEST_FORM)
    yield t.pause(0.4)
    if t.find(names.REQUEST_NEW, names.ALARMS_SIDE) is not None:
        t.click(names.REQUEST_NEW, names.ALARMS_SIDE)
        yield t.pause(0.2)
    t.picture("request-light")
    yield from _act(t, names.ALARMS_SIDE)
    t.save(requested=1)
