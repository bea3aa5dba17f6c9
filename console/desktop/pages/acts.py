"""How a page with a side panel acts: a form's answer goes to the desk, and what comes back to its place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from console.desktop.context import Context
from console.desktop.pages.base import Page
from console.desktop.tasks import Task
from console.desktop.widgets.side_panel import SidePanel
from console.domain.people import Permission, Person
from console.errors import AlreadyDecided, ConsoleError
from console.services.views import Decided


class Acts(QObject):
    """Base of what can be done on a page.

    Signals:
        again: something was done, or is not as it was shown: read anew.
    """

    again = Signal()

    def __init__(self, ctx: Context, page: Page, side: SidePanel) -> None:
        super().__init__(page)
        self.ctx, self.page, self.side = ctx, page, side

    @property
    def person(self) -> Person | None:
        """Who is signed in."""
        return self.ctx.session.person

    def why_not(self, permission: Permission) -> Callable[[], str]:
        """For a form: asked anew each time, since another person may sign in meanwhile."""
        return lambda: self.ctx.session.why_not(permission)

    def do(
        self,
        work: Callable[[], Decided],
        busy: Callable[[bool], object] | None = None,
        then: Callable[[], object] | None = None,
    ) -> None:
        """Takes an action. The form that asked for it waits for the answer; ``busy`` is told of it too."""
        form = self.side.form

        def finish() -> None:
            if form is not None and self.side.form is form:
                self.side.finish()

        def done(decided: Decided) -> None:
            finish()
            self.page.messages.say(decided.message)
            if then is not None:
                then()
            self.again.emit()

        def refused(error: ConsoleError) -> None:
            # what can be mended is said in the form; where somebody was faster there is nothing left to send
            if form is not None and self.side.form is form and not isinstance(error, AlreadyDecided):
                form.refused(error)
            else:
                finish()
                self.page.say_error(error)
            self.again.emit()

        task = Task(work).on_success(done).on_failure(refused)
        if busy is not None:
            busy(True)
            task.finally_(lambda: busy(False))
        task.start(self.ctx.tasks, self, action=True)
