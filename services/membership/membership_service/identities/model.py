"""The rules of linking: a verified address, from an issuer trusted for its domain, that is exactly one person's."""

from collections.abc import Iterable
from dataclasses import dataclass

from membership_service.people.model import domain_of
from servicekit.problem import Conflict, Forbidden, Invalid, NotFound

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


class NameNeeded(Invalid):
    code = "name-needed"
    title = "Say what you are called"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What somebody's sign-in says about them, at this very request."""

    issuer: str
    subject_hash: str
    email: str | None
    """The address that the issuer calls verified."""
    domains: tuple[str, ...]
    """Domains that the issuer is trusted for."""

    def address(self) -> str:
        """The address that is theirs. Raises AddressNotVerified or IssuerNotTrusted."""
        return check_vouched(self.email, self.issuer, self.domains)

    def domain(self) -> str | None:
        """The domain of that address; None where nobody vouches for one."""
        try:
            return domain_of(self.address())
        except Forbidden:
            return None


def check_named(given_name: str | None, family_name: str | None) -> tuple[str, str]:
    """Both names, which a new person needs. Raises NameNeeded."""
    if given_name is None or family_name is None:
        raise NameNeeded("Nobody is registered with your address yet: send your given_name and your family_name.")
    return given_name, family_name


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
