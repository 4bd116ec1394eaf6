"""A program that does nothing but come by two points, for the tests of the rig itself; its argument says how often."""

import importlib
import sys

from servicekit.crash_points import Point, reached

ROUNDS = 1
"""Read anew as the program runs, as the constants of what is released are."""


def main() -> None:
    for _ in range(int(sys.argv[1]) * importlib.import_module("rig.idle").ROUNDS):
        reached(Point.COMMAND_BEFORE_COMMIT)
        reached(Point.COMMAND_AFTER_COMMIT)


if __name__ == "__main__":
    main()
