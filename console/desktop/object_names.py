"""Names of the widgets that tests and the tour find: ``window.findChild(QWidget, COUNTS_CONFIRM)``.

A name is a promise: it stays when the look changes. A name with a key in it is made by the function beside.
"""

from __future__ import annotations

from typing import Final

# shell
MAIN_WINDOW: Final = "main_window"
NAV_OVERVIEW: Final = "nav_overview"
NAV_MACHINE: Final = "nav_machine"
NAV_COUNTS: Final = "nav_counts"
NAV_REVIEW: Final = "nav_review"
NAV_ORDERS: Final = "nav_orders"
NAV_OUTBOX: Final = "nav_outbox"
NAV_TRACE: Final = "nav_trace"
NAV_SETTINGS: Final = "nav_settings"
HEADER_PLANT: Final = "header_plant"
HEADER_SHIFT: Final = "header_shift"
HEADER_MACHINES: Final = "header_machines"
HEADER_ODOO: Final = "header_odoo"
HEADER_OUTBOX: Final = "header_outbox"
HEADER_CLOCK: Final = "header_clock"
HEADER_ALARMS: Final = "header_alarms"
HEADER_PERSON: Final = "header_person"
HEADER_LOCK: Final = "header_lock"
SHELL_MESSAGE: Final = "shell_message"
SLIDE_OVER: Final = "slide_over"
SLIDE_OVER_CLOSE: Final = "slide_over_close"
MESSAGE_BAR: Final = "message_bar"  # one a page, first child of the page
MESSAGE_CLOSE: Final = "message_close"

# sign-in
SIGN_IN: Final = "sign_in"
SIGN_IN_PIN: Final = "sign_in_pin"
SIGN_IN_PIN_BACK: Final = "sign_in_pin_back"
SIGN_IN_ENTER: Final = "sign_in_enter"
SIGN_IN_MESSAGE: Final = "sign_in_message"
SIGN_IN_NAME: Final = "sign_in_name"  # first start only
SIGN_IN_HINT: Final = "sign_in_hint"


def sign_in_pin(digit: int) -> str:
    """A key of the PIN pad: ``sign_in_pin_1``."""
    return f"sign_in_pin_{digit}"


def sign_in_person(name: str) -> str:
    """A person's tile: ``sign_in_person_Lead A``."""
    return f"sign_in_person_{name}"


# overview
PAGE_OVERVIEW: Final = "page_overview"
OVERVIEW_COUNTS: Final = "overview_counts"
OVERVIEW_EMPTY: Final = "overview_empty"


def overview_tile(machine: str) -> str:
    """A machine's tile."""
    return f"overview_tile_{machine}"


# machine
PAGE_MACHINE: Final = "page_machine"
MACHINE_PICK: Final = "machine_pick"
MACHINE_TAG: Final = "machine_tag"
MACHINE_VALUES: Final = "machine_values"
MACHINE_EVENTS: Final = "machine_events"
MACHINE_CHART: Final = "machine_chart"
CHART_PAUSE: Final = "chart_pause"
CHART_FIT: Final = "chart_fit"
CHART_EXPORT: Final = "chart_export"


def machine_range(minutes: int) -> str:
    """A button for the chart's span."""
    return f"machine_range_{minutes}"


# counts
PAGE_COUNTS: Final = "page_counts"
COUNTS_GRID: Final = "counts_grid"
COUNTS_MACHINE: Final = "counts_machine"
COUNTS_SPAN: Final = "counts_span"
COUNTS_SUMMARY: Final = "counts_summary"
COUNTS_PREVIEW: Final = "counts_preview"
COUNTS_WHY_NOT: Final = "counts_why_not"
COUNTS_AMEND: Final = "counts_amend"
COUNTS_CONFIRM: Final = "counts_confirm"
COUNTS_PANEL: Final = "counts_panel"
COUNTS_EMPTY: Final = "counts_empty"

