"""Where a frozen program starts (installers/plant-console.spec).

The console starts its edge, and the demo its simulator, as ``<this Python> -m console ...``. In a frozen
program there is no Python beside it: the program itself is called so, and has to understand it.
"""

from __future__ import annotations

import multiprocessing
import runpy
import sys


def main() -> None:
    """The command line, or the module of the console that is asked for with ``-m``."""
    multiprocessing.freeze_support()
    if len(sys.argv) > 2 and sys.argv[1] == "-m" and sys.argv[2].split(".")[0] == "console":
        name = sys.argv[2]
        if name != "console":
            sys.argv = [sys.argv[0], *sys.argv[3:]]
            runpy.run_module(name, run_name="__main__")
            return
        del sys.argv[1:3]
    from console.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
