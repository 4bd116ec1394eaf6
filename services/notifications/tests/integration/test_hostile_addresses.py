"""No webhook connects to an address that is not public: not by how it is written, by DNS, by redirect, by rebinding."""

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from figures import Figures
from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream
from notifications_certificates import Authority
from notifications_house import House
from notifications_partner import counted, made
from notifications_webhooks import (
    Receiver,
    deliveries,
    lying,
    path,
    request,
    running_receiver,
    send,
    subscribe,
    subscribed,
)

from notifications_service.webhooks.addresses import Target, refuse_unless_public
from notifications_service.webhooks.outward import Outward, Pinned, Resolver

LITERALS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7F.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "0x0",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "localhost",
    "LOCALHOST",
]
"""Ways to write an address of this machine that its own resolver understands."""

ANSWERS: list[list[str]] = [
    ["127.0.0.1"],
    ["0.0.0.0"],
    ["10.0.0.1"],
    ["100.64.0.1"],
    ["169.254.169.254"],
    ["172.16.0.1"],
    ["192.168.1.1"],
    ["192.0.0.8"],
    ["198.18.0.1"],
    ["224.0.0.251"],
    ["240.0.0.1"],
    ["255.255.255.255"],
    ["168.63.129.16"],
    ["::1"],
    ["::"],
    ["::ffff:127.0.0.1"],
    ["::127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["64:ff9b:1::7f00:1"],
    ["2002:7f00:1::1"],
    ["2001::7f00:1"],
    ["2600:1f18::5efe:127.0.0.1"],
    ["fe80::1"],
    ["fe80::1%lo"],
    ["fc00::1"],
    ["fd00:ec2::254"],
    ["fec0::1"],
    ["ff02::1"],
    ["2001:db8::1"],
    ["93.184.216.34", "127.0.0.1"],
    ["2600:1f18::1", "::1"],
]
"""What a hostile name server may say."""


class Recording(AsyncNetworkBackend):
    """Notes where it was to connect to, and connects to this machine only."""

    def __init__(self, resolve: Resolver | None = None) -> None:
        self.asked: list[str] = []
        self._resolve, self._plain = resolve, AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        if self._resolve is not None:
            host = (await self._resolve(host, port))[0]
        self.asked.append(host)
        if host != "127.0.0.1":
            raise OSError("nothing leaves this machine in a test")
        return await self._plain.connect_tcp(host, port, timeout=timeout)


def hostile(host: str, receiver: Receiver) -> Target:
    """As if it had been saved by somebody who did not look."""
    return Target("http", host, receiver.port, "/")


async def test_however_an_address_of_this_machine_is_written_nothing_reaches_it() -> None:
    async with running_receiver() as canary:
        failures = [(await Outward().post(hostile(host, canary), b"{}", {})).failure for host in LITERALS]

    assert canary.connections == 0
    assert {(failure or "").split(":")[0] for failure in failures} == {"address-refused"}


async def test_without_the_look_at_addresses_nearly_all_of_these_would_reach_it() -> None:
    async with running_receiver() as canary:
        unguarded = Outward(backend=lambda _target, _resolve: AnyIOBackend(), within=2)
        for host in LITERALS:
            await unguarded.post(hostile(host, canary), b"{}", {})

    assert canary.connections >= len(LITERALS) - 2


async def test_whatever_a_name_server_says_only_public_addresses_are_connected_to() -> None:
    recorded = Recording()
    for number, answer in enumerate(ANSWERS):
        name = f"h{number}.partner.org"
        outward = Outward(resolve=lying({name: answer}), backend=_pinned_on(recorded))
        answered = await outward.post(Target("https", name, 443, "/"), b"{}", {})
        assert answered.failure == "address-refused: The name leads to an address that is not public.", answer

    assert recorded.asked == []
    assert len(LITERALS) + len(ANSWERS) >= 32


def _pinned_on(recorded: Recording) -> Any:
    return lambda target, resolve: Pinned(target, resolve, recorded)


class CheckedAndThenConnectedByName(Recording):
    """The wrong variant: what was looked at is not what is connected to."""

    def __init__(self, target: Target, resolve: Resolver) -> None:
        super().__init__(resolve)
        self._target = target

    async def connect_tcp(self, host: str, port: int, *args: Any, **given: Any) -> AsyncNetworkStream:
        assert self._resolve is not None
        refuse_unless_public(await self._resolve(host, port))
        return await super().connect_tcp(host, port, *args, **given)


def rebinding(name: str) -> Resolver:
    """Public when it is asked first, this machine from then on."""
    answers = iter([["93.184.216.34"]])
    return lying({name: lambda: next(answers, ["127.0.0.1"])})


async def test_a_name_that_changes_between_look_and_connection_leads_nowhere_else() -> None:
    name, recorded = "rebinds.partner.org", Recording()
    async with running_receiver() as canary:
        answered = await Outward(resolve=rebinding(name), backend=_pinned_on(recorded)).post(
            hostile(name, canary), b"{}", {}
        )

    assert (recorded.asked, canary.connections) == (["93.184.216.34"], 0)
    assert answered.status is None


async def test_without_pinning_a_name_that_changes_would_reach_this_machine() -> None:
    name = "rebinds.partner.org"
    async with running_receiver() as canary:
        await Outward(resolve=rebinding(name), backend=CheckedAndThenConnectedByName).post(
            hostile(name, canary), b"{}", {}
        )

    assert canary.connections == 1


@pytest.mark.faults
async def test_of_all_hostile_addresses_none_is_reached(figures: Figures) -> None:
    """However written, whatever a name server says, and when it says another thing the second time."""
    recorded, name = Recording(), "rebinds.partner.org"
    async with running_receiver() as canary:
        for host in LITERALS:
            await Outward().post(hostile(host, canary), b"{}", {})
        for answer in ANSWERS:
            lied = Outward(resolve=lying({name: answer}), backend=_pinned_on(recorded))
            await lied.post(Target("https", name, 443, "/"), b"{}", {})
        await Outward(resolve=rebinding(name), backend=_pinned_on(recorded)).post(hostile(name, canary), b"{}", {})

    reached = canary.connections + sum(host != "93.184.216.34" for host in recorded.asked)
    figures.say("webhooks", "hostile addresses tried", len(LITERALS) + len(ANSWERS) + 1, at_least=32)
    figures.say("webhooks", "hostile addresses reached", reached, at_most=0)


async def test_a_name_that_rebinds_after_it_was_saved_is_refused_when_it_is_sent_to(house: House) -> None:
    agreement = await made(house)
    house.app.state.look_up = lying({"hooks.partner.org": ["93.184.216.34"]})
    subscription = await subscribed(house, agreement, "https://hooks.partner.org/")
    await house.hear(counted("national"))

    await send(house, outward=Outward(resolve=lying({"hooks.partner.org": ["127.0.0.1"]})))

    ((attempt,),) = [one["attempts"] for one in await deliveries(house, subscription)]
    assert (attempt["status"], attempt["failure"]) == (
        None,
        "address-refused: The name leads to an address that is not public.",
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(house: House, status: int) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver, running_receiver() as canary:
        receiver.always = f"{status} Location: http://{canary.address}/"
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))

        await send(house)

    (found,) = await deliveries(house, subscription)
    assert (len(receiver.received), canary.connections) == (1, 0)
    assert (found["state"], found["attempts"][0]["status"]) == ("queued", status)
    assert found["attempts"][0]["failure"] == f"answered {status}, and redirects are not followed"


