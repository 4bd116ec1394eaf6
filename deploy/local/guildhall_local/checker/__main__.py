"""python -m guildhall_local.checker: check the last story of the stack that the environment names."""

import asyncio
import sys

from rich.console import Console

from guildhall_local.checker.judging import judge
from guildhall_local.instance import Instance

if __name__ == "__main__":
    sys.exit(asyncio.run(judge(Instance(), Console())).status)
