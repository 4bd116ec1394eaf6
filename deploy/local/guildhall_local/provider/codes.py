"""Sign-in requests and the codes that answer them: RFC 6749 with PKCE (RFC 7636), S256 only."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from guildhall_local.provider.clients import WEB_CLIENT, is_loopback
from guildhall_local.provider.refusal import Refused, Unusable

LIFE = 60
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CARRIED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "state",
    "nonce",
)
"""What a request is made of; the sign-in page hands it on in hidden fields."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A client's request that somebody be signed in, found to be in order."""

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    state: str | None
    nonce: str | None


@dataclass(frozen=True, slots=True)
class Issued:
    sign_in: SignIn
    sub: str
    at: int


def check_place(told: Mapping[str, str]) -> str:
    """The redirect URI, once it is known to be this client's: only then may anything be sent there."""
    if told.get("client_id") != WEB_CLIENT:
        raise Unusable(f"No client is called {told.get('client_id', '')!r}. The local one is {WEB_CLIENT!r}.")
    place = told.get("redirect_uri", "")
    if not is_loopback(place):
        raise Unusable(f"Signing in cannot lead to {place!r}: it must be an http address on this machine (127.0.0.1).")
    return place


def check_sign_in(told: Mapping[str, str]) -> SignIn:
    place = check_place(told)
    if told.get("response_type") != "code":
        raise Refused("unsupported_response_type", "Ask for response_type=code.")
    if told.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(told.get("code_challenge", "")):
        raise Refused("invalid_request", "PKCE is required: a code_challenge, and code_challenge_method=S256.")
    return SignIn(
        client_id=told["client_id"],
        redirect_uri=place,
        challenge=told["code_challenge"],
        scope=told.get("scope", ""),
        state=told.get("state"),
        nonce=told.get("nonce"),
    )


class Codes:
    """Issued and not yet redeemed; each is good once, for a minute."""

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw = draw
        self._issued: dict[str, Issued] = {}

    def issue(self, sign_in: SignIn, sub: str, *, now: int) -> str:
        for code in [code for code, issued in self._issued.items() if issued.at + LIFE < now]:
            del self._issued[code]
        code = self._draw()
        self._issued[code] = Issued(sign_in, sub, now)
        return code

    def redeem(self, told: Mapping[str, str], *, now: int) -> Issued:
        """What the code stands for; whatever is wrong, the code is spent."""
        issued = self._issued.pop(told.get("code", ""), None)
        if issued is None or issued.at + LIFE < now:
            raise Refused("invalid_grant", "The code is unknown, was used before, or is older than a minute.")
        if told.get("client_id") != issued.sign_in.client_id:
            raise Refused("invalid_grant", "The code was issued to another client.")
        if told.get("redirect_uri") != issued.sign_in.redirect_uri:
            raise Refused("invalid_grant", "The redirect_uri is not the one that the code was sent to.")
        verifier = told.get("code_verifier", "")
        if not VERIFIER.fullmatch(verifier) or challenge_of(verifier) != issued.sign_in.challenge:
            raise Refused("invalid_grant", "The code_verifier does not fit the code_challenge.")
        return issued


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
