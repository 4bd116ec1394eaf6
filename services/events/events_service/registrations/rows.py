"""A row of `registrations` and the registration that it means, mapped once for every statement."""

from typing import Any

from events_service.registrations.model import Registration, Status


def registration_of(row: Any) -> Registration:
    return Registration(
        id=row["id"],
        event_id=row["event_id"],
        person_id=row["person_id"],
        status=Status(row["status"]),
        place=row["place"],
        code=row["code"],
        registered_at=row["registered_at"],
        waited=row["waited"],
        attended_at=row["attended_at"],
        flag=row["flag"],
        version=row["version"],
    )
