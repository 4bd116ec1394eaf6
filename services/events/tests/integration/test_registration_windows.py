"""When people can register: while the event's window is open; nobody in line loses by its closing."""

from datetime import datetime

from events_house import House, in_days, problem, thing


async def test_people_register_while_registration_is_open(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    early = await house.published(organiser, window={"opens": in_days(5)})
    late = await house.published(organiser, window={"closes": in_days(-1)})
    open_now = await house.published(organiser, window={"opens": in_days(-1), "closes": in_days(5)})
    before = await house.state()

    too_early, too_late = await house.register(early, member), await house.register(late, member)

    day = in_days(5)[:10]
    assert problem(too_early) == (
        409,
        "registration-not-open",
        f'Registration for "Winter masterclass" opens at 09:00 on {day} (Europe/London).',
    )
    opens_at = early["window"]["opens_at"]
    assert datetime.fromisoformat(thing(too_early)["opens_at"]) == datetime.fromisoformat(opens_at)
    assert problem(too_late) == (
        409,
        "registration-closed",
        f'Registration for "Winter masterclass" closed at 09:00 on {in_days(-1)[:10]} (Europe/London).',
    )
    assert await house.state() == before
    assert (await house.register(open_now, member)).status_code == 201


async def test_a_window_is_changed_and_taken_away_and_is_nobodys_news(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser, window={"opens": in_days(5)})

    event = thing(await house.change(event, organiser, window={"closes": in_days(20)}))
    opened = await house.register(event, member)
    event = thing(await house.change(event, organiser, window={}))

    assert opened.status_code == 201
    assert event["window"] == {"opens": None, "closes": None, "opens_at": None, "closes_at": None}
    changed = await house.signals("event-changed")
    assert [(s["changed"], s["opens"], s["closes"], s["revision"]) for s in changed] == [
        (["window"], None, in_days(20), 1),
        (["window"], None, None, 1),
    ]


async def test_places_still_go_to_those_in_line_once_registration_has_closed(house: House) -> None:
    organiser, first, second = await house.organiser(), await house.member(), await house.member()
    event = await house.published(organiser, capacity=1)
    taken, waiting = await house.registered(event, first), await house.registered(event, second)
    event = await house.read(event, organiser)

    await house.change(event, organiser, window={"closes": in_days(-1)})
    await house.cancel(taken, first)

    assert (await house.read(waiting, second))["status"] == "confirmed"