@pytest.mark.parametrize("host", [*LITERALS, "[::1]", "[fe80::1%25lo]", "[64:ff9b::7f00:1]", "user@127.0.0.1"])
async def test_a_hostile_address_is_refused_when_it_is_saved_and_nothing_is_kept(house: House, host: str) -> None:
    agreement = await made(house)
    shown = f"[{host}]" if host.startswith("::") else host

    answers = [
        await subscribe(house, agreement, f"https://{shown}/"),
        await subscribe(house, agreement, f"http://{shown}/"),
        await subscribe(house, agreement, f"https://{shown}:22/"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "address-refused")] * 3
    assert (await request(house, "GET", path())).json()["items"] == []


async def test_a_name_that_leads_here_or_nowhere_is_refused_when_it_is_saved(house: House) -> None:
    agreement = await made(house)

    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    house.app.state.look_up = lying({"hooks.partner.org": ["93.184.216.34", "10.0.0.7"]})
    inside = await subscribe(house, agreement, "https://hooks.partner.org/")
    house.app.state.look_up = unknown
    nowhere = await subscribe(house, agreement, "https://hooks.partner.org/")

    assert [answer.status_code for answer in (inside, nowhere)] == [422, 422]
    assert inside.json()["detail"] == "The name leads to an address that is not public."
    assert nowhere.json()["detail"] == "The name hooks.partner.org cannot be looked up."
    assert "10.0.0.7" not in inside.text


async def test_host_and_certificate_are_the_names_although_the_connection_goes_to_an_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=authority.server("hooks.partner.org"))
    receiver.port = server.sockets[0].getsockname()[1]
    right = Target("https", "hooks.partner.org", receiver.port, "/in", is_for_tests=True)
    outward = Outward(
        resolve=lying({"hooks.partner.org": ["127.0.0.1"], "other.partner.org": ["127.0.0.1"]}),
        trust=authority.client(),
    )

    good = await outward.post(right, b"{}", {})
    wrong = await outward.post(replace(right, host="other.partner.org"), b"{}", {})
    untrusted = await replace(outward, trust=ssl.create_default_context()).post(right, b"{}", {})
    server.close()

    assert good.status == 204
    assert [one.headers["host"] for one in receiver.received] == [f"hooks.partner.org:{receiver.port}"]
    assert authority.names_asked_for == ["hooks.partner.org", "other.partner.org", "hooks.partner.org"]
    assert (wrong.failure or "").startswith("the certificate does not hold: Hostname mismatch")
    assert (untrusted.failure or "").startswith("the certificate does not hold: unable to get local issuer")
