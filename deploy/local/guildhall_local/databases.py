"""A database and its roles for each service; which roles, and what they may do, servicekit says."""

import asyncio
import os
import sys

import asyncpg

from guildhall_local.instance import SERVICES, Instance
from servicekit.database import roles

PARTS = ("owner", "api", "worker")


async def found(admin_dsn: str, passwords: dict[str, str]) -> None:
    """Make what is missing, one after another: all are copies of one template, which two cannot copy at once.

    passwords: by role, such as `events_api`. A second run only renews them.
    """
    admin = await asyncpg.connect(admin_dsn)
    try:
        for service in SERVICES:
            own = {part: passwords[f"{service}_{part}"] for part in PARTS}
            await roles.found(admin, admin_dsn, service, own)
    finally:
        await admin.close()


def main() -> None:
    try:
        asyncio.run(found(os.environ["ADMIN_DATABASE_URL"], Instance().founding.passwords))
    except (asyncpg.PostgresError, OSError) as trouble:
        sys.exit(f"The databases could not be made: {trouble}")
    print(f"{len(SERVICES)} databases are there")


if __name__ == "__main__":
    main()
