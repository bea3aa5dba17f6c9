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
NAV_STOPS: Final = "nav_stops"
NAV_HOLDS: Final = "nav_holds"
NAV_ALARMS: Final = "nav_alarms"
NAV_ORDERS: Final = "nav_orders"
NAV_OUTBOX: Final = "nav_outbox"
NAV_SHIFT: Final = "nav_shift"
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
STOP_PROMPT: Final = "stop_prompt"  # the line above every page
STOP_PROMPT_GO: Final = "stop_prompt_go"
STOP_PROMPT_LATER: Final = "stop_prompt_later"
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
DECISION_LEAD: Final = "decision_lead"
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

# stops
PAGE_STOPS: Final = "page_stops"
STOPS_LIST: Final = "stops_list"
STOPS_MACHINE: Final = "stops_machine"
STOPS_SPAN: Final = "stops_span"
STOPS_MICRO: Final = "stops_micro"
STOPS_SEVERAL: Final = "stops_several"
STOPS_NEXT: Final = "stops_next"
STOPS_PARETO: Final = "stops_pareto"
STOPS_PANEL: Final = "stops_panel"
STOPS_STRIP: Final = "stops_strip"
STOPS_WIDER: Final = "stops_wider"
STOPS_CLOSER: Final = "stops_closer"
STOPS_ALL_REASONS: Final = "stops_all_reasons"
STOPS_TREE: Final = "stops_tree"
STOPS_TREE_SEARCH: Final = "stops_tree_search"
STOPS_TREE_BACK: Final = "stops_tree_back"
STOPS_NOTE: Final = "stops_note"
STOPS_SPLIT: Final = "stops_split"
STOPS_MERGE: Final = "stops_merge"
STOPS_MOVE: Final = "stops_move"
STOPS_AT: Final = "stops_at"
STOPS_START: Final = "stops_start"
STOPS_END: Final = "stops_end"
STOPS_MERGE_BEFORE: Final = "stops_merge_before"
STOPS_MERGE_AFTER: Final = "stops_merge_after"
STOPS_EDIT_BACK: Final = "stops_edit_back"
STOPS_TRACE: Final = "stops_trace"
STOPS_EFFECT: Final = "stops_effect"
STOPS_WHY_NOT: Final = "stops_why_not"
STOPS_CONFIRM: Final = "stops_confirm"
STOPS_HISTORY: Final = "stops_history"
STOPS_IN_ODOO: Final = "stops_in_odoo"


def stops_reason(number: int) -> str:
    """One of the five likeliest reasons, counted from 1."""
    return f"stops_reason_{number}"


# shift
PAGE_SHIFT: Final = "page_shift"
SHIFT_PICK: Final = "shift_pick"
SHIFT_COUNTS: Final = "shift_counts"
SHIFT_PARETO: Final = "shift_pareto"
SHIFT_NOTE: Final = "shift_note"
SHIFT_NOTE_ADD: Final = "shift_note_add"
SHIFT_NOTE_WHY_NOT: Final = "shift_note_why_not"
SHIFT_PDF: Final = "shift_pdf"
SHIFT_SIGN: Final = "shift_sign"
SHIFT_WHY_NOT: Final = "shift_why_not"
SHIFT_EMPTY: Final = "shift_empty"
SHIFT_TERMS: Final = "shift_terms"
SHIFT_SIGN_PANEL: Final = "shift_sign_panel"
SHIFT_SIGN_OTHER: Final = "shift_sign_other"
SHIFT_SIGN_MESSAGE: Final = "shift_sign_message"
SHIFT_SIGN_STEP: Final = "shift_sign_step"
SHIFT_SIGN_PAD: Final = "shift_sign_pin"
SHIFT_SIGN_ENTER: Final = "shift_sign_enter"


def shift_sign_pin(digit: int) -> str:
    """A key of the sign-off's PIN pad."""
    return f"shift_sign_pin_{digit}"


def shift_oee(machine: str) -> str:
    """A machine's OEE card."""
    return f"shift_oee_{machine}"


def shift_open(kind: str) -> str:
    """Leads to what is handed over: ``stops``, ``holds``, ``review``, ``alarms``."""
    return f"shift_open_{kind}"


def shift_term(symbol: str) -> str:
    """A term of the formula, in the drill-down."""
    return f"shift_term_{symbol}"


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
SETTINGS_POLICIES: Final = "settings_policies"
SETTINGS_POLICY_TITLE: Final = "settings_policy_title"
SETTINGS_POLICY_NOW: Final = "settings_policy_now"
SETTINGS_POLICY_TOLERANCE: Final = "settings_policy_tolerance"
SETTINGS_POLICY_REASON: Final = "settings_policy_reason"
SETTINGS_POLICY_SET: Final = "settings_policy_set"
SETTINGS_POLICY_WHY_NOT: Final = "settings_policy_why_not"


