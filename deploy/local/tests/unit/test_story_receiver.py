"""The partner body's receiver: keeps what is signed and new, writes all down, and is silent at its dead end."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook as Oracle
from story_builders import SECRET

from guildhall_kit import TEST, proof
from guildhall_local.story import arrivals
from guildhall_local.story.arrivals import DEAD, SIGNALS
from guildhall_local.story.partner import KEPT
from guildhall_local.story.partner import SECRET as SECRET_FILE
from guildhall_local.story.receiver import Receiver


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / SECRET_FILE).write_text(SECRET)
    return tmp_path


@pytest.fixture
def there(folder: Path) -> Iterator[str]:
    """Its address; it listens wherever there is room."""
    receiver = Receiver(0, folder)
    threading.Thread(target=receiver.serve_forever, args=(0.02,)).start()
    yield f"http://127.0.0.1:{receiver.server_address[1]}"
    receiver.shutdown()
    receiver.stopped.set()
    receiver.store.close()
    receiver.server_close()


def a_webhook(name: str, type_: str = "guildhall.events.event-cancelled.v1") -> tuple[bytes, dict[str, str]]:
    now = datetime.now(UTC)
    told = {"id": name, "type": type_, "time": now.isoformat(), "data": {}, "position": 1, "agreement_id": "a"}
    body = json.dumps(told | {"sha256": proof({}), "salt": ""}).encode()
    stamp = str(int(now.timestamp()))
    signature = Oracle(SECRET).sign(name, now.replace(microsecond=0), body.decode())
    return body, {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}


def post(there: str, name: str, type_: str = "guildhall.events.event-cancelled.v1") -> int:
    body, headers = a_webhook(name, type_)
    return httpx.post(f"{there}{SIGNALS}", content=body, headers=headers).status_code


def outcomes(folder: Path) -> list[str]:
    return [one.outcome for one in arrivals.read(folder / arrivals.FILE)]


def test_a_signal_is_turned_away_once_then_kept_then_known(there: str, folder: Path) -> None:
    statuses = [post(there, "test", TEST), post(there, "one"), post(there, "one"), post(there, "one")]

    assert statuses == [204, 503, 204, 204]
    assert outcomes(folder) == ["kept", "turned-away", "kept", "again"]
    assert (folder / KEPT).exists()


def test_what_is_not_signed_is_refused_and_written_down_as_it_came(there: str, folder: Path) -> None:
    body, headers = a_webhook("one")
    status = httpx.post(f"{there}{SIGNALS}", content=body + b" ", headers=headers).status_code

    [arrival] = arrivals.read(folder / arrivals.FILE)
    assert (status, arrival.outcome) == (401, "refused")
    assert (arrival.body, arrival.headers["webhook-signature"]) == (body + b" ", headers["webhook-signature"])


def test_the_dead_end_takes_a_webhook_and_never_answers(there: str, folder: Path) -> None:
    body, headers = a_webhook("one")

    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{there}{DEAD}", content=body, headers=headers, timeout=0.3)

    assert outcomes(folder) == ["unanswered"]
    assert post(there, "test", TEST) == 204  # others are answered meanwhile


def test_other_addresses_and_what_is_too_long_are_refused(there: str, folder: Path) -> None:
    assert httpx.post(f"{there}/elsewhere").status_code == 404
    assert httpx.post(f"{there}{SIGNALS}", content=b"x" * 1_048_577).status_code == 404
    assert outcomes(folder) == []
