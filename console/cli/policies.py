"""The verbs ``policies list`` and ``policies set``: how far each flow of a machine goes by itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from console.cli.opened import opened
from console.cli.output import print_json, print_table
from console.cli.people import ACTOR_PIN, signed_in
from console.domain.policies import Flow, Mode
from console.errors import InvalidDecision

if TYPE_CHECKING:
    from console.settings import Settings


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verbs."""
    parser = verbs.add_parser("policies", help="how far each flow goes by itself")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    one = actions.add_parser("list", help="every machine and flow")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=list_policies)

    one = actions.add_parser("set", help="sets one, with a reason")
    one.add_argument("machine", metavar="MACHINE", help="the machine's name in the plant file")
    one.add_argument("flow", metavar="FLOW", choices=[f.value for f in Flow], help=", ".join(Flow))
    one.add_argument("mode", metavar="MODE", choices=[m.value for m in Mode], help=", ".join(Mode))
    one.add_argument(
        "--tolerance",
        type=float,
        default=None,
        metavar="N",
        help="automatic production: percent between what was counted and what was expected",
    )
    one.add_argument("--reason", default="", help="why; it stands in the audit")
    one.add_argument("--actor", default="", help=f"who sets it; their PIN is asked for, or in {ACTOR_PIN}")
    one.set_defaults(handler=set_policy)


def list_policies(arguments: argparse.Namespace, settings: Settings) -> int:
    """Policies of every machine and flow."""
    with opened(settings) as console:
        view = console.desk.policies.policies()
    if arguments.json:
        print_json(view)
        return 0
    rows = [
        (r.machine, r.flow.value, r.mode.value, r.tolerance_percent, r.set_by, r.at, r.reason) for r in view
    ]
    headers = ("machine", "flow", "mode", "tolerance %", "set by", "when", "why")
    print_table(headers, rows, "There is no machine in the plant file.")
    return 0


def set_policy(arguments: argparse.Namespace, settings: Settings) -> int:
    """Sets one."""
    flow, mode = Flow(arguments.flow), Mode(arguments.mode)
    unused = mode is not Mode.AUTOMATIC or flow is not Flow.PRODUCTION
    if arguments.tolerance is not None and unused:
        raise InvalidDecision("Only automatic production has a tolerance.", "Leave --tolerance out.")
    with opened(settings) as console:
        person = signed_in(console.desk, arguments.actor, "Somebody has to set it.")
        done = console.desk.policies.set(
            person, arguments.machine, flow, mode, arguments.tolerance or 0.0, arguments.reason
        )
    print(done.message)
    return 0