def settings_theme(choice: str) -> str:
    """A theme's button: ``settings_theme_dark``."""
    return f"settings_theme_{choice}"


def settings_role(role: str) -> str:
    """A role's button for the new person."""
    return f"settings_role_{role}"


def settings_part(part: str) -> str:
    """Shows a part of the page: ``settings_part_people``, ``settings_part_policies``."""
    return f"settings_part_{part}"


def settings_policy_mode(mode: str) -> str:
    """A mode of the chosen policy: ``settings_policy_mode_shadow``."""
    return f"settings_policy_mode_{mode}"


# in every list made by DataTable: search, filter, columns, export; found inside the list's own widget
LIST_SEARCH: Final = "list_search"
LIST_FILTER: Final = "list_filter"
LIST_COLUMNS: Final = "list_columns"
LIST_EXPORT: Final = "list_export"
LIST_TABLE: Final = "list_table"
LIST_EMPTY: Final = "list_empty"

# in every panel that slides in: found inside the panel's own widget (HOLDS_SIDE, ALARMS_SIDE)
SIDE_ACT: Final = "side_act"
SIDE_WHY_NOT: Final = "side_why_not"
SIDE_MESSAGE: Final = "side_message"
SIDE_REASON: Final = "side_reason"


def side_reason(number: int) -> str:
    """A ready-made reason, counted from 1."""
    return f"side_reason_{number}"


# holds
PAGE_HOLDS: Final = "page_holds"
HOLDS_PLACE: Final = "holds_place"
HOLDS_RECORD: Final = "holds_record"
HOLDS_LIST: Final = "holds_list"
HOLDS_CHECKS: Final = "holds_checks"
HOLDS_LIMITS: Final = "holds_limits"
HOLDS_SIDE: Final = "holds_side"
HOLDS_MISSING: Final = "holds_missing"
HOLD_PANEL: Final = "hold_panel"
HOLD_TITLE: Final = "hold_title"
HOLD_STATE: Final = "hold_state"
HOLD_EXPLANATION: Final = "hold_explanation"
HOLD_CHART: Final = "hold_chart"
HOLD_STEPS: Final = "hold_steps"
HOLD_ACT: Final = "hold_act"
HOLD_WHY_NOT: Final = "hold_why_not"
HOLD_TRACE: Final = "hold_trace"
HOLD_CHECK: Final = "hold_check"
CHECK_PANEL: Final = "check_panel"
CHECK_ACCEPT: Final = "check_accept"
CHECK_REJECT: Final = "check_reject"
CHECK_WHY_NOT: Final = "check_why_not"
CHECK_REASON: Final = "check_reason"
LIMIT_PANEL: Final = "limit_panel"
LIMIT_VALUE: Final = "limit_value"
LIMIT_ACT: Final = "limit_act"
LIMIT_WHY_NOT: Final = "limit_why_not"
SIGNATURE: Final = "signature"
SIGNATURE_MEANING: Final = "signature_meaning"
SIGNATURE_WITNESS: Final = "signature_witness"
PLACE_HOLD: Final = "place_hold"
PLACE_LOT: Final = "place_lot"
PLACE_MACHINE: Final = "place_machine"
PLACE_START: Final = "place_start"
PLACE_END: Final = "place_end"
CHECK_FORM: Final = "check_form"
CHECK_TEST: Final = "check_test"
CHECK_LOT: Final = "check_lot"
CHECK_ORDER: Final = "check_order"
CHECK_NOTE: Final = "check_note"


def holds_view(key: str) -> str:
    """What the page shows: ``holds_view_open``, closed, checks, limits."""
    return f"holds_view_{key}"


def hold_choice(key: str) -> str:
    """A disposition's card: ``hold_choice_release``."""
    return f"hold_choice_{key}"


def hold_child(lot_id: int) -> str:
    """The tick box of a lot that has the held one in it."""
    return f"hold_child_{lot_id}"


def place_by(key: str) -> str:
    """What is held by hand: ``place_by_lot``, ``place_by_machine``."""
    return f"place_by_{key}"


def place_severity(severity: int) -> str:
    """How severe it is."""
    return f"place_severity_{severity}"


def place_minutes(minutes: int) -> str:
    """The last so many minutes of a machine."""
    return f"place_minutes_{minutes}"


def check_question(question_id: int) -> str:
    """Where the number for a question is typed."""
    return f"check_question_{question_id}"


def check_answer(question_id: int, answer_id: int) -> str:
    """An answer to tap."""
    return f"check_answer_{question_id}_{answer_id}"


