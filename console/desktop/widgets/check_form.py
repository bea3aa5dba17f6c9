"""A quality test as a form: numbers typed or sent by a gauge, answers tapped; Enter goes to the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QButtonGroup, QLabel, QLineEdit, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import quantity, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, Combo, clear, column, label, restyle, row
from console.desktop.widgets.side_panel import SideForm, in_columns
from console.domain.wording import unit_words
from console.services.views import Level
from console.services.views.quality import Question, TestForm

QUANTITATIVE = "quantitative"


def parse_number(text: str) -> float | None:
    """``1484.5``, ``243,1`` or ``-3`` as a number; None where it is none.

    ``1,484`` is none: thousands for one person, a decimal for the next, and for a gauge that writes commas.
    """
    plain = text.strip().replace("\u2212", "-").replace(" ", "").replace("\u202f", "")
    if "." in plain:
        plain = plain.replace(",", "")
    whole, comma, behind = plain.partition(",")
    if comma:
        if len(behind) == 3 or "," in behind:
            return None
        plain = f"{whole}.{behind}"
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None  # neither "nan" nor "inf" is a measurement


@dataclass(frozen=True, slots=True)
class CheckGiven:
    """The answers: a number for each quantitative question, an answer's id for each qualitative one."""

    test_id: int
    answers: dict[int, float | int]
    lot: str
    order_reference: str
    hold_id: int | None
    note: str


