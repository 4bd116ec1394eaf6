"""The rules of linking: a verified address, from an issuer trusted for its domain, that is exactly one person's."""

from collections.abc import Iterable

from membership_service.people.model import domain_of
from servicekit.problem import Conflict, Forbidden, NotFound

ANY_DOMAIN = "*"


class NoSuchPerson(NotFound):
    code = "no-such-person"
    title = "Nobody is registered with your address"


class AlreadyLinked(Conflict):
    code = "already-linked"
    title = "This is linked already"


class AddressNotVerified(Forbidden):
    code = "address-not-verified"
    title = "Your address is not verified"


class IssuerNotTrusted(Forbidden):
    code = "issuer-not-trusted-for-domain"
    title = "This sign-in cannot vouch for your address"


def check_vouched(address: str | None, issuer: str, domains: Iterable[str]) -> str:
    """The address that an issuer vouches for. domains: those that it is trusted for. Raises a refusal."""
    if address is None or "@" not in address:
        raise AddressNotVerified(
            "Your sign-in does not say that an e-mail address is yours: verify it there, then sign in again."
        )
    trusted = {domain.casefold() for domain in domains}
    if ANY_DOMAIN not in trusted and domain_of(address) not in trusted:
        raise IssuerNotTrusted(
            f"Sign in through your own organisation: {issuer} is not trusted for addresses of {domain_of(address)}."
        )
    return address
