"""What is asked while a group is served is served together in the next: no waiting by the clock."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from servicekit.faults import is_away

MOST = 128
"""Of one group: what waits beyond that waits for the next."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

Serve = Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]]
"""Serves a group: for each what is answered, or the refusal of it alone. What it raises concerns all of them."""


class Abandoned(RuntimeError):
    """The process ends while a group is served: what became of it is not known."""


class Groups(Generic[Asked, Answer]):
    """Serves what is asked in groups, in the order of asking, so many groups at once.

    Whoever asked may go away: what they asked for is done all the same.
    """

    def __init__(self, serve: Serve[Asked, Answer], *, most: int = MOST, at_once: int = 1) -> None:
        self._serve = serve
        self._most = most
        self._at_once = at_once
        self._queue: deque[tuple[Asked, asyncio.Future[Answer]]] = deque()
        self._serving = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        return not self._queue and self._serving == 0

    async def ask(self, asked: Asked) -> Answer:
        """The answer to this, served with whatever else is asked meanwhile. Raises its refusal."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((asked, answer))
        if self._serving < self._at_once:
            self._serving += 1
            # In a context of its own: a group is nobody's request.
            task = asyncio.get_running_loop().create_task(self._serve_all(), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _serve_all(self) -> None:
        """Until nobody is left. Between the last look at the queue and the end nothing is awaited."""
        try:
            while self._queue:
                await self._serve_next()
        finally:
            self._serving -= 1

    async def _serve_next(self) -> None:
        group = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        outcomes: Sequence[Answer | Exception] = [Abandoned()] * len(group)
        try:
            outcomes = await self._outcomes([asked for asked, _ in group])
        finally:
            for (_, answer), outcome in zip(group, outcomes, strict=True):
                _tell(answer, outcome)

    async def _outcomes(self, group: Sequence[Asked]) -> Sequence[Answer | Exception]:
        """An error that nobody expected is its own request's alone: the others are served one by one.

        Where something is away they are not: each would wait for it in turn, and whether the group's transaction
        was committed may not be known.
        """
        try:
            outcomes = await self._serve(group)
            if len(outcomes) != len(group):
                raise ValueError(f"{len(outcomes)} outcomes for {len(group)} that asked")
            return outcomes
        except Exception as error:
            if len(group) == 1 or is_away(error):
                return [error] * len(group)
        return [(await self._outcomes([asked]))[0] for asked in group]


def _tell(answer: "asyncio.Future[Answer]", outcome: Answer | Exception) -> None:
    if answer.done():  # whoever asked has gone
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
