"""The supervisor, with fake processes: order, crashes, the supervisor's own death, refusals."""

import asyncio
import os
import signal
import socket
from typing import Any

import pytest

from guildhall_local import pauses, stack
from guildhall_local.obstacle import Obstacle
from guildhall_local.spec import ProcessSpec
from guildhall_local.status import Phase, State
from guildhall_local.supervisor import Supervisor
from servicekit.testing import eventually


async def test_each_process_begins_after_what_it_needs_and_ends_before_it(fake_stack: Any) -> None:
    fake_stack.describe(
        {"name": "gateway", "needs": ["api", "provider"]},
        {"name": "api", "needs": ["database"]},
        {"name": "provider"},
        {"name": "database"},
    )

    supervisor = fake_stack.start()
    await eventually(fake_stack.is_up, within=30)
    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(30) == 0
    begun = [line.split()[0] for line in fake_stack.journal() if line.endswith("begins")]
    ended = [line.split()[0] for line in fake_stack.journal() if line.endswith("ends")]
    assert begun.index("database") < begun.index("api") < begun.index("gateway") == 3
    assert ended.index("gateway") < ended.index("api") < ended.index("database")
    assert fake_stack.left_running() == []


async def test_a_killed_process_is_started_again_and_that_is_told(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"}, {"name": "other"})
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)
    first, other = fake_stack.pid("api"), fake_stack.pid("other")

    os.kill(first, signal.SIGKILL)

    async def is_back() -> bool:
        api = fake_stack.process("api")
        return api.restarts == 1 and api.state is State.READY

    await eventually(is_back, within=20)
    assert fake_stack.pid("api") != first
    assert fake_stack.pid("other") == other
    assert fake_stack.process("api").trouble == "api was killed by SIGKILL"
    assert await fake_stack.is_up()


async def test_a_paused_process_rests_until_it_is_resumed(fake_stack: Any) -> None:
    fake_stack.describe({"name": "work"}, {"name": "serve"})
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)
    work, serve = fake_stack.pid("work"), fake_stack.pid("serve")

    await asyncio.to_thread(pauses.pause, fake_stack.instance, "work")

    assert fake_stack.left_running() == [serve]
    assert fake_stack.process("work").state is State.PAUSED
    await asyncio.to_thread(pauses.resume, fake_stack.instance, "work")
    assert fake_stack.process("work").state is State.READY
    assert fake_stack.process("work").restarts == 0
    assert work not in fake_stack.left_running()
    assert len(fake_stack.left_running()) == 2


async def test_what_is_no_process_cannot_rest(fake_stack: Any) -> None:
    with pytest.raises(Obstacle, match=r"^Guildhall is not up\.$"):
        pauses.pause(fake_stack.instance, "work")
    fake_stack.describe({"name": "work"})
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)

    with pytest.raises(Obstacle, match=r"^wrok is no process that could rest; there are: work\.$"):
        pauses.pause(fake_stack.instance, "wrok")


async def test_a_killed_supervisor_leaves_nothing_and_the_next_one_starts(fake_stack: Any) -> None:
    fake_stack.describe({"name": "stubborn", "manner": "stubborn", "stop_within": 0.5}, {"name": "api"})
    supervisor = fake_stack.start()
    await eventually(fake_stack.is_up, within=30)
    assert len(fake_stack.left_running()) == 2

    supervisor.kill()
    supervisor.wait()

    async def nothing_is_left() -> bool:
        return not fake_stack.left_running()

    await eventually(nothing_is_left, within=5)
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)


async def test_a_process_that_does_not_listen_is_killed_in_the_end(fake_stack: Any) -> None:
    fake_stack.describe({"name": "stubborn", "manner": "stubborn", "stop_within": 0.5})
    supervisor = fake_stack.start()
    await eventually(fake_stack.is_up, within=30)

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(20) == 0
    assert fake_stack.left_running() == []


