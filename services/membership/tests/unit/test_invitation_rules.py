"""An invitation is good once, for a while, until it is taken back, and for its own address."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from membership_service.invitations.model import (
    Invitation,
    InvitationAccepted,
    InvitationExpired,
    InvitationForSomebodyElse,
    InvitationRevoked,
    InvitationUnknown,
    secret_hash,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def an_invitation(**given: Any) -> Invitation:
    facts: dict[str, Any] = {
        "secret_hash": secret_hash("s" * 43),
        "invited_by": uuid4(),
        "invited_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=13),
    }
    return Invitation(id=uuid4(), network_id=uuid4(), path="national.midlands.rwp", **(facts | given))


def test_it_is_accepted_once() -> None:
    person_id = uuid4()

    accepted = an_invitation().accept(person_id=person_id, address="ada@rwp.nhs.uk", at=NOW)

    assert (accepted.state(NOW), accepted.person_id) == ("accepted", person_id)
    with pytest.raises(InvitationAccepted, match="good once"):
        accepted.accept(person_id=person_id, address="ada@rwp.nhs.uk", at=NOW)
    with pytest.raises(InvitationAccepted):
        accepted.revoke(by=uuid4(), at=NOW)


def test_it_is_good_up_to_its_last_instant() -> None:
    invitation = an_invitation(expires_at=NOW)

    assert invitation.state(NOW - timedelta(microseconds=1)) == "open"
    with pytest.raises(InvitationExpired, match="until 2026-11-23 12:00 UTC"):
        invitation.accept(person_id=uuid4(), address="ada@rwp.nhs.uk", at=NOW)


def test_it_can_be_taken_back_once() -> None:
    revoked = an_invitation().revoke(by=uuid4(), at=NOW)

    for again in (
        lambda: revoked.accept(person_id=uuid4(), address="ada@rwp.nhs.uk", at=NOW),
        lambda: revoked.revoke(by=uuid4(), at=NOW),
    ):
        with pytest.raises(InvitationRevoked, match="took this invitation back"):
            again()


def test_it_may_be_bound_to_an_address() -> None:
    bound = an_invitation(email="Ada.Obi@rwp.nhs.uk")

    assert bound.accept(person_id=uuid4(), address="ada.obi@RWP.nhs.uk", at=NOW).state(NOW) == "accepted"
    with pytest.raises(InvitationForSomebodyElse) as refused:
        bound.accept(person_id=uuid4(), address="eve@rwp.nhs.uk", at=NOW)
    assert "ada.obi" not in refused.value.detail.casefold(), "whoever found the secret is not told whose it is"


@pytest.mark.parametrize("secret", ["", "short", "x" * 101])
def test_what_cannot_be_a_secret_is_unknown(secret: str) -> None:
    with pytest.raises(InvitationUnknown, match="copy it whole"):
        secret_hash(secret)
