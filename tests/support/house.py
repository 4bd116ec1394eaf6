"""The four services as the house's own tests see them."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from servicekit.contract import Signal, catalogue
from servicekit.process import Service

ROOT = Path(__file__).parents[2]
SERVICES = ("membership", "events", "notifications", "analytics")


@cache
def service(name: str) -> Service[Any]:
    found: Service[Any] = import_module(f"{name}_service.__main__").SERVICE
    return found


@cache
def contracts() -> dict[str, type[Signal]]:
    """Every signal type of every publisher."""
    return catalogue([signal for name in SERVICES for signal in import_module(f"{name}_contracts").SIGNALS])


def published_by(name: str) -> set[str]:
    return {signal.type for signal in import_module(f"{name}_contracts").SIGNALS}


def listened_to_by(name: str) -> set[tuple[str, str]]:
    """(type, handler's name) of every subscription."""
    return {
        (subscription.signal.type, subscription.name)
        for consumer in service(name).consumers
        for subscription in consumer.subscriptions
    }
