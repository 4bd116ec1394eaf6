"""Nothing that somebody typed ends a header, begins another, or is decoded into one."""

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications_service.mail.model import Unmailable, header_bytes, mailbox


@pytest.mark.parametrize(
    "title",
    [
        "Summit\r\nBcc: all@example.org",
        "Summit\nBcc: all@example.org",
        "Summit\rBcc: all@example.org",
        "Summit\0",
        "=?utf-8?q?Summit=0D=0ABcc:_all@example.org?=",
        "Summit\u2028Bcc: all@example.org",
        "Summit\x85Bcc: all@example.org",
    ],
)
def test_a_title_that_could_be_two_headers_is_refused(title: str) -> None:
    with pytest.raises(Unmailable) as refused:
        header_bytes("Subject", title)

    assert refused.value.code == "unsafe-header"
    assert title not in str(refused.value)


@given(st.text(min_size=1, max_size=300))
def test_what_is_not_refused_is_one_header_and_reads_as_it_was(title: str) -> None:
    title = f"You have a place: {title}"
    try:
        header = header_bytes("Subject", title)
    except Unmailable:
        return

    mail = email.message_from_bytes(header + b"\r\nbody", policy=email.policy.default)

    assert mail.keys() == ["Subject"]
    assert " ".join(str(mail["Subject"]).split()) == " ".join(title.split())
    assert mail.get_content().strip() == "body"


@pytest.mark.parametrize("address", ["asha.patel@nhs.net", "o'neill+theatres@trust.nhs.uk", "a@localhost"])
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert mailbox(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "asha",
        "a@nhs.net <b@evil.example>",
        "a@nhs.net, b@evil.example",
        "a@nhs.net\r\nBcc: b@evil.example",
        "a@nhs.net\n",
        "<a@nhs.net>",
        "Asha <a@nhs.net>",
        '"a b"@nhs.net',
        "a@nhs.net>",
        "a..b@nhs.net",
        "ä@nhs.net",
        "a@näs.net",
        "a@[127.0.0.1]",
        "=?utf-8?q?a?=@nhs.net ",
        "a@" + "b" * 260 + ".net",
    ],
)
def test_what_reads_as_anything_but_one_address_is_refused(address: str) -> None:
    with pytest.raises(Unmailable) as refused:
        mailbox(address)

    assert refused.value.code == "bad-address"