# the decision panel: on Counts and on Review; find it inside COUNTS_PANEL or REVIEW_PANEL
DECISION_TITLE: Final = "decision_title"
DECISION_EXPLANATION: Final = "decision_explanation"
DECISION_QUANTITY: Final = "decision_quantity"
DECISION_ORDER: Final = "decision_order"
DECISION_LOT: Final = "decision_lot"
DECISION_REASON: Final = "decision_reason"
DECISION_REASON_OTHER: Final = "decision_reason_other"  # shows the line DECISION_REASON
DECISION_WITNESS: Final = "decision_witness"
DECISION_WITNESS_PIN: Final = "decision_witness_pin"
DECISION_ACT: Final = "decision_act"
DECISION_WHY_NOT: Final = "decision_why_not"
DECISION_TRACE: Final = "decision_trace"
DECISION_TAKE: Final = "decision_take"
DECISION_CLOSE: Final = "decision_close"
DECISION_SPLIT_ADD: Final = "decision_split_add"


def decision_choice(key: str) -> str:
    """A choice card: ``decision_choice_leave-out``."""
    return f"decision_choice_{key}"


def decision_reason(number: int) -> str:
    """A ready-made reason, counted from 1."""
    return f"decision_reason_{number}"


def decision_split_order(row: int) -> str:
    """The order of one part of a split, counted from 1."""
    return f"decision_split_order_{row}"


def decision_split_quantity(row: int) -> str:
    """The quantity of one part of a split, counted from 1."""
    return f"decision_split_quantity_{row}"


# review
PAGE_REVIEW: Final = "page_review"
REVIEW_LIST: Final = "review_list"
REVIEW_PANEL: Final = "review_panel"
REVIEW_RESOLVED: Final = "review_resolved"
REVIEW_ACT: Final = DECISION_ACT
REVIEW_TAKE: Final = DECISION_TAKE

# orders
PAGE_ORDERS: Final = "page_orders"
ORDERS_LIST: Final = "orders_list"

# outbox
PAGE_OUTBOX: Final = "page_outbox"
OUTBOX_LIST: Final = "outbox_list"
OUTBOX_PANEL: Final = "outbox_panel"
OUTBOX_REASON: Final = "outbox_reason"
OUTBOX_RETRY: Final = "outbox_retry"
OUTBOX_WHY_NOT: Final = "outbox_why_not"
OUTBOX_TRACE: Final = "outbox_trace"


def outbox_state(state: str) -> str:
    """A state's counter, also a filter."""
    return f"outbox_state_{state}"


# trace
PAGE_TRACE: Final = "page_trace"
TRACE_SEARCH: Final = "trace_search"
TRACE_HITS: Final = "trace_hits"
TRACE_OPEN_ODOO: Final = "trace_open_odoo"
TRACE_EXPORT: Final = "trace_export"


def trace_station(number: int) -> str:
    """A station's card, 1 to 7."""
    return f"trace_station_{number}"


# settings
PAGE_SETTINGS: Final = "page_settings"
SETTINGS_SCALE: Final = "settings_scale"
SETTINGS_LOCK: Final = "settings_lock"
SETTINGS_PEOPLE: Final = "settings_people"
SETTINGS_PERSON_NAME: Final = "settings_person_name"
SETTINGS_PERSON_PIN: Final = "settings_person_pin"
SETTINGS_PERSON_PIN_AGAIN: Final = "settings_person_pin_again"
SETTINGS_PERSON_ADD: Final = "settings_person_add"
SETTINGS_PERSON_WHY_NOT: Final = "settings_person_why_not"
SETTINGS_PERSON_ACTIVE: Final = "settings_person_active"
SETTINGS_PERSON_NEW_PIN: Final = "settings_person_new_pin"
SETTINGS_VERSION: Final = "settings_version"


def settings_theme(choice: str) -> str:
    """A theme's button: ``settings_theme_dark``."""
    return f"settings_theme_{choice}"


def settings_role(role: str) -> str:
    """A role's button for the new person."""
    return f"settings_role_{role}"


# in every list made by DataTable: search, filter, columns, export; found inside the list's own widget
LIST_SEARCH: Final = "list_search"
LIST_FILTER: Final = "list_filter"
LIST_COLUMNS: Final = "list_columns"
LIST_EXPORT: Final = "list_export"
LIST_TABLE: Final = "list_table"
LIST_EMPTY: Final = "list_empty"
