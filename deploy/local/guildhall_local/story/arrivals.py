"""What reached the partner body's receiver, line by line, as it came: header by header, byte by byte."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "arrivals.jsonl"
SIGNALS, DEAD = "/signals", "/dead"
"""Where the receiver takes signals, and where it never answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    path: str
    at: float
    """Seconds since 1970."""
    headers: Mapping[str, str]
    """Those of the webhook, names in lower case."""
    body: bytes
    status: int | None
    """What it was answered; None: nothing at all."""
    outcome: str
    """kept, again (it had been kept before), refused (not signed), turned-away (come again later), unanswered."""

    @property
    def webhook_id(self) -> str:
        return self.headers.get("webhook-id", "")

    @property
    def seconds(self) -> float:
        """The clock by which it was signed."""
        return float(self.headers.get("webhook-timestamp", "0"))


def append(file: Path, arrival: Arrival) -> None:
    told = asdict(arrival) | {"headers": dict(arrival.headers), "body": base64.b64encode(arrival.body).decode()}
    with file.open("a", encoding="utf-8") as log:
        log.write(json.dumps(told) + "\n")


def read(file: Path) -> list[Arrival]:
    if not file.exists():
        return []
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Arrival(**told | {"body": base64.b64decode(told["body"])}) for told in lines]
