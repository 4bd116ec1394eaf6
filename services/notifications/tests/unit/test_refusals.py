"""A server that refuses while it is spoken to: only what it says of the address itself is held against the address."""

import pytest

from notifications_service.bounces.reasons import refused_address, status_of

DEAD = {
    "5.1.1 <asha@example.org>: Recipient address rejected: User unknown in local recipient table": "user-unknown",
    "5.1.1 The account that you tried to reach does not exist.\n5.1.1 For more information, go to": "user-unknown",
    "5.1.1 no": "user-unknown",
    "5.1.2 Bad destination system": "host-unknown",
    "5.1.3 Bad destination mailbox address syntax": "user-unknown",
    "5.1.6 Mailbox has moved": "moved",
    "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup": "takes-no-mail",
    "5.2.1 The email account that you tried to reach is disabled": "suspended",
    "5.1.0 No such user": "user-unknown",
    "No such user here": "user-unknown",
}

NOT_THE_ADDRESS = [
    "5.7.1 Message rejected due to policy",
    "5.7.1 user unknown",
    "5.7.26 Unauthenticated email is not accepted due to DMARC",
    "5.1.7 Sender address rejected: bad syntax",
    "5.1.8 Sender address rejected: Domain not found",
    "5.1.0 Sender rejected",
    "5.2.2 mailbox full",
    "5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more",
    "5.3.4 Message too big",
    "5.4.6 Mail loop",
    "5.5.1 Command out of sequence",
    "5.6.0 Content refused",
    "Blocked: listed at spamhaus",
    "relaying denied",
    "no",
    "",
]


@pytest.mark.parametrize(("reply", "reason"), DEAD.items())
def test_a_refusal_of_the_address_says_why(reply: str, reason: str) -> None:
    assert refused_address(reply, of_the_recipient=True) == reason


@pytest.mark.parametrize("reply", NOT_THE_ADDRESS)
def test_a_refusal_of_us_or_of_the_mail_is_not_held_against_the_address(reply: str) -> None:
    assert refused_address(reply, of_the_recipient=True) is None


def test_after_the_mail_only_a_plain_code_counts() -> None:
    assert refused_address("5.1.1 no such user", of_the_recipient=False) == "user-unknown"
    assert refused_address("no such user", of_the_recipient=False) is None


@pytest.mark.parametrize(
    ("reply", "status"),
    [("5.1.1 no", "5.1.1"), ("5.1.1", "5.1.1"), ("5.1.1.2 is my address", ""), ("see 5.1.1", ""), ("4.2.1 later", "")],
)
def test_a_code_stands_at_the_beginning(reply: str, status: str) -> None:
    assert status_of(reply) == status
