"""Addresses are one person's and nothing else; names are as people write them."""

import pytest

from membership_service.people.model import (
    AddressMalformed,
    AddressUnsafe,
    NameRefused,
    SharedMailbox,
    checked_address,
    checked_name,
)


@pytest.mark.parametrize(
    "address",
    [
        "ada.obi@trust.nhs.uk",
        "o'brien-smith+guildhall@nhs.net",
        "Ada_Obi@Sub-Domain.example.ORG",
        "informed.person@nhs.net",
        "teamleader@nhs.net",
    ],
)
def test_plain_addresses_are_taken_as_they_are(address: str) -> None:
    assert checked_address(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "a@nhs.net <b@evil.example>",
        "Ada Obi <ada@nhs.net>",
        "ada@nhs.net\r\nBcc: all@nhs.net",
        "ada@nhs.net\n",
        "ada\0@nhs.net",
        "=?utf-8?q?ada?=@nhs.net",
        '"ada obi"@nhs.net',
        "ada@nhs.net,bo@nhs.net",
        "ada(comment)@nhs.net",
        "ada@[127.0.0.1]",
        "adä@nhs.net",
        "ada@nhѕ.net",
    ],
)
def test_whatever_could_become_a_header_is_refused(address: str) -> None:
    with pytest.raises((AddressUnsafe, AddressMalformed)):
        checked_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nora.nobody.example",
        "@nhs.net",
        "ada@",
        "ada@localhost",
        "ada@nhs..net",
        ".ada@nhs.net",
        "ada.@nhs.net",
        "a..b@nhs.net",
        "ada@@nhs.net",
        "ada@-nhs.net",
        "ada@nhs.n3-",
        "ada obi@nhs.net",
        f"{'a' * 65}@nhs.net",
        f"ada@{'a.' * 130}net",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(AddressMalformed):
        checked_address(address)


@pytest.mark.parametrize(
    "local_part", ["info", "INFO", "enquiries", "no-reply", "no_reply", "office+london", "help.desk"]
)
def test_shared_mailboxes_are_refused_and_told_why(local_part: str) -> None:
    with pytest.raises(SharedMailbox, match="is read by several"):
        checked_address(f"{local_part}@rwp.example")


@pytest.mark.parametrize("name", ["Łukasz", "O'Brien", "Lloyd-Price", "D’Souza", "Ngũgĩ wa Thiong'o", "李", "St. John"])
def test_names_of_any_script_are_taken(name: str) -> None:
    assert checked_name(f"  {name} ") == name


def test_a_name_is_tidied() -> None:
    assert checked_name("Mary   Ann") == "Mary Ann"
    assert checked_name("Rene\u0301e") == "Renée"


@pytest.mark.parametrize("name", ["", "   ", "=1+1", "Ada\r\nBcc: x", "Ada\0", "<b>Ada</b>", "1234", "-", "A" * 101])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameRefused):
        checked_name(name)
