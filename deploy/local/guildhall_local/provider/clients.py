"""Which programs may ask for tokens: the web client, and partner bodies that registered a public key."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import KeySet

WEB_CLIENT = "guildhall-web"
FOLDER = "clients"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Partner:
    client_id: str
    name: str
    keys: KeySet


def is_loopback(redirect_uri: str) -> bool:
    """Whether it leads to this machine and nowhere else; any port and path there (RFC 8252)."""
    try:
        parts = urlsplit(redirect_uri)
        has_port_or_none = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme == "http"
        and parts.hostname in LOOPBACK
        and parts.username is None
        and not parts.fragment
        and has_port_or_none
    )


def register(state: Path, client_id: str, *, name: str, public_jwk: Mapping[str, Any]) -> None:
    """Let a partner body ask for tokens by assertions that it signs with this key's private half."""
    if not CLIENT_ID.fullmatch(client_id):
        raise ValueError(f"{client_id!r} cannot be a client's id: use lower-case letters, digits, '.', '_' and '-'")
    if "d" in public_jwk or "k" in public_jwk:
        raise ValueError("register the public half of the key: this one holds the secret")
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    registration = {"client_id": client_id, "name": name, "jwks": {"keys": [dict(public_jwk)]}}
    fresh = folder / f"{client_id}.new"
    fresh.write_text(json.dumps(registration, ensure_ascii=False, indent=1))
    fresh.replace(folder / f"{client_id}.json")


def find_partner(state: Path, client_id: str) -> Partner | None:
    """Read anew each time, so that registering needs no restart."""
    if not CLIENT_ID.fullmatch(client_id):
        return None
    try:
        registration = json.loads((state / FOLDER / f"{client_id}.json").read_text())
    except FileNotFoundError:
        return None
    return Partner(client_id, registration["name"], KeySet.import_key_set(registration["jwks"]))
