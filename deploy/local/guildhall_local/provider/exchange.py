"""What a token is given for: a code that a person brought, or an assertion that a partner body signed."""

from collections.abc import Mapping
from dataclasses import dataclass

from guildhall_local.provider import assertions
from guildhall_local.provider.assertions import Assertions
from guildhall_local.provider.codes import Codes
from guildhall_local.provider.people import People
from guildhall_local.provider.refusal import Refused
from guildhall_local.provider.tokens import Mint


@dataclass(frozen=True, slots=True)
class Exchange:
    people: People
    codes: Codes
    partners: Assertions
    mint: Mint

    def tokens(self, told: Mapping[str, str], *, now: int) -> dict[str, str]:
        """The tokens for a token request, by their names in the answer."""
        match told.get("grant_type"):
            case "authorization_code":
                return self._for_code(told, now)
            case "client_credentials":
                return self._for_assertion(told, now)
        raise Refused("unsupported_grant_type", "grant_type must be authorization_code or client_credentials.")

    def _for_code(self, told: Mapping[str, str], now: int) -> dict[str, str]:
        issued = self.codes.redeem(told, now=now)
        persona = self.people.find(issued.sub)
        if persona is None:
            raise Refused("invalid_grant", "The person has left the directory meanwhile.")
        tokens = {"access_token": self.mint.for_person(persona, now=now)}
        sign_in = issued.sign_in
        if "openid" in sign_in.scope.split():
            tokens["id_token"] = self.mint.identity(persona, client_id=sign_in.client_id, nonce=sign_in.nonce, now=now)
        return tokens

    def _for_assertion(self, told: Mapping[str, str], now: int) -> dict[str, str]:
        if told.get("client_assertion_type") != assertions.TYPE:
            raise Refused("invalid_client", f"Send client_assertion_type={assertions.TYPE}.", status=401)
        partner = self.partners.judge(told.get("client_assertion", ""), now=now)
        if told.get("client_id", partner.client_id) != partner.client_id:
            raise Refused("invalid_client", "The client_id is not the assertion's.", status=401)
        return {"access_token": self.mint.for_client(partner.client_id, now=now)}
