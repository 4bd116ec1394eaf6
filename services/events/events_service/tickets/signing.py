"""Tickets are signed with Ed25519 (RFC 8032) and name their key; the public keys are for whoever checks offline."""

import base64
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events_service.tickets.model import ForgedTicket, Ticket, UntrustedKey, taken_apart, to_sign, written
from servicekit.web.secrets import SHORTEST, Keys, read_keys

PURPOSE = "tickets"
"""The file of keys in SECRETS_DIR; the first 32 bytes of each are the private key."""
PREFIX = b"guildhall-ticket:"
"""Stands before whatever is signed, so that no other signature of these keys could ever pass for a ticket's."""


class TicketOffice:
    """Signs with the first key of the file; a key that stays in it goes on being trusted."""

    def __init__(self, keys: Keys) -> None:
        self._current = keys.current
        self._private = {name: Ed25519PrivateKey.from_private_bytes(key[:SHORTEST]) for name, key in keys.by_id.items()}
        self._public = {name: key.public_key() for name, key in self._private.items()}

    @classmethod
    def of(cls, secrets_dir: Path) -> "TicketOffice":
        """Raises KeysMissing."""
        return cls(read_keys(secrets_dir, "tickets"))

    def issue(self, ticket: Ticket) -> str:
        """The ticket's text: the same for the same ticket, as long as the key is the same."""
        signed = to_sign(ticket, self._current)
        return written(signed, self._private[self._current].sign(PREFIX + signed))

    def read(self, text: str) -> Ticket:
        """The ticket, where we signed it. Raises NotATicket, UntrustedKey, ForgedTicket."""
        sealed = taken_apart(text)
        key = self._public.get(sealed.key_id)
        if key is None:
            raise UntrustedKey(
                "This ticket was signed with a key that is not trusted, or not any more:"
                " ask for the ticket as it is shown now, or look for the name."
            )
        try:
            key.verify(sealed.signature, PREFIX + sealed.signed)
        except InvalidSignature:
            raise ForgedTicket("This ticket was not made by us, or was changed since: look for the name.") from None
        return sealed.ticket

    def published(self) -> list[dict[str, str]]:
        """The public keys as a JWK set holds them (RFC 8037), the one that signs first."""
        return [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": name,
                "x": base64.urlsafe_b64encode(key.public_bytes_raw()).decode("ascii").rstrip("="),
            }
            for name, key in self._public.items()
        ]
