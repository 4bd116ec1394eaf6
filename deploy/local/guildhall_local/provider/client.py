"""How a program signs in: the same steps as a browser, or as a partner body's machine."""

import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, JWKRegistry

from guildhall_local.provider.assertions import TYPE
from guildhall_local.provider.clients import WEB_CLIENT
from guildhall_local.provider.codes import challenge_of

REDIRECT_URI = "http://127.0.0.1:1/signed-in"
"""Nobody listens there: the code is read from the redirect, which is not followed."""
LIFE = 60


class SignInFailed(Exception):
    """The provider did not sign the person in, or the client; its text says what it answered."""


async def sign_in(http: httpx.AsyncClient, issuer: str, login_hint: str) -> str:
    """The access token of the person with this `sub`, by authorization code and PKCE."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    request = {
        "response_type": "code",
        "client_id": WEB_CLIENT,
        "redirect_uri": REDIRECT_URI,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "scope": "openid email",
        "state": state,
        "login_hint": login_hint,
    }
    answer = await http.get(f"{issuer}/authorize", params=request, follow_redirects=False)
    if answer.status_code != 303:
        raise SignInFailed(f"the provider knows nobody called {login_hint!r} (it answered {answer.status_code})")
    told = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    if "code" not in told:
        raise SignInFailed(f"{told.get('error')}: {told.get('error_description')}")
    if told.get("state") != state or told.get("iss") != issuer:
        raise SignInFailed("the answer is not to this request, or not by this provider")
    return await _token(
        http,
        issuer,
        {
            "grant_type": "authorization_code",
            "code": told["code"],
            "redirect_uri": REDIRECT_URI,
            "client_id": WEB_CLIENT,
            "code_verifier": verifier,
        },
    )


async def client_token(http: httpx.AsyncClient, issuer: str, client_id: str, private_jwk: Mapping[str, Any]) -> str:
    """A partner body's access token, by an assertion that it signs with its private key."""
    assertion = signed_assertion(client_id, private_jwk, audience=issuer, now=int(time.time()))
    return await _token(
        http,
        issuer,
        {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
        },
    )


def signed_assertion(client_id: str, private_jwk: Mapping[str, Any], *, audience: str, now: int, **claims: Any) -> str:
    """An assertion of RFC 7523; `claims` replace the usual ones."""
    key = JWKRegistry.import_key(dict(private_jwk))
    usual = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + LIFE}
    head = {"alg": private_jwk["alg"], "kid": key.kid}
    return jwt.encode(head, {**usual, "jti": uuid.uuid4().hex, **claims}, key, algorithms=[private_jwk["alg"]])


def new_client_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """A partner body's new key: the private half to sign with, the public one to register."""
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, private=True, auto_kid=True)
    return dict(key.as_dict(private=True)), dict(key.as_dict(private=False))


async def _token(http: httpx.AsyncClient, issuer: str, form: dict[str, str]) -> str:
    answer = await http.post(f"{issuer}/token", data=form, follow_redirects=False)
    told = answer.json()
    if answer.status_code != 200:
        raise SignInFailed(f"{told.get('error')}: {told.get('error_description')}")
    return str(told["access_token"])
