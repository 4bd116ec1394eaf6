"""The provider's addresses: OpenID's discovery, the sign-in page, tokens and keys."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from guildhall_local.pages import Pages, page_of, query, serve_style
from guildhall_local.provider import assertions
from guildhall_local.provider.assertions import Assertions
from guildhall_local.provider.clients import find_partner
from guildhall_local.provider.codes import CARRIED, Codes, check_place, check_sign_in
from guildhall_local.provider.exchange import Exchange
from guildhall_local.provider.keys import ALGORITHM, load_or_make
from guildhall_local.provider.people import People, Persona
from guildhall_local.provider.refusal import Refused, Unusable
from guildhall_local.provider.tokens import Mint

PAGES = Pages(Path(__file__).with_name("pages"), service="Sign in")
ON_A_PAGE = 20
LEADS_TO = "form-action 'self' http://127.0.0.1:* http://localhost:*"
"""A form's policy also covers the redirect that answers it."""
PRIVATE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider keeps its key, directory and clients, and what its tokens say."""

    issuer: str
    state: Path
    audience: str = "guildhall"
    token_seconds: int = 600
    now: Callable[[], int] = lambda: int(time.time())
    draw: Callable[[], str] = lambda: secrets.token_urlsafe(32)


def create_app(provider: Provider) -> FastAPI:
    app = FastAPI(title="Guildhall's local OpenID provider", docs_url=None, redoc_url=None, openapi_url=None)
    people = People(provider.state)
    codes = Codes(provider.draw)
    key = load_or_make(provider.state)
    mint = Mint(provider.issuer, provider.audience, provider.token_seconds, key)
    partners = Assertions(
        audiences={provider.issuer, f"{provider.issuer}/token"},
        find=lambda client_id: find_partner(provider.state, client_id),
    )
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unusable, _unusable)
    serve_style(app)
    _add_facts(app, provider, key.as_dict(private=False))
    _add_sign_in(app, provider, people, codes)
    _add_tokens(app, provider, people, Exchange(people, codes, partners, mint))
    return app


def _add_facts(app: FastAPI, provider: Provider, public_key: Mapping[str, Any]) -> None:
    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return described(provider.issuer)

    @app.get("/jwks.json")
    async def keys() -> dict[str, Any]:
        return {"keys": [public_key]}

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}


def described(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": assertions.ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile"],
        "claims_supported": ["sub", "name", "email", "email_verified"],
        "authorization_response_iss_parameter_supported": True,
    }


def _add_sign_in(app: FastAPI, provider: Provider, people: People, codes: Codes) -> None:
    def signed_in(told: Mapping[str, str], persona: Persona) -> Response:
        sign_in = check_sign_in(told)
        code = codes.issue(sign_in, persona.sub, now=provider.now())
        return _back(sign_in.redirect_uri, code=code, state=sign_in.state, iss=provider.issuer)

    @app.get("/")
    async def whose() -> Response:
        return PAGES.show("about")

    @app.get("/authorize")
    async def choose(request: Request) -> Response:
        """The page to choose a person on; with a login_hint that fits, straight back to the client."""
        told = _once(request.query_params.multi_items())
        persona = people.find(told.get("login_hint", ""))
        try:
            if persona is not None:
                return signed_in(told, persona)
            check_sign_in(told)
        except Refused as refused:
            return _told_by_redirect(told, refused, provider.issuer)
        return _list(told, people)

    @app.post("/authorize")
    async def chosen(request: Request) -> Response:
        told = await _form(request)
        persona = people.find(told.get("sub", ""))
        if persona is None:
            check_place(told)
            return _list(told, people, status=404)
        try:
            return signed_in(told, persona)
        except Refused as refused:
            return _told_by_redirect(told, refused, provider.issuer)


def _list(told: Mapping[str, str], people: People, *, status: int = 200) -> Response:
    unknown = told.get("login_hint") or told.get("sub")
    sought = told.get("q", "")
    found = people.search(sought)
    page, last = page_of(told.get("page", ""), items=len(found), on_a_page=ON_A_PAGE)
    return PAGES.show(
        "people",
        status=status,
        policy=LEADS_TO,
        carried={name: told[name] for name in CARRIED if name in told},
        unknown=unknown,
        sought=sought,
        found=len(found),
        people=found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        page=page,
        last=last,
    )


def _add_tokens(app: FastAPI, provider: Provider, people: People, exchange: Exchange) -> None:
    @app.post("/token")
    async def token(request: Request) -> Response:
        tokens = exchange.tokens(await _form(request), now=provider.now())
        answer = {**tokens, "token_type": "Bearer", "expires_in": provider.token_seconds}
        return JSONResponse(answer, headers=PRIVATE)

    @app.get("/userinfo")
    async def who(request: Request) -> Response:
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        claims = exchange.mint.read(bearer if kind.lower() == "bearer" else "", now=provider.now())
        persona = people.find(claims["sub"])
        if persona is None:
            raise Refused("invalid_token", "The token is not a person's.", status=401)
        return JSONResponse(
            {
                "sub": persona.sub,
                "name": persona.name,
                "email": persona.email,
                "email_verified": persona.email_verified,
            },
            headers=PRIVATE,
        )


async def _form(request: Request) -> dict[str, str]:
    form = await request.form()
    return _once([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """OAuth's parameters may not be repeated: whoever checks one must not miss another."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise Refused("invalid_request", "A parameter was sent more than once.")
    return told


def _back(redirect_uri: str, **answer: str | None) -> Response:
    parts = urlsplit(redirect_uri)
    joined = "&".join(part for part in (parts.query, query(answer)) if part)
    return RedirectResponse(urlunsplit(parts._replace(query=joined)), status_code=303, headers=PRIVATE)


def _told_by_redirect(told: Mapping[str, str], refused: Refused, issuer: str) -> Response:
    return _back(
        check_place(told),
        error=refused.code,
        error_description=refused.words,
        state=told.get("state"),
        iss=issuer,
    )


async def _refused(_request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    headers = {**PRIVATE, "www-authenticate": f'Bearer error="{refused.code}"'} if refused.status == 401 else PRIVATE
    answer = {"error": refused.code, "error_description": refused.words}
    return JSONResponse(answer, status_code=refused.status, headers=headers)


async def _unusable(_request: Request, unusable: Exception) -> Response:
    return PAGES.show("unusable", status=400, why=str(unusable))
