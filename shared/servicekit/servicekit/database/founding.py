"""A service's database and its three roles, made by an administrator from the addresses that the service will use."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import asyncpg

from servicekit.database import roles
from servicekit.problem import CannotStart


async def found(admin_url: str, *, service: str, urls: Mapping[str, str]) -> None:
    """Make what is missing, so that each address works; a second run only renews the passwords.

    urls: by role (owner, api, worker). Raises CannotStart where one names another role or database than its own.
    """
    passwords = {role: password(url, service=service, role=role) for role, url in urls.items()}
    try:
        admin = await asyncpg.connect(admin_url)
    except (OSError, ValueError, asyncpg.PostgresError) as trouble:
        raise CannotStart(f"ADMIN_DATABASE_URL leads to no database server: {trouble}") from trouble
    try:
        await roles.found(admin, admin_url, service, passwords)
    finally:
        await admin.close()


def password(url: str, *, service: str, role: str) -> str:
    """The password that an address holds."""
    parts = urlsplit(url)
    wanted = f"{service}_{role}"
    if parts.username != wanted or parts.path != f"/{service}" or not parts.password:
        raise CannotStart(f"the address of {wanted} has to be postgresql://{wanted}:PASSWORD@HOST:PORT/{service}")
    return unquote(parts.password)