async def test_a_process_that_dies_at_its_start_is_named_with_its_last_words(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api", "manner": "short-lived", "needs": ["database"]}, {"name": "database"})

    supervisor = fake_stack.start()
    said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 1
    assert said == ("api ended with status 3 while starting; its last lines:\n  there is no bread in the house\n")
    assert fake_stack.left_running() == []
    assert fake_stack.process("database").state is State.STOPPED


async def test_a_port_in_use_is_named_and_nothing_starts(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    port = fake_stack.instance.ports["kafka"]
    with socket.create_server(("127.0.0.1", port)):
        supervisor = fake_stack.start()
        said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 1
    assert said.startswith(f"Port {port} (kafka, held by ")
    assert said.endswith("is in use: stop what listens there, or set PORT_BASE.\n")
    assert not (fake_stack.instance.state.parent / "journal").exists()


async def test_a_second_supervisor_of_the_same_state_is_refused(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)
    first = (await fake_stack.status()).supervisor

    second = fake_stack.start()
    said, _ = second.communicate(timeout=30)

    assert second.returncode == 1
    assert said.startswith("Guildhall is being started or stopped already in ")
    now = await fake_stack.status()
    assert (now.supervisor, now.phase) == (first, Phase.READY)


async def test_stopping_while_starting_leaves_nothing(fake_stack: Any) -> None:
    fake_stack.describe({"name": "first"}, {"name": "late", "needs": ["first"], "manner": "silent"})
    supervisor = fake_stack.start()

    async def first_is_ready() -> bool:
        now = await fake_stack.status()
        return now is not None and now.processes[0].state is State.READY

    await eventually(first_is_ready, within=30)
    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(20) == 0
    assert fake_stack.left_running() == []


async def test_a_state_folder_that_cannot_be_made_is_named(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    fake_stack.instance.state.write_text("a file where a folder should be")

    supervisor = fake_stack.start()
    said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 1
    assert said == f"The state folder {fake_stack.instance.state} cannot be written (File exists).\n"


async def test_a_folder_of_somebody_elses_is_neither_used_nor_emptied(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    fake_stack.instance.state.mkdir()
    letter = fake_stack.instance.state / "letter.txt"
    letter.write_text("dear all")

    supervisor = fake_stack.start()
    said, _ = supervisor.communicate(timeout=30)
    stack.wipe(fake_stack.instance)

    assert supervisor.returncode == 1
    assert (
        said == f"The state folder {fake_stack.instance.state} holds other things: empty it, or set GUILDHALL_STATE.\n"
    )
    assert letter.read_text() == "dear all"


async def test_fresh_stops_the_stack_and_deletes_all_of_it(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    supervisor = fake_stack.start()
    await eventually(fake_stack.is_up, within=30)

    await asyncio.to_thread(stack.wipe, fake_stack.instance)

    assert supervisor.wait(5) == 0
    assert fake_stack.left_running() == []
    assert list(fake_stack.instance.state.iterdir()) == []


async def test_a_stack_in_the_background_stays_until_it_is_stopped(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    shown: list[Phase] = []

    await asyncio.to_thread(
        stack.start_detached,
        fake_stack.instance,
        lambda now: shown.append(now.phase),
        program=fake_stack.program,
    )

    assert await fake_stack.is_up()
    assert shown[-1] is Phase.READY
    assert await asyncio.to_thread(stack.stop, fake_stack.instance) is True
    assert fake_stack.left_running() == []
    assert await asyncio.to_thread(stack.stop, fake_stack.instance) is False


async def test_a_stack_in_the_background_that_cannot_start_says_why(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api", "manner": "short-lived"})

    with pytest.raises(Obstacle) as refused:
        await asyncio.to_thread(stack.start_detached, fake_stack.instance, program=fake_stack.program)

    assert str(refused.value) == (
        "api ended with status 3 while starting; its last lines:\n  there is no bread in the house"
    )
    assert fake_stack.left_running() == []


async def test_a_tests_own_stack_ends_with_its_block(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})

    with stack.running(fake_stack.instance, program=fake_stack.program):
        assert await fake_stack.is_up()

    assert fake_stack.left_running() == []


async def test_a_program_that_is_not_there_is_named(fake_stack: Any) -> None:
    missing = ProcessSpec(
        name="api", command=("/nowhere/api",), environment={}, folder=fake_stack.instance.state.parent
    )
    fake_stack.instance.logs.mkdir(parents=True)
    supervisor = Supervisor([missing], logs=fake_stack.instance.logs)

    with pytest.raises(Obstacle, match=r"^api could not be started: .*No such file or directory: '/nowhere/api'\.$"):
        await supervisor.start()

    await supervisor.stop()
    assert supervisor.processes()[0].state is State.STOPPED
