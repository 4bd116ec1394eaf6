"""The door by QR code: a ticket lets one person in, once; forged, foreign, superseded and used ones are refused."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from events_house import LONDON, House, Thing, problem, thing
from open_doors import begun, scan, ticket_of
from ticket_builders import an_office

from access.testing import Somebody, client
from events_service.app import create_app
from events_service.attendance.actions import Arrival, check_in
from events_service.attendance.model import CheckedIn
from events_service.tickets.model import Ticket, taken_apart, written
from events_service.tickets.signing import TicketOffice
from servicekit import clock
from servicekit.web import read_keys


async def a_ticket(house: House, event: Thing) -> tuple[Somebody, Thing, str]:
    member = await house.member()
    registration = await house.registered(event, member)
    return member, registration, await ticket_of(house, registration, member)


def forged(ticket: str) -> str:
    """The same claim under a signature that nobody made."""
    sealed = taken_apart(ticket)
    return written(sealed.signed, bytes(64))


async def test_whoever_shows_a_ticket_is_let_in(house: House) -> None:
    steward, event = await begun(house)
    member, registration, ticket = await a_ticket(house, event)

    answer = await scan(house, event, steward, ticket)

    recorded = thing(answer)
    assert answer.status_code == 200
    assert (recorded["registration_id"], recorded["already"]) == (registration["id"], False)
    assert (await house.read(registration, member))["attended_at"] == recorded["attended_at"]
    (told,) = await house.signals("attendance-recorded")
    assert (told["registration_id"], told["attended_at"]) == (registration["id"], recorded["attended_at"])
    assert f":{(await last_signal(house))}" in answer.headers["guildhall-signal"]


async def last_signal(house: House) -> UUID:
    async with house.worker.reading() as conn:
        found: UUID = await conn.fetchval("SELECT id FROM servicekit.outbox ORDER BY position DESC LIMIT 1")
    return found


async def test_a_ticket_is_good_once_and_then_says_when_it_was_used(house: House) -> None:
    steward, event = await begun(house)
    _, registration, ticket = await a_ticket(house, event)
    first = thing(await scan(house, event, steward, ticket))
    before = await house.state()

    answer = await scan(house, event, steward, ticket)

    status, code, words = problem(answer)
    assert (status, code) == (409, "already-checked-in")
    assert words.startswith("This ticket was used already, at ")
    assert words.endswith("(Europe/London).")
    shown = answer.json()
    assert shown["registration_id"] == registration["id"]
    assert datetime.fromisoformat(shown["attended_at"]) == datetime.fromisoformat(first["attended_at"])
    assert await house.state() == before


async def test_a_request_that_is_repeated_gets_the_same_success(house: House) -> None:
    steward, event = await begun(house)
    _, _, ticket = await a_ticket(house, event)
    key = {"Idempotency-Key": str(uuid4())}
    first = await scan(house, event, steward, ticket, **key)
    before = await house.state()

    again = await scan(house, event, steward, ticket, **key)
    another = await scan(house, event, steward, ticket, **{"Idempotency-Key": str(uuid4())})

    assert (again.status_code, again.json()) == (200, first.json())
    assert problem(another)[:2] == (409, "already-checked-in")
    assert await house.state() == before


async def test_of_many_who_scan_the_same_ticket_at_once_one_lets_in(house: House) -> None:
    steward, event = await begun(house)
    _, _, ticket = await a_ticket(house, event)

    answers = await asyncio.gather(*(scan(house, event, steward, ticket) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    (told,) = await house.signals("attendance-recorded")
    assert {datetime.fromisoformat(answer.json()["attended_at"]) for answer in answers} == {
        datetime.fromisoformat(told["attended_at"])
    }


async def test_many_tickets_at_once_each_get_their_own_answer(house: House) -> None:
    steward, event = await begun(house)
    tickets = [(await a_ticket(house, event))[2] for _ in range(6)]
    _, registration, _ = await a_ticket(house, event)
    await scan(house, event, steward, tickets[0])

    answers = await asyncio.gather(
        *(scan(house, event, steward, ticket) for ticket in tickets),
        scan(house, event, steward, forged(tickets[1])),
        house.post(f"{event['url']}/check-ins", steward, {"code": registration["code"]}),
        scan(house, event, steward, "NONSENSE"),
    )

    assert [answer.status_code for answer in answers] == [409, 200, 200, 200, 200, 200, 422, 200, 422]
    assert len(await house.signals("attendance-recorded")) == 7


async def test_whoever_was_found_by_name_shows_a_used_ticket_afterwards(house: House) -> None:
    steward, event = await begun(house)
    _, registration, ticket = await a_ticket(house, event)
    await house.post(f"{event['url']}/check-ins", steward, {"registration_id": registration["id"]})

    assert problem(await scan(house, event, steward, ticket))[:2] == (409, "already-checked-in")
    by_code = await house.post(f"{event['url']}/check-ins", steward, {"code": registration["code"]})
    assert thing(by_code)["already"], "a name or a code again changes nothing, as ever"


async def test_a_forged_ticket_is_refused(house: House) -> None:
    steward, event = await begun(house)
    _, registration, ticket = await a_ticket(house, event)
    key_id = taken_apart(ticket).key_id
    claim = Ticket(registration_id=UUID(registration["id"]), event_id=UUID(event["id"]), number=1)
    before = await house.state()

    for attempt in (forged(ticket), an_office(key_id).issue(claim)):
        assert problem(await scan(house, event, steward, attempt)) == (
            422,
            "forged-ticket",
            "This ticket was not made by us, or was changed since: look for the name.",
        )
    assert await house.state() == before
    assert (await scan(house, event, steward, ticket)).status_code == 200


async def test_without_verification_a_forged_ticket_would_let_somebody_in(house: House) -> None:
    """What the test above holds is held by the signature alone."""
    steward, event = await begun(house)
    _, _, ticket = await a_ticket(house, event)
    app = create_app(house.settings)

    class Credulous(TicketOffice):
        def read(self, text: str) -> Ticket:
            return taken_apart(text).ticket

    async with client(app) as http:
        app.state.ticket_office = Credulous(read_keys(house.settings.secrets_dir, "tickets"))
        answer = await http.post(f"{event['url']}/check-ins", json={"ticket": forged(ticket)}, headers=steward.bearer)

    assert answer.status_code == 200


async def test_a_ticket_of_another_event_is_refused(house: House) -> None:
    steward, event = await begun(house)
    _, other = await begun(house)
    _, _, foreign = await a_ticket(house, other)
    before = await house.state()

    assert problem(await scan(house, event, steward, foreign)) == (
        409,
        "ticket-of-another-event",
        "This ticket is good, but for another event: look for the name instead.",
    )
    assert await house.state() == before


async def test_a_ticket_of_a_key_that_is_not_trusted_is_refused(house: House) -> None:
    steward, event = await begun(house)
    _, registration, _ = await a_ticket(house, event)
    claim = Ticket(registration_id=UUID(registration["id"]), event_id=UUID(event["id"]), number=1)
    before = await house.state()

    assert problem(await scan(house, event, steward, an_office("retired").issue(claim))) == (
        422,
        "ticket-key-not-trusted",
        "This ticket was signed with a key that is not trusted, or not any more:"
        " ask for the ticket as it is shown now, or look for the name.",
    )
    assert await house.state() == before


async def test_a_ticket_that_was_renewed_is_refused(house: House) -> None:
    steward, event = await begun(house)
    member, registration, first = await a_ticket(house, event)
    await house.post(f"{registration['url']}/ticket/renew", member)
    before = await house.state()

    assert problem(await scan(house, event, steward, first)) == (
        409,
        "ticket-superseded",
        "The registrant has renewed this ticket: the newer one lets them in. Look for the name instead.",
    )
    assert await house.state() == before
    assert (await scan(house, event, steward, await ticket_of(house, registration, member))).status_code == 200
    refusal = problem(await house.post(f"{registration['url']}/ticket/renew", member))
    assert refusal == (409, "already-attended", "You have been checked in: no other ticket is needed.")


async def test_without_the_number_a_renewed_ticket_would_let_in(house: House) -> None:
    steward, event = await begun(house)
    member, registration, first = await a_ticket(house, event)
    await house.post(f"{registration['url']}/ticket/renew", member)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE registrations SET ticket = 1")

    assert (await scan(house, event, steward, first)).status_code == 200


async def test_the_ticket_of_a_cancelled_registration_is_refused(house: House) -> None:
    steward, event = await begun(house)
    member, registration, ticket = await a_ticket(house, event)
    await house.cancel(registration, member)
    before = await house.state()

    assert problem(await scan(house, event, steward, ticket)) == (
        409,
        "not-confirmed",
        "This registration has been cancelled.",
    )
    assert await house.state() == before


async def test_a_ticket_for_a_registration_that_is_not_there_is_refused(house: House) -> None:
    steward, event = await begun(house)
    office = TicketOffice.of(house.settings.secrets_dir)
    claim = Ticket(registration_id=uuid4(), event_id=UUID(event["id"]), number=1)

    assert problem(await scan(house, event, steward, office.issue(claim)))[:2] == (404, "not-found")


@pytest.mark.parametrize("text", ["K93EGK3J", "https://example.org/", "ÄÖÜ", "A" * 240, "=" * 8, "a" * 176])
async def test_whatever_else_is_scanned_is_refused_in_words(house: House, text: str) -> None:
    steward, event = await begun(house)
    before = await house.state()

    assert problem(await scan(house, event, steward, text)) == (
        422,
        "not-a-ticket",
        "This is not a ticket of ours: scan it again, type the code, or look for the name.",
    )
    assert await house.state() == before


async def test_a_ticket_longer_than_any_is_refused_unread(house: House) -> None:
    steward, event = await begun(house)

    status, code, words = problem(await scan(house, event, steward, "A" * 241))

    assert (status, code) == (422, "invalid")
    assert words == "ticket: expected at most 240 characters"


async def test_a_ticket_opens_no_door_to_those_who_do_not_work_there(house: House) -> None:
    _, event = await begun(house)
    member, _, ticket = await a_ticket(house, event)
    before = await house.state()

    for somebody in (member, await house.organiser(LONDON, role="lead")):
        assert problem(await scan(house, event, somebody, ticket))[:2] == (404, "not-found")
        assert problem(await scan(house, event, somebody, forged(ticket)))[:2] == (404, "not-found")
    assert await house.state() == before


async def statements(house: House, arrivals: list[Arrival]) -> int:
    """How many the check-in of a group takes."""
    asked: list[str] = []
    async with house.worker.transaction() as conn:
        conn.add_query_logger(lambda query: asked.append(query.query))
        outcomes = await check_in(conn, arrivals, opens_before=timedelta(hours=12), at=clock.now())
        assert all(isinstance(outcome, CheckedIn) for outcome in outcomes)
    return len(asked)


async def test_tickets_cost_one_more_statement_for_a_whole_group(house: House) -> None:
    _, event = await begun(house)
    office = TicketOffice.of(house.settings.secrets_dir)
    tickets = [office.read((await a_ticket(house, event))[2]) for _ in range(8)]
    arrivals = [Arrival(cell="midlands", event_id=one.event_id, who=one.registration_id, ticket=one) for one in tickets]

    await statements(house, arrivals[:1])
    without = await statements(house, [replace(arrivals[1], ticket=None)])
    one = await statements(house, arrivals[2:3])
    many = await statements(house, arrivals[3:])

    assert (one - without, many - one) == (1, 0)