# alarms
PAGE_ALARMS: Final = "page_alarms"
ALARMS_FLOOD: Final = "alarms_flood"
ALARMS_SUPPRESSED: Final = "alarms_suppressed"
ALARMS_MISSING: Final = "alarms_missing"
ALARMS_LIST: Final = "alarms_list"
ALARMS_HISTORY: Final = "alarms_history"
ALARMS_SHELVED: Final = "alarms_shelved"
ALARMS_REQUESTS: Final = "alarms_requests"
ALARMS_CONDITIONS: Final = "alarms_conditions"
ALARMS_SIDE: Final = "alarms_side"
ALARM_PANEL: Final = "alarm_panel"
ALARM_TITLE: Final = "alarm_title"
ALARM_STATE: Final = "alarm_state"
ALARM_GUIDANCE: Final = "alarm_guidance"
ALARM_CHART: Final = "alarm_chart"
ALARM_ACKNOWLEDGE: Final = "alarm_acknowledge"
ALARM_SHELVE: Final = "alarm_shelve"
ALARM_REQUEST: Final = "alarm_request"
ALARM_PROGRESS: Final = "alarm_progress"
ALARM_TRACE: Final = "alarm_trace"
ALARM_WHY_NOT: Final = "alarm_why_not"
SHELF_PANEL: Final = "shelf_panel"
SHELF_END: Final = "shelf_end"
SHELF_WHY_NOT: Final = "shelf_why_not"
SHELVE_FORM: Final = "shelve_form"
REQUEST_FORM: Final = "request_form"
REQUEST_EQUIPMENT: Final = "request_equipment"
REQUEST_TITLE: Final = "request_title"
REQUEST_DESCRIPTION: Final = "request_description"
REQUEST_EVIDENCE: Final = "request_evidence"
REQUEST_PICTURE: Final = "request_picture"
REQUEST_NEW: Final = "request_new"
REQUEST_PANEL: Final = "request_panel"
REQUEST_SEND: Final = "request_send"
REQUEST_DISMISS: Final = "request_dismiss"
REQUEST_WHY_NOT: Final = "request_why_not"
REQUEST_TRACE: Final = "request_trace"
CONDITION_PANEL: Final = "condition_panel"
CONDITION_REQUEST: Final = "condition_request"
CONDITION_WHY_NOT: Final = "condition_why_not"
TRIAL: Final = "trial"
TRIAL_MACHINE: Final = "trial_machine"
TRIAL_TAG: Final = "trial_tag"
TRIAL_START: Final = "trial_start"
TRIAL_END: Final = "trial_end"
TRIAL_RUN: Final = "trial_run"
TRIAL_CANCEL: Final = "trial_cancel"
TRIAL_PROGRESS: Final = "trial_progress"
TRIAL_VALUES: Final = "trial_values"
TRIAL_SCORE: Final = "trial_score"
TRIAL_FINDINGS: Final = "trial_findings"
TRIAL_ACTIVATE: Final = "trial_activate"
TRIAL_WHY_NOT: Final = "trial_why_not"


def alarms_view(key: str) -> str:
    """What the page shows: ``alarms_view_active``, shelved, requests, conditions, trial, history."""
    return f"alarms_view_{key}"


def shelve_minutes(minutes: int) -> str:
    """How long to shelve."""
    return f"shelve_minutes_{minutes}"


def request_join(ticket_id: int) -> str:
    """The card of a request that is open in Odoo."""
    return f"request_join_{ticket_id}"


def request_priority(priority: int) -> str:
    """Odoo's stars, 0 to 3."""
    return f"request_priority_{priority}"


def trial_field(name: str) -> str:
    """A parameter: ``trial_field_threshold``."""
    return f"trial_field_{name}"


def trial_hours(hours: int) -> str:
    """The last so many hours."""
    return f"trial_hours_{hours}"


# one order, beside the list on Orders
ORDER_PANEL: Final = "order_panel"
ORDER_TITLE: Final = "order_title"
ORDER_CLOSE: Final = "order_close"
ORDER_WHY_NOT: Final = "order_why_not"
ORDER_TRACE: Final = "order_trace"
ORDERS_SIDE: Final = "orders_side"
ORDER_FORM: Final = "order_form"
ORDER_FORM_QUANTITY: Final = "order_form_quantity"
ORDER_FORM_REWORK: Final = "order_form_rework"
ORDER_FORM_SCRAP: Final = "order_form_scrap"
ORDER_FORM_BACKORDER: Final = "order_form_backorder"
ORDER_FORM_NO_BACKORDER: Final = "order_form_no_backorder"


def order_operate(operation_id: int, action: str) -> str:
    """Starts, pauses or finishes an operation: ``order_operate_177_start``."""
    return f"order_operate_{operation_id}_{action}"


def order_scrap(machine: str) -> str:
    """Gives a machine's scrap a reason."""
    return f"order_scrap_{machine}"


def order_consume(consumption_id: int) -> str:
    """Confirms what was used of a component."""
    return f"order_consume_{consumption_id}"
