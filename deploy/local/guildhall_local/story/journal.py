"""What was asked and what was answered, line by line: all that the checker knows of what clients were told."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TextIO

Outcome = Literal["done", "refused", "unknown"]
"""A timeout or a 5xx is unknown, never a refusal: it may have been carried out all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request on its way through the gateway; those with the same `ask` are tries of one wish."""

    ask: int
    deed: str
    """What it is in the story, such as `register`."""
    about: str
    """What it is done to, in the story's own labels, such as `summit`."""
    who: str
    """The `sub` with which they signed in, or a partner's client id."""
    method: str
    path: str
    key: str | None
    """The Idempotency-Key."""
    body: Any
    sent: float
    """Seconds of a clock that never goes back."""
    answered: float
    outcome: Outcome
    status: int | None
    signals: list[str] = field(default_factory=list)
    """`topic:id` of what the command published, as Guildhall-Signal said."""
    answer: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """All tries of one request: it was under way from the first's sending to the last's answer."""

    first: Attempt
    last: Attempt
    tries: int

    @property
    def sent(self) -> float:
        return self.first.sent

    @property
    def answered(self) -> float:
        return self.last.answered

    @property
    def who(self) -> str:
        return self.last.who

    @property
    def done(self) -> bool:
        return self.last.outcome == "done"

    @property
    def answer(self) -> Any:
        return self.last.answer

    @property
    def body(self) -> Any:
        return self.first.body


class Journal:
    """Written as the story goes; on disk at the end of each line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file: TextIO = path.open("w", encoding="utf-8", buffering=1)
        self._asked = 0

    def next_ask(self) -> int:
        self._asked += 1
        return self._asked

    def write(self, attempt: Attempt) -> None:
        self._file.write(json.dumps(asdict(attempt), ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()


def read(path: Path) -> list[Wish]:
    """Every wish of a journal, in the order of their first sending."""
    by_ask: dict[int, list[Attempt]] = {}
    for attempt in _attempts(path):
        by_ask.setdefault(attempt.ask, []).append(attempt)
    wishes = [Wish(first=attempts[0], last=attempts[-1], tries=len(attempts)) for attempts in by_ask.values()]
    return sorted(wishes, key=lambda wish: wish.sent)


def _attempts(path: Path) -> Iterator[Attempt]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Attempt(**json.loads(line))
