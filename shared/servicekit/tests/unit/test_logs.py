"""Logs hold no name, address or token, whoever writes the entry."""

import io
import logging
import sys
from collections.abc import Iterator

import asyncpg
import pytest
import structlog

from servicekit import logs
from servicekit.testing.log_capture import CapturedLogs, captured_logs
from servicekit.web.secrets import KeysMissing

CANARY_NAME = "Philippa Canary"
CANARY_ADDRESS = "philippa.canary@trust.nhs.example"
CANARY_TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
CANARIES = ("Philippa", "philippa", "canary@", "eyJhbGci", "c2lnbmF0dXJl")


@pytest.fixture
def written() -> Iterator[CapturedLogs]:
    with captured_logs("events", keys=["door"]) as captured:
        yield captured


def test_an_entry_is_one_line_of_json_with_its_service_and_request(written: CapturedLogs) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")

    structlog.get_logger().info("http.request", route="/api/v1/people/{person_id}", status=200, ms=3.5)

    [entry] = written.entries
    assert entry["event"] == "http.request"
    assert entry["service"] == "events"
    assert entry["request_id"] == "r-1"
    assert entry["route"] == "/api/v1/people/{person_id}"
    assert entry["level"] == "info"
    assert entry["timestamp"].endswith("Z")


def test_a_key_that_is_not_known_to_be_harmless_is_withheld(written: CapturedLogs) -> None:
    structlog.get_logger().info("x", display_name=CANARY_NAME, person_id="0190", age=44)

    [entry] = written.entries
    assert (entry["display_name"], entry["person_id"], entry["age"]) == (logs.WITHHELD,) * 3


def test_a_service_can_name_more_harmless_keys(written: CapturedLogs) -> None:
    structlog.get_logger().info("x", door="north")

    assert written.entries[0]["door"] == "north"


def test_addresses_and_tokens_are_masked_under_every_key_and_depth(written: CapturedLogs) -> None:
    structlog.get_logger().info(
        f"told {CANARY_ADDRESS}",
        reason=f"Authorization: Bearer {CANARY_TOKEN}",
        cause={"error": [f"<{CANARY_ADDRESS}>", {"surname": CANARY_NAME}], CANARY_ADDRESS: 1},
        error=f"postgresql://events_api:{CANARY_TOKEN}@127.0.0.1/events",
    )

    assert not [canary for canary in CANARIES if canary in written.text]
    assert written.entries[0]["event"] == "told (address)"


def test_an_exception_is_told_by_its_kind_and_place_never_by_its_message(written: CapturedLogs) -> None:
    duplicate = asyncpg.UniqueViolationError(f"Key (name)=({CANARY_NAME}) already exists.")
    try:
        try:
            raise duplicate
        except asyncpg.UniqueViolationError as error:
            raise ValueError(CANARY_NAME) from error
    except ValueError:
        structlog.get_logger().exception("failed")

    [entry] = written.entries
    assert entry["exception"] == "ValueError"
    assert entry["because_of"] == ["UniqueViolationError (23505)"]
    assert "test_logs.py" in entry["trace"][-1]
    assert CANARY_NAME not in written.text


def test_a_mistake_in_code_says_what_it_is(written: CapturedLogs) -> None:
    try:
        raise TypeError("f() got an unexpected keyword argument 'on'")
    except TypeError:
        structlog.get_logger().exception("failed")

    assert written.entries[0]["said"] == "f() got an unexpected keyword argument 'on'"


def test_an_exception_meant_for_operators_says_what_to_do(written: CapturedLogs) -> None:
    try:
        raise KeysMissing("cursor.key holds no key")
    except KeysMissing:
        structlog.get_logger().exception("failed")

    assert written.entries[0]["said"] == "cursor.key holds no key"


def test_libraries_go_through_the_same_filter(written: CapturedLogs) -> None:
    try:
        raise ValueError(CANARY_NAME)
    except ValueError:
        logging.getLogger("asyncio").error("lost task for %s\nfuture: %r", CANARY_ADDRESS, CANARY_NAME, exc_info=True)
    logging.getLogger("aiokafka").info("chatter")

    [entry] = written.entries
    assert entry["event"] == "lost task for (address)"
    assert entry["logger"] == "asyncio"
    assert not [canary for canary in CANARIES if canary in written.text]


def test_what_nobody_caught_is_told_without_its_message(written: CapturedLogs) -> None:
    error = ValueError(CANARY_NAME)

    sys.excepthook(ValueError, error, None)

    [entry] = written.entries
    assert (entry["event"], entry["exception"]) == ("process.failed", "ValueError")
    assert CANARY_NAME not in written.text


def test_entries_below_the_level_are_not_written(written: CapturedLogs) -> None:
    structlog.get_logger().debug("quiet")

    assert written.text == ""


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="no such log level: LOUD"):
        logs.configure("LOUD", "events")


def test_the_canary_would_be_seen_without_the_filter() -> None:
    """The negative control: the same entry through structlog alone shows what is to be hidden."""
    stream = io.StringIO()
    plain = structlog.wrap_logger(structlog.WriteLogger(stream), processors=[structlog.processors.JSONRenderer()])

    plain.info("x", display_name=CANARY_NAME, error=CANARY_ADDRESS)

    assert "Philippa" in stream.getvalue()
    assert "canary@" in stream.getvalue()
