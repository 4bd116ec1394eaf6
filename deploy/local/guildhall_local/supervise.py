"""The supervisor that stays behind: runs one stack until it is told to stop."""

import sys

from guildhall_local import stack
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.processes import stack as whole_stack


def main() -> None:
    try:
        stack.run(Instance(), whole_stack)
    except Obstacle as obstacle:
        sys.exit(str(obstacle))


if __name__ == "__main__":
    main()
