"""The verb ``config check``: says whether a plant file can be used and what it means, or everything
that is wrong in it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.output import print_json
from console.errors import PlantFileError

if TYPE_CHECKING:
    from console.domain.equipment import Plant
    from console.settings import Settings


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verb."""
    parser = verbs.add_parser("config", help="the plant file")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    one = actions.add_parser("check", help="read a plant file and say what is wrong in it")
    one.add_argument("path", type=Path, nargs="?", help="the file (default: PLANT_CONSOLE_PLANT)")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=check)


def check(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 for a file that can be used, and what it means in words; 2 for one that cannot."""
    from console.plant_file import load_plant
    from console.plant_file.explain import explain_plant

    path = arguments.path or settings.plant_file
    try:
        plant = load_plant(path)
    except PlantFileError as error:
        if arguments.json:
            print_json({"path": error.path, "usable": False, "problems": error.problems})
        else:
            print(error.what, file=sys.stderr)
        return 2
    if arguments.json:
        print_json({"path": str(path), "usable": True, "problems": [], "summary": _summary(plant)})
        return 0
    print(f"{path} can be used.")
    print(explain_plant(plant))
    return 0


def _summary(plant: Plant) -> dict[str, Any]:
    return {
        "plant": plant.name,
        "version": plant.version[:12],
        "timezone": plant.timezone,
        "connections": len(plant.connections),
        "tags": len(plant.tags),
        "machines": len(plant.machines),
        "shifts": len(plant.shifts),
        "odoo": plant.odoo.url if plant.odoo is not None else "not configured",
    }
