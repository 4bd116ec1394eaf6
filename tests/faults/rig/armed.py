"""A process of ours as it is, but for one thing: it dies by its own SIGKILL at the point that it is ordered to.

`python armed.py events_service work` is `python -m events_service work`. It looks for an order as it starts, and now
and then while it runs; without one nothing is different.
"""

import importlib
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from rig.orders import FOLDER, PROCESS, Mark, Order, Orders

from servicekit import crash_points

LOOK_EVERY = 0.05


class Listener:
    """Counts how often the ordered point is reached, and carries the order out. die: how; another way only in tests."""

    def __init__(
        self, orders: Orders, process: str, die: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL)
    ) -> None:
        self._orders = orders
        self._process = process
        self._die = die
        self._order: Order | None = None
        self._times = 0

    def look(self) -> None:
        """Take up an order that is new, or let go of one that was taken back."""
        order = self._orders.of(self._process)
        if order == self._order:
            return
        self._order, self._times = order, 0
        for setting, value in (order.settings if order is not None else {}).items():
            module, _, name = setting.partition(":")
            setattr(importlib.import_module(module), name, value)
        crash_points.listen(self.reached if order is not None else None)
        if order is not None:
            self._orders.take_up(order)

    def look_for_ever(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            self.look()

    def reached(self, point: crash_points.Point) -> None:
        order = self._order
        if order is None or point != order.point:
            return
        self._times += 1
        if self._times < order.nth:
            return
        mark = Mark(order=order.id, point=point, process=self._process, pid=os.getpid(), at=time.monotonic())
        self._orders.carried_out(mark)
        self._die()


def main() -> None:
    listener = Listener(Orders(Path(os.environ.pop(FOLDER))), os.environ.pop(PROCESS))
    listener.look()
    threading.Thread(target=listener.look_for_ever, name="orders", daemon=True).start()
    module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    del sys.path[0]
    sys.path.insert(0, str(Path.cwd()))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
