"""What a process would have logged, for tests that look for canaries in it."""

import io
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from servicekit import logs


class CapturedLogs:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def captured_logs(service: str, *, level: str = "INFO", keys: Iterable[str] = ()) -> Iterator[CapturedLogs]:
    """Configure logs as the service's process does, into memory, for as long as the block."""
    captured, root = CapturedLogs(), logging.getLogger()
    configured, hook, handlers, root_level = structlog.get_config(), sys.excepthook, root.handlers[:], root.level
    logs.configure(level, service, keys=keys, stream=captured.stream)
    try:
        yield captured
    finally:
        structlog.configure(**configured)
        structlog.contextvars.clear_contextvars()
        logging.captureWarnings(False)
        sys.excepthook, root.handlers = hook, handlers
        root.setLevel(root_level)
