"""An issuer vouches for addresses of the domains that it is trusted for, and only for verified ones."""

import pytest

from membership_service.identities.model import AddressNotVerified, IssuerNotTrusted, check_vouched

ISSUER = "https://login.nhs.example"


@pytest.mark.parametrize("domains", [["*"], ["nhs.example"], ["other.example", "NHS.Example"]])
def test_a_trusted_domain(domains: list[str]) -> None:
    assert check_vouched("ada@NHS.example", ISSUER, domains) == "ada@NHS.example"


@pytest.mark.parametrize("domains", [[], ["rwp.nhs.example"], ["evil-nhs.example"], ["example"], [".nhs.example"]])
def test_trust_is_by_whole_domains(domains: list[str]) -> None:
    with pytest.raises(IssuerNotTrusted, match=r"not trusted for addresses of nhs\.example"):
        check_vouched("ada@nhs.example", ISSUER, domains)


@pytest.mark.parametrize("address", [None, "", "ada"])
def test_without_a_verified_address(address: str | None) -> None:
    with pytest.raises(AddressNotVerified):
        check_vouched(address, ISSUER, ["*"])
