"""Deliveries are signed as Standard Webhooks says, secrets are kept sealed, manifests name their key."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from standardwebhooks import Webhook as Oracle

from notifications_service.manifests.signing import Signer
from notifications_service.webhooks.model import (
    LONGEST_RETRY_AFTER,
    SCHEDULE,
    State,
    Tried,
    retry_after,
    settle,
    shown_answer,
)
from notifications_service.webhooks.signing import Sealed, Unsealable, Vault, draw, signed_headers, written
from servicekit.web import Keys

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)


def test_the_published_example_is_signed_as_published() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)

    headers = signed_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at=at)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_another_implementation_verifies_each_of_several_signatures() -> None:
    secrets, body = [draw(), draw()], b'{"data": 1}'
    headers = signed_headers(secrets, "some-id", body, at=datetime.now(UTC))

    for secret in secrets:
        assert Oracle(written(secret)).verify(body, headers) == {"data": 1}


def test_a_sealed_secret_opens_for_its_own_subscription_under_a_key_that_is_known() -> None:
    vault = Vault(Keys("a", {"a": b"k" * 32}))
    secret = draw()
    sealed = vault.seal(secret, ONE)
    rotated = Vault(Keys("b", {"b": b"n" * 32, "a": b"k" * 32}))

    assert vault.open(sealed, ONE) == rotated.open(sealed, ONE) == secret
    assert (rotated.seal(secret, ONE).key_id, secret in sealed.box) == ("b", False)
    for wrong in (
        lambda: vault.open(sealed, OTHER),
        lambda: vault.open(Sealed("a", sealed.box[:-1] + b"\0"), ONE),
        lambda: vault.open(Sealed("z", sealed.box), ONE),
        lambda: Vault(Keys("a", {"a": b"x" * 32})).open(sealed, ONE),
    ):
        with pytest.raises(Unsealable):
            wrong()


def test_a_manifest_names_the_key_that_signed_it() -> None:
    signer = Signer(Keys("new", {"new": b"n" * 32, "old": b"o" * 32}))
    header, claims, _ = signer.sign({"day": "2026-11-23"}).split(".")

    assert json.loads(base64.urlsafe_b64decode(header + "=="))["kid"] == "new"
    assert json.loads(base64.urlsafe_b64decode(claims + "==")) == {"day": "2026-11-23"}
    assert [key["kid"] for key in signer.published()] == ["new", "old"]


def tried(status: int | None) -> Tried:
    return Tried(at=NOW, milliseconds=5, status=status)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_success(status: int) -> None:
    assert settle(tried(status), attempts=0, is_test=False, now=NOW, chance=lambda: 0.5).state is State.DELIVERED


@pytest.mark.parametrize("status", [None, 100, 300, 301, 304, 308, 400, 401, 404, 409, 429, 500, 503])
def test_all_else_is_failure_and_tried_again(status: int | None) -> None:
    settled = settle(tried(status), attempts=0, is_test=False, now=NOW, chance=lambda: 0.5)

    assert (settled.state, settled.next_attempt_at) == (State.QUEUED, NOW + SCHEDULE[0])


def test_410_a_test_and_the_last_attempt_are_not_tried_again() -> None:
    def state(status: int, attempts: int, *, is_test: bool) -> State:
        return settle(tried(status), attempts=attempts, is_test=is_test, now=NOW, chance=lambda: 0.5).state

    assert state(410, 0, is_test=False) is State.MISSED
    assert state(500, 0, is_test=True) is State.MISSED
    assert state(500, len(SCHEDULE), is_test=False) is State.MISSED
    assert state(500, len(SCHEDULE) - 1, is_test=False) is State.QUEUED


def test_waits_are_spread_by_a_fifth_and_last_five_days_in_all() -> None:
    for attempts, wait in enumerate(SCHEDULE):
        for drawn, part in ((0.0, 0.8), (0.5, 1.0), (1.0, 1.2)):
            settled = settle(tried(500), attempts=attempts, is_test=False, now=NOW, chance=lambda drawn=drawn: drawn)
            assert settled.next_attempt_at is not None
            assert abs(settled.next_attempt_at - NOW - wait * part) < timedelta(milliseconds=1)
    assert timedelta(days=5) < sum(SCHEDULE, timedelta(0)) < timedelta(days=5.5)


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "Mon, 23 Nov 2026 10:05:00 GMT", timedelta(minutes=5)),
        (429, "0", timedelta(seconds=1)),
        (429, "99999999", LONGEST_RETRY_AFTER),
        (429, "9" * 40, None),
        (429, "Mon, 23 Nov 2020 10:05:00 GMT", timedelta(seconds=1)),
        (429, "soon", None),
        (429, "", None),
        (429, None, None),
        (429, "-5", None),
        (500, "120", None),
        (301, "120", None),
        (None, "120", None),
    ],
)
def test_what_a_receiver_asks_for_is_honoured_within_bounds(
    status: int | None, header: str | None, expected: timedelta | None
) -> None:
    assert retry_after(status, header, now=NOW) == expected


def test_an_answer_can_be_stored_whatever_it_holds() -> None:
    assert shown_answer(b"ok\0\xff\xfe") == "ok\ufffd\ufffd\ufffd"


def test_vectors_that_others_publish(pytestconfig: pytest.Config) -> None:
    """Those of this page, and where a file of them stands beside the project, all of it."""
    file = Path(pytestconfig.rootpath.parent) / "shared" / "data" / "standard-webhooks" / "vectors.json"
    known = json.loads(file.read_text())["sign"] if file.exists() else []
    own = {
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "timestamp": 1614265330,
        "payload": '{"test": 2432232314}',
        "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    for vector in [own, *known]:
        headers = signed_headers(
            [base64.b64decode(vector["secret"].removeprefix("whsec_"))],
            vector["id"],
            vector["payload"].encode(),
            at=datetime.fromtimestamp(vector["timestamp"], UTC),
        )
        assert headers["webhook-signature"] == vector["signature"]
