"""Registrants of an event that moved read what moved, in words, and never how to join it online."""

from dataclasses import replace

import orjson
from notifications_house import House, a_registration, address_of, changed, published
from notifications_mail_server import Accepted

from events_contracts import EventPublished, RegistrationConfirmed
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing.deliveries import as_record

OPENING = {
    "title": "Opening",
    "starts": "2027-01-14T10:00",
    "ends": "2027-01-14T10:30",
    "starts_at": "2027-01-14T10:00Z",
    "ends_at": "2027-01-14T10:30Z",
}
LATER = OPENING | {"starts": "2027-01-14T11:00", "starts_at": "2027-01-14T11:00Z", "ends": "2027-01-14T11:30"}
SECRET = "https://meet.example/j/9J7K"


async def registered(house: House, event: EventPublished) -> str:
    """Somebody's address, who has a place and was told so."""
    person = await house.person()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    await house.send_all()
    return address_of(person)


async def newest_mail(house: House, address: str) -> Accepted:
    await house.send_all()
    return house.mail.to(address)[-1]


async def test_an_event_that_goes_online_says_so_in_mail_and_list(house: House) -> None:
    event = published(mode="offline")
    address = await registered(house, event)

    await house.hear(changed(event, ["mode", "venue"], mode="online", venue="Online"))

    mail = await newest_mail(house, address)
    text = mail.part("plain").replace("\r\n", "\n")
    assert "It now takes place online: you need not travel." in text
    assert "How to attend (new): Online\nHow to attend (was): At the venue" in text
    assert "It takes place somewhere else.\nWhere (new): Online" in text
    assert "When (new)" not in text
    assert "<del" in mail.part("html")


async def test_a_session_that_moves_within_the_day_is_told(house: House) -> None:
    event = published(sessions=[OPENING])
    address = await registered(house, event)

    await house.hear(changed(event, ["sessions"], sessions=[LATER]))

    text = (await newest_mail(house, address)).part("plain").replace("\r\n", "\n")
    assert "This session is at another time: Opening.\n" in text
    assert "Session: Opening (new): Thursday 14 January 2027, 11:00 to 11:30\n" in text
    assert "Session: Opening (was): Thursday 14 January 2027, 10:00 to 10:30\n" in text


async def test_of_a_version_from_before_sessions_were_kept_nothing_is_claimed(house: House) -> None:
    event = published(sessions=[OPENING])
    address = await registered(house, event)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE gatherings SET mode = NULL, sessions = NULL")

    await house.hear(changed(event, ["venue", "sessions"], venue="Room 2", sessions=[LATER], mode="mixed"))

    text = (await newest_mail(house, address)).part("plain")
    assert "Where (new): Room 2" in text
    assert "(new): At the venue or online" not in text
    assert "Session" not in text


async def test_no_joining_link_is_kept_or_told_even_where_a_signal_held_one(house: House) -> None:
    event = published(mode="offline")
    address = await registered(house, event)
    moved = as_record(changed(event, ["mode"], mode="online"), at=Origin("national", "national"), id=new_id())
    assert moved.value is not None
    body = orjson.loads(moved.value)
    body["data"] |= {"joining_link": SECRET, "sessions": [OPENING | {"joining_link": SECRET, "room": SECRET}]}

    await house.arrive(replace(moved, value=orjson.dumps(body)))

    mail = await newest_mail(house, address)
    assert "There is a new session: Opening." in mail.part("plain")
    assert SECRET.encode() not in mail.raw
    async with house.worker.reading() as conn:
        kept = await conn.fetch("SELECT g::text AS row FROM gatherings g")
    assert [row["row"] for row in kept if SECRET in row["row"]] == []
