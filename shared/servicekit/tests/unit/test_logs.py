"""Logs hold no name, address or token, whoever writes the entry."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import structlog

from servicekit import logs

CANARY_NAME = "Philippa Canary"
CANARY_ADDRESS = "philippa.canary@trust.nhs.example"
CANARY_TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
CANARIES = ("Philippa", "philippa", "canary@", "eyJhbGci", "c2lnbmF0dXJl")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configured = structlog.get_config()
    before = sys.excepthook, logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure("INFO", "events", keys=["door"], stream=stream)
    yield stream
    structlog.configure(**configured)
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(False)
    sys.excepthook, logging.getLogger().handlers, level = before
    logging.getLogger().setLevel(level)


def entries(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_an_entry_is_one_line_of_json_with_its_service_and_request(written: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")

    structlog.get_logger().info("http.request", route="/api/v1/people/{person_id}", status=200, ms=3.5)

    [entry] = entries(written)
    assert entry["event"] == "http.request"
    assert entry["service"] == "events"
    assert entry["request_id"] == "r-1"
    assert entry["route"] == "/api/v1/people/{person_id}"
    assert entry["level"] == "info"
    assert entry["timestamp"].endswith("Z")


def test_a_key_that_is_not_known_to_be_harmless_is_withheld(written: io.StringIO) -> None:
    structlog.get_logger().info("x", display_name=CANARY_NAME, person_id="0190", age=44)

    [entry] = entries(written)
    assert (entry["display_name"], entry["person_id"], entry["age"]) == (logs.WITHHELD,) * 3


def test_a_service_can_name_more_harmless_keys(written: io.StringIO) -> None:
    structlog.get_logger().info("x", door="north")

    assert entries(written)[0]["door"] == "north"


def test_addresses_and_tokens_are_masked_under_every_key_and_depth(written: io.StringIO) -> None:
    structlog.get_logger().info(
        f"told {CANARY_ADDRESS}",
        reason=f"Authorization: Bearer {CANARY_TOKEN}",
        cause={"error": [f"<{CANARY_ADDRESS}>", {"surname": CANARY_NAME}], CANARY_ADDRESS: 1},
        error=f"postgresql://events_api:{CANARY_TOKEN}@127.0.0.1/events",
    )

    assert not [canary for canary in CANARIES if canary in written.getvalue()]
    assert entries(written)[0]["event"] == "told (address)"


def test_an_exception_is_told_by_its_kind_and_place_never_by_its_message(written: io.StringIO) -> None:
    duplicate = asyncpg.UniqueViolationError(f"Key (name)=({CANARY_NAME}) already exists.")
    try:
        try:
            raise duplicate
        except asyncpg.UniqueViolationError as error:
            raise ValueError(CANARY_NAME) from error
    except ValueError:
        structlog.get_logger().exception("failed")

    [entry] = entries(written)
    assert entry["exception"] == "ValueError"
    assert entry["because_of"] == ["UniqueViolationError (23505)"]
    assert "test_logs.py" in entry["trace"][-1]
    assert CANARY_NAME not in written.getvalue()


def test_a_mistake_in_code_says_what_it_is(written: io.StringIO) -> None:
    try:
        raise TypeError("f() got an unexpected keyword argument 'on'")
    except TypeError:
        structlog.get_logger().exception("failed")

    assert entries(written)[0]["said"] == "f() got an unexpected keyword argument 'on'"


def test_libraries_go_through_the_same_filter(written: io.StringIO) -> None:
    try:
        raise ValueError(CANARY_NAME)
    except ValueError:
        logging.getLogger("asyncio").error("lost task for %s\nfuture: %r", CANARY_ADDRESS, CANARY_NAME, exc_info=True)
    logging.getLogger("aiokafka").info("chatter")

    [entry] = entries(written)
    assert entry["event"] == "lost task for (address)"
    assert entry["logger"] == "asyncio"
    assert not [canary for canary in CANARIES if canary in written.getvalue()]


def test_what_nobody_caught_is_told_without_its_message(written: io.StringIO) -> None:
    error = ValueError(CANARY_NAME)

    sys.excepthook(ValueError, error, None)

    [entry] = entries(written)
    assert (entry["event"], entry["exception"]) == ("process.failed", "ValueError")
    assert CANARY_NAME not in written.getvalue()


def test_entries_below_the_level_are_not_written(written: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")

    assert written.getvalue() == ""


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
