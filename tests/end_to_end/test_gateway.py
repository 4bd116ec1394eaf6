"""The whole of Guildhall behind its gateway: who comes in, and what a stopped service takes with it."""

import asyncio
import os
import signal
import time

import httpx
import pytest
from signed_in import Visitors, problem

from guildhall_local import status
from guildhall_local.instance import Instance
from guildhall_local.provider.keys import load_or_make, new_key
from guildhall_local.provider.people import Persona
from guildhall_local.provider.tokens import Mint

LEAD, MEMBER, STRANGER = "nadia", "priya", "daniel"
ME = "/api/v1/me"
NEWS = "/api/v1/cells/national/notifications"
WITHIN = 30.0
PAUSE = 0.02

PRIYA = Persona(sub=MEMBER, name="Priya Nair", email="priya.nair@rwp.nhs.example")


@pytest.fixture
async def of_each_service(visitors: Visitors) -> dict[str, str]:
    """An address of each service that the national lead may read."""
    return {
        "membership": ME,
        "events": visitors.event("summit"),
        "notifications": NEWS,
        "analytics": f"/api/v1/cells/national/reports/members?network={_network(visitors)}",
    }


def _network(visitors: Visitors) -> str:
    [published] = visitors.told("publish-event", "summit")
    return str(published.answer["network_id"])


async def test_one_service_down_leaves_the_others_reachable(
    visitors: Visitors, of_each_service: dict[str, str]
) -> None:
    summit = of_each_service["events"]
    os.kill(_pid(visitors.instance, "events-serve"), signal.SIGKILL)

    down = await _answered(visitors, summit, 503)
    others = {
        service: (await visitors.ask(LEAD, "GET", path)).status_code
        for service, path in of_each_service.items()
        if service != "events"
    }
    back = await _answered(visitors, summit, 200)

    assert problem(down)[0] == 503
    assert int(down.headers["retry-after"]) > 0
    assert others == {"membership": 200, "notifications": 200, "analytics": 200}
    assert back.json()["title"]


def _pid(instance: Instance, name: str) -> int:
    now = status.read_alive(instance)
    assert now is not None
    [mark] = [process.mark for process in now.processes if process.name == name]
    assert mark is not None
    return mark.pid


async def _answered(visitors: Visitors, path: str, wanted: int) -> httpx.Response:
    deadline = time.monotonic() + WITHIN
    while (answer := await visitors.ask(LEAD, "GET", path)).status_code != wanted:
        assert time.monotonic() < deadline, f"{path} is still answered {answer.status_code}"
        await asyncio.sleep(PAUSE)
    return answer


@pytest.mark.parametrize(
    "spoofed",
    [
        {"x-person": LEAD},
        {"X-Person-Id": LEAD, "X-Person-Roles": "lead"},
        {"x-user": LEAD, "x-forwarded-user": LEAD, "x-auth-request-user": LEAD},
        {"forwarded": "for=127.0.0.1", "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1"},
    ],
    ids=lambda spoofed: ",".join(spoofed),
)
async def test_a_header_makes_nobody_another_person(visitors: Visitors, spoofed: dict[str, str]) -> None:
    plain = await visitors.ask(MEMBER, "GET", ME)

    answer = await visitors.ask(MEMBER, "GET", ME, headers=spoofed)
    forbidden = await visitors.ask(MEMBER, "GET", f"/api/v1/networks/{_network(visitors)}/members", headers=spoofed)

    assert answer.json() == plain.json()
    assert problem(forbidden)[0] == 404


async def test_nobody_comes_in_without_a_token(visitors: Visitors, of_each_service: dict[str, str]) -> None:
    answers = {service: await visitors.http.get(path) for service, path in of_each_service.items()}

    assert {service: problem(answer) for service, answer in answers.items()} == dict.fromkeys(
        of_each_service, (401, "token-missing")
    )


async def test_an_expired_token_is_told_to_sign_in_again(visitors: Visitors) -> None:
    instance = visitors.instance
    mint = Mint(instance.issuer, "guildhall", 60, load_or_make(instance.state))

    answer = await _with(visitors, mint.for_person(PRIYA, now=int(time.time()) - 3600))

    assert problem(answer) == (401, "token-expired")


async def test_a_forged_token_opens_nothing(visitors: Visitors) -> None:
    """Everything in it is right but the key."""
    mint = Mint(visitors.instance.issuer, "guildhall", 600, new_key())

    answer = await _with(visitors, mint.for_person(PRIYA, now=int(time.time())))

    assert problem(answer)[0] == 401


async def test_a_changed_token_opens_nothing(visitors: Visitors) -> None:
    head, _, signature = (await visitors.token(MEMBER)).split(".")
    _, payload, _ = (await visitors.token(LEAD)).split(".")

    answer = await _with(visitors, f"{head}.{payload}.{signature}")

    assert problem(answer)[0] == 401


async def test_a_token_of_a_foreign_issuer_opens_nothing(visitors: Visitors) -> None:
    mint = Mint("https://elsewhere.example", "guildhall", 600, load_or_make(visitors.instance.state))

    answer = await _with(visitors, mint.for_person(PRIYA, now=int(time.time())))

    assert problem(answer) == (401, "token-unknown-signer")


async def test_a_token_for_another_application_opens_nothing(visitors: Visitors) -> None:
    instance = visitors.instance
    mint = Mint(instance.issuer, "payroll", 600, load_or_make(instance.state))

    answer = await _with(visitors, mint.for_person(PRIYA, now=int(time.time())))

    assert problem(answer) == (401, "token-not-for-us")


async def _with(visitors: Visitors, token: str) -> httpx.Response:
    return await visitors.http.get(ME, headers={"authorization": f"Bearer {token}"})


async def test_every_answer_names_its_request(visitors: Visitors, of_each_service: dict[str, str]) -> None:
    """A client's own id is not taken over; a refusal repeats the id for whoever reports it."""
    mine = {"x-request-id": "11111111-2222-3333-4444-555555555555"}

    answers = [await visitors.ask(LEAD, "GET", path, headers=mine) for path in of_each_service.values()]
    refused = await visitors.ask(STRANGER, "GET", of_each_service["analytics"] + "x", headers=mine)

    given = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(given)) == len(given)
    assert mine["x-request-id"] not in given
    assert refused.json()["request_id"] == refused.headers["x-request-id"]


async def test_what_nobody_answers_is_told_so(visitors: Visitors) -> None:
    answer = await visitors.ask(LEAD, "GET", "/api/v1/cells/national/somewhere")

    assert problem(answer)[0] == 404
