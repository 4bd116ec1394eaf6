"""One JSON line per entry, and no personal data in any: what is not known to be harmless is withheld."""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import asyncpg
import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from servicekit import last_errors

WITHHELD = "(withheld)"
LONGEST = 500
FRAMES = 12

# fmt: off
HARMLESS_KEYS = frozenset({
    "event", "level", "timestamp", "service", "logger", "exception", "because_of", "trace", "said",
    "error", "cause", "reason", "status", "state", "outcome", "request_id", "traceparent", "method",
    "route", "ms", "bytes", "topic", "topics", "partition", "partitions", "record_offset", "position",
    "lag", "type", "kind", "version", "signal_id", "cell", "cells", "consumer", "consumers", "epoch",
    "projection", "attempt", "attempts", "count", "done", "total", "rows", "seconds", "pause", "lane",
    "job_id", "run", "database", "role", "schema", "migration", "host", "port", "signal", "process",
    "code", "issuer", "kid", "subscription_id", "agreement_id", "network_id", "event_id", "outbox",
    "unsent", "stopped", "elected",
})
# fmt: on
"""Keys whose values say nothing about a person. Ids of persons and free text are not among them."""

_ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]{}=]+@[^\s@<>\"',;()\[\]{}]+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]+")
_JWT = re.compile(r"\beyJ[\w-]{4,}\.[\w-]*(\.[\w-]*)?")

# Their messages speak of code, never of what somebody typed. A class of ours says the same of itself by an
# attribute `for_operators = True`.
_ABOUT_CODE = (TypeError, AttributeError, ImportError, NameError, RecursionError)


def configure(level: str, service: str, *, keys: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send every log entry of this process, the libraries' included, to `stream` (stdout) as filtered JSON.

    level: DEBUG, INFO, WARNING, ERROR or CRITICAL; ValueError for anything else.
    keys: more names of keys that hold nothing personal.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"no such log level: {level}")
    allowed = HARMLESS_KEYS | frozenset(keys)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _named(service),
            _tell_exception,
            _withhold(allowed),
            last_errors.notice,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stdout),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(number, logging.WARNING), force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def masked(text: str) -> str:
    """The text without e-mail addresses, bearer tokens and JWTs, cut to 500 characters."""
    if "@" in text or "eyJ" in text or len(text.split()) > 1:  # else none of them is in it, as in most entries
        for pattern, instead in ((_JWT, "(token)"), (_BEARER, "(token)"), (_ADDRESS, "(address)")):
            text = pattern.sub(instead, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def _named(service: str) -> Processor:
    def name(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
        entry["service"] = service
        return entry

    return name


def _withhold(allowed: frozenset[str]) -> Processor:
    def clean(value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return masked(value)
            case Mapping():
                return {masked(str(key)): clean(inner) if key in allowed else WITHHELD for key, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [clean(inner) for inner in value]
            case _:
                return masked(str(value))

    def withhold(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
        return {key: clean(value) if key in allowed else WITHHELD for key, value in entry.items()}

    return withhold


def _tell_exception(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Say what was raised and where; its message is left out, since messages quote what people typed."""
    given = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        entry["exception"] = _described(error)
        entry["trace"] = _frames(error.__traceback__)
        causes = list(_causes(error))
        if causes:
            entry["because_of"] = [_described(cause) for cause in causes]
        if isinstance(error, _ABOUT_CODE) or getattr(error, "for_operators", False):
            entry["said"] = str(error)
    entry.pop("stack_info", None)
    return entry


def _described(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, asyncpg.PostgresError):
        parts = [error.sqlstate, getattr(error, "table_name", None), getattr(error, "constraint_name", None)]
        return f"{name} ({' '.join(part for part in parts if part)})"
    return name


def _causes(error: BaseException) -> Iterable[BaseException]:
    seen = {id(error)}
    if isinstance(error, BaseExceptionGroup):
        yield from error.exceptions
    while (cause := error.__cause__ or error.__context__) is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        error = cause


def _frames(at: TracebackType | None) -> list[str]:
    return [
        f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(at)[-FRAMES:]
    ]


def _json(entry: Any, **_: Any) -> str:
    return orjson.dumps(entry, option=orjson.OPT_NON_STR_KEYS).decode()


class _Foreign(logging.Handler):
    """Entries of libraries, through the same filter; only the first line, since the rest quotes reprs."""

    def emit(self, record: logging.LogRecord) -> None:
        first = record.getMessage().partition("\n")[0]
        log = structlog.get_logger()
        log.log(record.levelno, first, logger=record.name, exc_info=record.exc_info)


def _log_uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    structlog.get_logger().critical("process.failed", exc_info=error)