class CheckForm(SideForm):
    """See the module's text. Sends a ``CheckGiven``."""

    def __init__(
        self,
        theme: Theme,
        tests: Sequence[TestForm],
        forbidden: Callable[[], str],
        *,
        lot: str = "",
        order_reference: str = "",
        hold_id: int | None = None,
    ) -> None:
        super().__init__(theme, names.CHECK_FORM, forbidden, icon="clipboard-check")
        self._tests = tuple(tests)
        self._hold_id = hold_id
        self._numbers: dict[int, tuple[Question, QLineEdit, QLabel]] = {}
        self._answers: dict[int, tuple[Question, QButtonGroup]] = {}
        self.test = Combo(theme, names.CHECK_TEST, tr("Test"))
        self.test.addItems([t.title for t in self._tests])
        self.lot = self._line(names.CHECK_LOT, tr("Lot"), tr("Scan or type the lot"))
        self.order = self._line(names.CHECK_ORDER, tr("Order"), tr("Scan or type, where known"))
        self.note = self._line(names.CHECK_NOTE, tr("Note"), tr("Note, if anything"))
        self.lot.setText(lot)
        self.order.setText(order_reference)
        self._questions = QVBoxLayout()
        self._questions.setSpacing(10)
        self._lay_out()
        self.test.currentIndexChanged.connect(self._test_changed)
        for field in (self.lot, self.order, self.note):
            field.textChanged.connect(self.refresh)
        self.lot.returnPressed.connect(self.order.setFocus)
        self.order.returnPressed.connect(self._first_question)
        self.note.returnPressed.connect(self.press)
        self._build_questions()

    def begin(self) -> None:
        """To the lot, or straight to the first question where the lot is known."""
        if self.lot.text():
            self._first_question()
        else:
            self.lot.setFocus()

    def problem(self) -> str:
        """What is missing."""
        test = self._chosen
        if test is None:
            return tr("Odoo has no quality test that the console knows.")
        for question, field, _ in self._numbers.values():
            if parse_number(field.text()) is None:
                return tr("{q}: type the number, as 243.1.", q=question.title)
        for question, group in self._answers.values():
            if group.checkedId() < 0:
                return tr("{q}: choose an answer.", q=question.title)
        if not self.lot.text().strip() and not self.order.text().strip():
            return tr("Scan or type the lot or the order.")
        return ""

    def words(self) -> str:
        """Says ahead that it fails by its numbers."""
        return tr("Record, fails") if self.outside else tr("Record")

    @property
    def outside(self) -> tuple[str, ...]:
        """Questions whose number is outside of what the test allows."""
        return tuple(q.title for q, field, _ in self._numbers.values() if _outside(q, field.text()))

    def answer(self) -> CheckGiven:
        """The answers."""
        test = self._chosen
        given: dict[int, float | int] = {
            key: parse_number(field.text()) or 0.0 for key, (_, field, _) in self._numbers.items()
        }
        given |= {key: group.checkedId() for key, (_, group) in self._answers.items()}
        return CheckGiven(
            test_id=test.id if test is not None else 0,
            answers=given,
            lot=self.lot.text().strip(),
            order_reference=self.order.text().strip(),
            hold_id=self._hold_id,
            note=self.note.text().strip(),
        )

    # --- building ---------------------------------------------------------------------------------
    @property
    def _chosen(self) -> TestForm | None:
        place = self.test.currentIndex()
        return self._tests[place] if 0 <= place < len(self._tests) else None

    def _line(self, name: str, accessible: str, placeholder: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setAccessibleName(accessible)
        field.setPlaceholderText(placeholder)
        return field

    def _lay_out(self) -> None:
        self.add(tr("Test"), self.test)
        both = QWidget()
        both.setLayout(
            row(
                column(label(tr("Lot"), "group"), self.lot, gap=5),
                column(label(tr("Order"), "group"), self.order, gap=5),
                gap=10,
            )
        )
        self.fields.addWidget(both)
        self.fields.addLayout(self._questions)
        self.add(tr("Note"), self.note)
        self._fails = label("", wrap=True)
        restyle(self._fails, "level", Level.HIGH.value)
        self.fields.addWidget(self._fails)

    def _test_changed(self) -> None:
        self._build_questions()
        self.refresh()

    def _build_questions(self) -> None:
        clear(self._questions)
        self._numbers, self._answers = {}, {}
        test = self._chosen
        for question in test.questions if test is not None else ():
            if question.kind == QUANTITATIVE:
                self._questions.addWidget(self._number(question))
            else:
                self._questions.addWidget(self._choice(question))
        fields = [field for _, field, _ in self._numbers.values()]
        for number, field in enumerate(fields):
            following: QWidget = fields[number + 1] if number + 1 < len(fields) else self.note
            field.returnPressed.connect(following.setFocus)
        self.refresh()

    def _number(self, question: Question) -> QWidget:
        field = self._line(names.check_question(question.id), question.title, _allowed(question))
        field.setFixedWidth(170)
        said = label("", "dim", wrap=True)
        said.setText(_allowed(question))
        field.textChanged.connect(partial(self._number_typed, question.id))
        self._numbers[question.id] = (question, field, said)
        out = QWidget()
        line = row(field, said, gap=10)
        line.setStretch(1, 1)
        out.setLayout(column(label(question.title, "group", wrap=True), line, gap=5))
        return out

    def _choice(self, question: Question) -> QWidget:
        group = QButtonGroup(self)
        keys = []
        for answer_id, words in question.answers:
            chip = Button(words, self.theme, name=names.check_answer(question.id, answer_id), kind="chip")
            chip.setCheckable(True)
            group.addButton(chip, answer_id)
            keys.append(chip)
        group.idToggled.connect(lambda *_: self.refresh())
        self._answers[question.id] = (question, group)
        out = QWidget()
        out.setLayout(column(label(question.title, "group", wrap=True), in_columns(keys, 2), gap=5))
        return out

    # --- answers ----------------------------------------------------------------------------------
    def _first_question(self) -> None:
        fields = [field for _, field, _ in self._numbers.values()]
        (fields[0] if fields else self.note).setFocus()

    def _number_typed(self, question_id: int, text: str) -> None:
        question, field, said = self._numbers[question_id]
        wrong = bool(text.strip()) and parse_number(text) is None
        outside = _outside(question, text)
        restyle(field, "invalid", wrong or outside)
        said.setText(tr("▲ outside {span}", span=_allowed(question)) if outside else _allowed(question))
        restyle(said, "level", Level.HIGH.value if outside else "")
        self.refresh()

    def refresh(self) -> None:
        """Says what a failed check brings along, before it is recorded."""
        super().refresh()
        if not hasattr(self, "_fails"):
            return  # while it is built
        failing = self.outside
        self._fails.setVisible(bool(failing))
        self._fails.setText(tr("▲ It fails, so a hold is proposed.") if failing else "")


def _allowed(question: Question) -> str:
    unit = unit_words(question.unit)
    return f"{quantity(question.minimum)} {tr('to')} {quantity(question.maximum)} {unit}".strip()


def _outside(question: Question, text: str) -> bool:
    value = parse_number(text)
    return value is not None and not question.minimum <= value <= question.maximum
