"""A database and its roles for each deployment; which roles, and what they may do, servicekit says."""

import asyncio
import os
import sys
from collections.abc import Sequence

import asyncpg

from guildhall_local.instance import Instance
from servicekit.database import roles

PARTS = ("owner", "api", "worker")


async def found(admin_dsn: str, deployments: Sequence[str], passwords: dict[str, str]) -> None:
    """Make what is missing, one after another: all are copies of one template, which two cannot copy at once.

    passwords: by role, such as `events_api`. A second run only renews them.
    """
    admin = await asyncpg.connect(admin_dsn)
    try:
        for name in deployments:
            own = {part: passwords[f"{name}_{part}"] for part in PARTS}
            await roles.found(admin, admin_dsn, name, own)
    finally:
        await admin.close()


def main() -> None:
    instance = Instance()
    try:
        asyncio.run(found(os.environ["ADMIN_DATABASE_URL"], instance.deployments, instance.founding.passwords))
    except (asyncpg.PostgresError, OSError) as trouble:
        sys.exit(f"The databases could not be made: {trouble}")
    print(f"{len(instance.deployments)} databases are there")


if __name__ == "__main__":
    main()
