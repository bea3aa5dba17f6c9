"""The verbs ``people list`` and ``people add``. A PIN is asked for or read from the environment, never an
argument: arguments stand in the shell's history and in the list of processes."""

from __future__ import annotations

import argparse
import getpass
import os
from typing import TYPE_CHECKING, Any

from console.cli.opened import opened
from console.cli.output import print_json, print_table
from console.domain.people import Role
from console.errors import InvalidDecision

if TYPE_CHECKING:
    from console.domain.people import Person
    from console.services.desk import Desk
    from console.settings import Settings

PIN = "PLANT_CONSOLE_PIN"
ACTOR_PIN = "PLANT_CONSOLE_ACTOR_PIN"


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verbs."""
    parser = verbs.add_parser("people", help="who may sign in")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    one = actions.add_parser("list", help="everybody, with their roles")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=list_people)

    one = actions.add_parser("add", help=f"a new person; the PIN is asked for, or read from {PIN}")
    one.add_argument("name")
    one.add_argument(
        "--role",
        action="append",
        default=[],
        choices=[r.value for r in Role],
        help="may be given several times; the first person becomes administrator and supervisor too",
    )
    one.add_argument(
        "--actor", default="", help=f"the administrator who adds; their PIN is asked for, or in {ACTOR_PIN}"
    )
    one.set_defaults(handler=add_person)


def list_people(arguments: argparse.Namespace, settings: Settings) -> int:
    """Everybody who may sign in."""
    with opened(settings) as console:
        everybody = console.desk.people()
    if arguments.json:
        print_json(everybody)
        return 0
    rows = [(p.id, p.name, p.title) for p in everybody]
    print_table(("id", "name", "roles"), rows, "Nobody yet: `plant-console people add NAME` makes the first.")
    return 0


def add_person(arguments: argparse.Namespace, settings: Settings) -> int:
    """A new person."""
    with opened(settings) as console:
        first = console.desk.needs_first_person()
        actor = (
            None if first else signed_in(console.desk, arguments.actor, "An administrator has to add people.")
        )
        roles = frozenset(Role(r) for r in arguments.role)
        person = console.desk.create_person(actor, arguments.name, roles, _pin(PIN, "New PIN", twice=True))
    print(f"{person.name} may sign in: {person.title}.")
    return 0


def signed_in(desk: Desk, name: str, nobody: str) -> Person:
    """Who acts; their PIN is asked for, or read from the environment.

    Args:
        nobody: what is said where no name was given.

    Raises:
        InvalidDecision: no name, or no PIN. SignInFailed: not theirs.
    """
    if not name:
        raise InvalidDecision(nobody, "Name one with --actor.")
    return desk.sign_in(name, _pin(ACTOR_PIN, f"PIN of {name}"))


def _pin(variable: str, question: str, twice: bool = False) -> str:
    """From the environment, else asked for without showing it."""
    given = os.environ.get(variable, "")
    if given:
        return given
    try:
        pin = getpass.getpass(f"{question}: ")
        if twice and getpass.getpass(f"{question} again: ") != pin:
            raise InvalidDecision("The two PINs differ.", "Enter the same PIN twice.")
    except EOFError:
        raise InvalidDecision("No PIN was given.", f"Enter it, or set {variable}.") from None
    return pin
