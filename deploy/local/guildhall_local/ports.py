"""Whether the ports of a stack are free, and who holds those that are not."""

import socket
from collections.abc import Mapping

import psutil

from guildhall_local.instance import HOST
from guildhall_local.obstacle import Obstacle


def require_free(ports: Mapping[str, int]) -> None:
    """`ports` by what is to listen there; an Obstacle names every one that is taken, and by whom."""
    taken = {place: port for place, port in ports.items() if not is_free(port)}
    if taken:
        said = " and ".join(f"{port} ({place}{_held_by(port)})" for place, port in taken.items())
        noun, verb = ("Port", "is") if len(taken) == 1 else ("Ports", "are")
        raise Obstacle(f"{noun} {said} {verb} in use: stop what listens there, or set PORT_BASE.")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last user's TIME_WAIT is no user
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _held_by(port: int) -> str:
    """The listener's name where this machine lets us see it, else nothing."""
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f", held by {psutil.Process(connection.pid).name()} {connection.pid}"
    except psutil.Error:
        return ""
    return ""
