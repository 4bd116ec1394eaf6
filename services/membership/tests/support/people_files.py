"""People's files as tests write them, and what became of them."""

from datetime import date

from membership_house import House

from membership_service.memberships import store

HEADER = "given_name,family_name,email,organisation,job_role,sector,started,region"


def file(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


def row(**given: str) -> str:
    values = {
        "given_name": "Ada",
        "family_name": "Obi",
        "email": "ada.obi@rwp.example",
        "organisation": "RWP",
        "job_role": "general-manager",
        "sector": "",
        "started": "2024-03-01",
        "region": "",
    } | given
    return ",".join(values.values())


async def members(house: House, email: str) -> list[tuple[str, str | None, str | None, date]]:
    """Path, sector, job role and first day of each membership of the person with this address."""
    async with house.worker.reading() as conn:
        person_id = await conn.fetchval("SELECT id FROM people WHERE email = $1::text::citext", email)
        held = await store.of_person(conn, person_id)
    return [(m.path, m.description.sector, m.description.job_role, m.since) for m in held]


async def count(house: House, table: str) -> int:
    async with house.worker.reading() as conn:
        number: int = await conn.fetchval(f"SELECT count(*) FROM {table}")
    return number
