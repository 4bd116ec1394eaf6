"""What is taken is signed, from now, and new; all else is refused, and nothing of it is kept."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Oracle

from guildhall_kit import AlreadyReceived, Forged, Refused, Signal, Stale, Store, Tampered, Webhooks, proof

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = 1_795_392_000
ID = "0190b3a0-7c1e-7000-8000-000000000001"
DATA = {"members": 40, "title": "Théâtres"}


def body(**given: Any) -> bytes:
    told = {
        "id": ID,
        "type": "guildhall.analytics.members-counted.v1",
        "time": "2026-11-23T10:00:00Z",
        "position": 7,
        "agreement_id": "a",
        "network": "national",
        "data": DATA,
        "sha256": proof(DATA),
        "salt": "",
        "whole": True,
    }
    return json.dumps(told | given).encode()


def signed(payload: bytes, *, secret: str = SECRET, at: int = NOW, name: str = ID) -> dict[str, str]:
    """As an independent implementation signs."""
    moment = datetime.fromtimestamp(at, UTC)
    return {
        "Webhook-Id": name,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": Oracle(secret).sign(name, moment, payload.decode()),
    }


def webhooks(*secrets: str, now: int = NOW) -> Webhooks:
    return Webhooks(secrets or (SECRET,), now=lambda: now)


def test_what_another_implementation_signed_is_taken() -> None:
    signal = webhooks().verify(signed(body()), body())

    assert (signal.id, signal.position, signal.data, signal.agreement_id) == (ID, 7, DATA, "a")


def test_the_published_example_verifies() -> None:
    payload = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    wrong = {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="}

    with pytest.raises(Tampered, match="this is no signal"):  # the signature holds; the example is no signal of ours
        webhooks(now=1614265330).verify(headers, payload)
    with pytest.raises(Forged, match="no signature"):
        webhooks(now=1614265330).verify(headers | wrong, payload)


@pytest.mark.parametrize("missing", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_request_that_lacks_a_header_is_refused(missing: str) -> None:
    headers = signed(body())
    del headers[missing]

    with pytest.raises(Forged, match="is missing"):
        webhooks().verify(headers, body())


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"Webhook-Timestamp": "hello"}, Forged),
        ({"Webhook-Timestamp": "-5"}, Forged),
        ({"Webhook-Timestamp": "١٢"}, Forged),
        ({"Webhook-Timestamp": str(NOW + 1)}, Forged),
        ({"Webhook-Id": "another"}, Forged),
        ({"Webhook-Signature": "v1,"}, Forged),
        ({"Webhook-Signature": "v1,%%%"}, Forged),
        ({"Webhook-Signature": "v2,AAAA"}, Forged),
        ({"Webhook-Signature": "nonsense"}, Forged),
    ],
)
def test_a_header_that_was_changed_is_refused(changed: dict[str, str], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        webhooks().verify(signed(body()) | changed, body())


@pytest.mark.parametrize("payload", [body(position=8), b"", body() + b" ", b"null"])
def test_a_body_that_was_changed_is_refused(payload: bytes) -> None:
    with pytest.raises(Forged, match="no signature"):
        webhooks().verify(signed(body()), payload)


@pytest.mark.parametrize("late", [301, -301, 86_400])
def test_a_signature_from_another_time_is_refused(late: int) -> None:
    with pytest.raises(Stale, match="more than 300 seconds"):
        webhooks(now=NOW + late).verify(signed(body()), body())


@pytest.mark.parametrize("late", [300, -300, 0])
def test_clocks_may_differ_by_five_minutes(late: int) -> None:
    assert webhooks(now=NOW + late).verify(signed(body()), body()).id == ID


def test_a_signature_replayed_is_refused_and_so_is_a_second_try_with_a_new_one() -> None:
    store = Store(now=lambda: NOW)
    webhooks().receive(signed(body()), body(), store)

    with pytest.raises(AlreadyReceived):
        webhooks().receive(signed(body()), body(), store)
    with pytest.raises(AlreadyReceived):
        webhooks().receive(signed(body(), at=NOW + 60), body(), store)
    assert [signal.position for signal in store.signals("a")] == [7]


def test_without_remembering_ids_a_replay_would_pass() -> None:
    headers = signed(body())

    assert webhooks().verify(headers, body()) == webhooks().verify(headers, body())


def test_what_was_refused_leaves_nothing_and_its_true_self_is_taken_afterwards(tmp_path: Path) -> None:
    store = Store(tmp_path / "kept.sqlite", now=lambda: NOW)
    for headers, payload in ((signed(body(), secret=OTHER), body()), (signed(body(), at=NOW - 900), body())):
        with pytest.raises(Refused):
            webhooks().receive(headers, payload, store)
    nothing = list(store.signals("a"))
    webhooks().receive(signed(body()), body(), store)

    assert (nothing, len(list(store.signals("a")))) == ([], 1)


def test_while_a_secret_is_replaced_both_verify_and_several_signatures_may_come() -> None:
    both = signed(body())
    both["Webhook-Signature"] = f"v1a,xyz {signed(body(), secret=OTHER)['Webhook-Signature']} v1,AAAA"

    assert webhooks(OTHER).verify(both, body()).id == ID
    assert webhooks(OTHER, SECRET).verify(signed(body()), body()).id == ID
    with pytest.raises(Forged):
        webhooks(SECRET).verify(both, body())


@pytest.mark.parametrize("form", [SECRET, SECRET.removeprefix("whsec_"), "whsec_YWJjZGVmZw", "YWJjZGVmZw=="])
def test_a_secret_may_lack_its_prefix_or_its_padding(form: str) -> None:
    padded = form if "=" in form or form.endswith("Sw") else form + "=="

    assert webhooks(form).verify(signed(body(), secret=padded), body()).id == ID


@pytest.mark.parametrize("wrong", ["", "whsec_", "whsec_%%%"])
def test_a_secret_that_is_none_is_refused_at_once(wrong: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        Webhooks([wrong])
    with pytest.raises(ValueError, match="at least one"):
        Webhooks([])


@pytest.mark.parametrize(
    "given",
    [{"data": {"members": 41}}, {"salt": "x"}, {"position": "first"}, {"position": float("inf")}, {"data": None}],
)
def test_data_that_is_not_what_its_hash_says_is_refused(given: dict[str, Any]) -> None:
    payload = body(**given)

    with pytest.raises(Tampered):
        webhooks().verify(signed(payload), payload)


def test_what_was_taken_back_has_no_data_and_is_taken() -> None:
    payload = body(data={}, whole=False)

    assert webhooks().verify(signed(payload), payload).whole is False


def test_ids_are_forgotten_after_forty_days_and_not_before() -> None:
    times = [NOW]
    store = Store(now=lambda: times[-1])
    signal = Signal(id="x", type="t", time="", data={})
    store.receive(signal)
    times.append(NOW + 39 * 86_400)
    with pytest.raises(AlreadyReceived):
        store.receive(signal)
    times.append(NOW + 41 * 86_400)

    store.receive(signal)
