"""Ports: free ones pass, taken ones are all named in one sentence, with their holder."""

import os
import socket

import pytest

from guildhall_local.obstacle import Obstacle
from guildhall_local.ports import is_free, require_free
from guildhall_local.testservers import free_ports


def test_free_ports_pass() -> None:
    first, second = free_ports(2)

    require_free({"gateway": first, "kafka": second})

    assert is_free(first)
    assert is_free(second)


def test_a_taken_port_is_named_with_what_was_to_listen_there_and_who_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(Obstacle) as refused:
            require_free({"kafka": port})

    said = str(refused.value)
    assert said.startswith(f"Port {port} (kafka, held by ")
    assert said.endswith(f" {os.getpid()}) is in use: stop what listens there, or set PORT_BASE.")


def test_several_taken_ports_are_named_together() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        first, second = one.getsockname()[1], two.getsockname()[1]

        with pytest.raises(Obstacle, match=rf"^Ports {first} \(a.*\) and {second} \(b.*\) are in use: "):
            require_free({"a": first, "b": second})


def test_a_listener_on_every_address_takes_ours_too() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        assert not is_free(listener.getsockname()[1])


def test_a_port_is_free_again_at_once_when_its_listener_has_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()

    assert is_free(port)
