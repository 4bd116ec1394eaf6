"""python -m guildhall_local.gateway check: would Envoy take the gateway's files as they now stand?"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from guildhall_local.gateway.check import check
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.processes import gateway


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m guildhall_local.gateway")
    parser.add_argument("command", choices=["check"])
    parser.add_argument("--folder", type=Path, help="files rendered before (default: render them now)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = options.folder or Path(scratch)
        if options.folder is None:
            replace(gateway(Instance()), folder=folder).prepare()
        check(folder)
    print("The gateway's files are in order.")


if __name__ == "__main__":
    try:
        main()
    except Obstacle as obstacle:
        sys.exit(str(obstacle))
