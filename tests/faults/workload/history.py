"""What was asked and what was answered, line by line: all that the judge knows of what clients were told."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

Phase = Literal["invoke", "ok", "fail", "unknown", "seen"]
"""Of a try: it is sent, then it is one of three; a timeout, a cut connection or a 5xx is unknown, never a failure.

`seen` is no try: it says what somebody read who follows a list or a stream.
"""


IN_ANY_CASE = "say-preference"
"""The deed of those who always wait for an answer; it says what is so already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    op: int
    """All tries of one wish have the same."""
    attempt: int
    phase: Phase
    at: float
    """Seconds of a clock that never goes back, the same for every process of the machine."""
    deed: str
    about: str
    who: str
    method: str = ""
    path: str = ""
    key: str | None = None
    """The Idempotency-Key."""
    body: Any = None
    status: int | None = None
    signals: list[str] = field(default_factory=list)
    """`topic:id` of what the command published, as Guildhall-Signal said."""
    answer: Any = None


@dataclass(slots=True)
class Try:
    sent: float
    ended: float | None = None
    phase: Phase = "unknown"
    """One whose end was never written is unknown: whoever asked was killed."""
    status: int | None = None
    signals: list[str] = field(default_factory=list)
    answer: Any = None


@dataclass(slots=True, kw_only=True)
class Wish:
    """All tries of one request, in their order."""

    op: int
    deed: str
    about: str
    who: str
    method: str
    path: str
    key: str | None
    body: Any
    tries: list[Try]

    @property
    def outcome(self) -> Phase:
        """ok where one try was; fail where every one was; else nobody knows.

        A refusal that follows an unknown try settles nothing: what was under way may be carried out after it.
        """
        phases = {one.phase for one in self.tries}
        return "ok" if "ok" in phases else "fail" if phases == {"fail"} else "unknown"

    @property
    def answered(self) -> Try | None:
        """The first that said yes."""
        return next((one for one in self.tries if one.phase == "ok"), None)

    @property
    def answer(self) -> Any:
        return self.answered.answer if self.answered else None

    @property
    def sent(self) -> float:
        return self.tries[0].sent

    @property
    def ended(self) -> float:
        """When its outcome was known; for ever later where it never was."""
        return self.answered.ended if self.answered and self.answered.ended else float("inf")


class Log:
    """Added to as the clients go; each line is with the system when its call returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_what_is_torn(path)
        self._before = max((line.op for line in lines(path)), default=0) if path.exists() else 0
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)

    def next_op(self) -> int:
        self._before += 1
        return self._before

    def write(self, line: Line) -> None:
        self._file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")

    def seen(self, who: str, deed: str, about: str, what: Any) -> None:
        self.write(
            Line(op=0, attempt=0, phase="seen", at=time.monotonic(), deed=deed, about=about, who=who, answer=what)
        )

    def close(self) -> None:
        self._file.close()


def _cut_what_is_torn(path: Path) -> None:
    """A line whose writer was killed: what is added next begins on a line of its own."""
    if path.exists():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)


@dataclass(slots=True)
class History:
    """Everything that was written, wish by wish in the order of their first sending, and what was seen."""

    wishes: list[Wish]
    seen: list[Line]

    def of(self, *deeds: str) -> list[Wish]:
        return [wish for wish in self.wishes if wish.deed in deeds]

    def done(self, *deeds: str) -> list[Wish]:
        return [wish for wish in self.of(*deeds) if wish.outcome == "ok"]

    @property
    def acknowledged(self) -> int:
        """How many commands were granted that changed something."""
        return sum(wish.outcome == "ok" and wish.method != "GET" and wish.deed != IN_ANY_CASE for wish in self.wishes)


def lines(path: Path) -> Iterator[Line]:
    """A last line that was cut short is left out: its end was never written."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield Line(**json.loads(line))


def read(path: Path) -> History:
    """Of a file that is being written as well; of none, nothing."""
    wishes: dict[int, Wish] = {}
    seen: list[Line] = []
    for line in lines(path) if path.exists() else ():
        if line.phase == "seen":
            seen.append(line)
        elif line.phase == "invoke":
            wish = wishes.setdefault(line.op, _wish(line))
            wish.tries.append(Try(sent=line.at))
        else:
            last = wishes[line.op].tries[line.attempt]
            last.ended, last.phase, last.status = line.at, line.phase, line.status
            last.signals, last.answer = line.signals, line.answer
    return History(sorted(wishes.values(), key=lambda wish: wish.sent), seen)


def _wish(line: Line) -> Wish:
    return Wish(
        op=line.op,
        deed=line.deed,
        about=line.about,
        who=line.who,
        method=line.method,
        path=line.path,
        key=line.key,
        body=line.body,
        tries=[],
    )
