"""A partner gets what its agreement allows, from when it was made until it ends, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta

import orjson
from notifications_house import House, a_registration, ended, network_id, published
from notifications_partner import COUNTED, DAY, PUBLISHED, ask, counted, items, made

from analytics_contracts import EventFunnelCounted, MembersCounted
from events_contracts import EventPublished, RegistrationConfirmed
from guildhall_kit import proof
from membership_contracts import AgreementMade, NetworkFounded
from notifications_service.streams import actions
from notifications_service.streams.store import Sent
from servicekit import clock
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing.deliveries import as_record


async def test_a_partner_gets_exactly_the_agreed_fields_of_the_agreed_types(house: House) -> None:
    agreement = await made(house)
    event = published()
    published_id = await house.hear(event)
    counted_id = await house.hear(counted("national.midlands"), "national.midlands")
    await hear_what_was_not_agreed(house, event)

    first, second = await items(house, agreement)

    data = {"event_id": str(event.event_id), "title": event.title, "starts_at": "2027-01-14T10:00:00Z"}
    assert first == {
        "position": 1,
        "id": str(published_id),
        "type": PUBLISHED,
        "time": first["time"],
        "network": "national",
        "data": data,
        "sha256": proof(data),
        "salt": "",
        "whole": True,
    }
    assert (second["id"], second["network"]) == (str(counted_id), "national.midlands")
    assert second["data"] == {"network_id": str(network_id("national.midlands")), "day": "2026-11-23", "members": 40}
    async with house.worker.reading() as conn:
        kept = await conn.fetch("SELECT data FROM stream_items ORDER BY position")
    assert [orjson.loads(row["data"]) for row in kept] == [first["data"], second["data"]]


async def hear_what_was_not_agreed(house: House, event: EventPublished) -> None:
    await house.hear(
        NetworkFounded(
            version=1,
            network_id=new_id(),
            kind="trust",
            name="T",
            path="national.t",
            cell="national",
            since=date(2026, 1, 1),
        )
    )
    await house.hear(
        EventFunnelCounted(
            version=1,
            event_id=event.event_id,
            network_id=event.network_id,
            day=DAY,
            eligible=2000,
            told=2000,
            registered=600,
            waited=200,
            attended=350,
        )
    )


async def test_nothing_about_a_person_is_given_whatever_was_agreed(house: House) -> None:
    fields = {RegistrationConfirmed.type: ["person_id", "code", "event_id"], PUBLISHED: ["title", "person_id"]}
    agreement = await made(house, fields)
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, await house.person()))

    (item,) = await items(house, agreement)

    assert item["data"] == {"title": event.title}


async def test_nothing_of_other_networks_is_given(house: House) -> None:
    agreement = await made(house, networks=["national.midlands"])
    for path in ("national", "national.london", "national.midlands", "national.midlands.rwp"):
        await house.hear(counted(path), path)

    assert [item["network"] for item in await items(house, agreement)] == ["national.midlands", "national.midlands.rwp"]


async def test_nothing_from_before_it_was_made_is_given_and_nothing_is_filled_in(house: House) -> None:
    await house.hear(counted("national"))
    before = clock.now()
    agreement = await made(house)
    await house.hear(counted("national"), time=before)
    expected = await house.hear(counted("national"))

    assert [item["id"] for item in await items(house, agreement)] == [str(expected)]


async def test_nothing_from_after_it_has_ended_is_given_and_nothing_more_is_shown(house: House) -> None:
    agreement = await made(house)
    await house.hear(counted("national"))
    before = await ask(house, agreement)
    await house.hear(ended(agreement, on=clock.today() - timedelta(days=1)))
    await house.hear(counted("national"))

    answer = await ask(house, agreement)

    assert len(before.json()["items"]) == 1
    assert (answer.status_code, answer.json()["code"]) == (410, "agreement-ended")
    assert "This agreement ended on" in answer.json()["detail"]
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM stream_items") == 1


async def test_one_that_has_not_begun_shows_nothing_yet(house: House) -> None:
    begins = clock.today() + timedelta(days=3)
    agreement = await made(house, starts_on=begins)
    await house.hear(counted("national"))

    answer = await ask(house, agreement)

    assert (answer.status_code, answer.json()["code"]) == (403, "agreement-not-begun")
    assert f"begins on {begins.day} " in answer.json()["detail"]
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM stream_items") == 0


async def test_what_is_agreed_no_longer_is_given_no_longer_and_keeps_its_place(house: House) -> None:
    agreement = await made(house)
    await house.hear(published())
    await house.hear(counted("national"))
    narrower = AgreementMade.model_validate(agreement.model_dump() | {"version": 2, "fields": {COUNTED: ["members"]}})
    await house.hear(narrower)

    first, second = await items(house, agreement)

    assert (first["data"], second["data"]) == ({}, {"members": 40})


async def test_another_partner_another_issuer_another_cell_and_a_person_find_nothing(house: House) -> None:
    agreement = await made(house)
    foreign = await made(house, issuer="https://elsewhere.example")
    person = await house.directory.lead("national")

    answers = [
        await ask(house, agreement, client="another-partner"),
        await ask(house, foreign),
        await ask(house, agreement, cell="midlands"),
        await ask(house, new_id()),
    ]
    as_person = await house.http.get(
        f"/api/v1/cells/national/subscriptions/{agreement.agreement_id}/signals", headers=person.bearer
    )
    in_a_persons_name = await house.http.get(
        f"/api/v1/cells/national/subscriptions/{agreement.agreement_id}/signals",
        headers=house.directory.issuer.bearer("somebody", client_id="partner"),
    )

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert (as_person.status_code, in_a_persons_name.status_code) == (403, 403)


async def test_two_agreements_each_get_their_own(house: House) -> None:
    one = await made(house, {COUNTED: ["members"]})
    other = await made(house, {COUNTED: ["trusts"]}, client_id="other-partner")
    await house.hear(counted("national"))

    assert [item["data"] for item in await items(house, one)] == [{"members": 40}]
    assert [item["data"] for item in await items(house, other, client="other-partner")] == [{"trusts": 3}]


async def test_a_redelivery_and_a_replay_from_zero_append_nothing(house: House) -> None:
    agreement = await made(house)
    await house.hear(counted("national"))
    before = await items(house, agreement)

    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM servicekit.inbox")
    await house.arrive(*house.log)

    assert await items(house, agreement) == before


async def test_what_is_older_than_the_start_of_the_deployment_is_not_given(house: House) -> None:
    agreement = await made(house)
    house.tell_from = clock.now() + timedelta(hours=1)
    await house.hear(counted("national"))

    assert await items(house, agreement) == []


async def test_a_batch_is_appended_in_its_order_with_few_statements(house: House) -> None:
    agreement = await made(house)
    other = await made(house, client_id="other-partner")
    sent = [Sent(signal_id=new_id(), time=clock.now(), day=clock.today(), network="national") for _ in range(50)]
    async with house.worker.transaction() as conn:
        statements: list[str] = []
        conn.add_query_logger(lambda query: statements.append(query.query))
        appended = await actions.append(conn, "national", MembersCounted, sent, [{"members": n} for n in range(50)])

    assert appended == 100
    assert len(statements) < 15
    for one, client in ((agreement, "partner"), (other, "other-partner")):
        assert [item["data"]["members"] for item in await items(house, one, client=client)] == list(range(50))


async def test_an_unknown_type_and_broken_bytes_change_nothing_and_hold_nobody_up(house: House) -> None:
    agreement = await made(house)
    good = as_record(counted("national"), at=Origin("national", "national"))
    assert good.value is not None
    unknown = replace(
        as_record(counted("national"), at=Origin("national", "national")),
        value=good.value.replace(b"members-counted.v1", b"members-guessed.v9").replace(b'"id":"0', b'"id":"1'),
    )
    await house.arrive(unknown, replace(good, value=b"{ broken", offset=good.offset + 10_000), good)

    assert len(await items(house, agreement)) == 1
    async with house.worker.reading() as conn:
        parked = await conn.fetch("SELECT cause, value FROM servicekit.parked")
    assert [(row["cause"], bytes(row["value"])) for row in parked] == [("JSONDecodeError: not a signal", b"{ broken")]
