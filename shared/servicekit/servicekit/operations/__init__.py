"""What operations teams ask of a service from a console: short commands that say in one sentence why they cannot."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer
from aiokafka.errors import KafkaError

from servicekit import faults
from servicekit.operations import parked, rebuilding, replaying, republishing, status
from servicekit.operations.ground import Ground
from servicekit.operations.status import page as status_page
from servicekit.problem import CannotStart

__all__ = ["Ground", "add", "status_page"]

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Result = TypeVar("Result")


class DoesNotAnswer(CannotStart):
    """Something that the command needs is away; the message says what."""


def add(app: typer.Typer, ground: Callable[[], Ground], run: Run) -> None:
    """Add every operators' command to a service's command line."""

    def run_in_words(what: Coroutine[Any, Any, Any]) -> Any:
        return run(in_words(what))

    rebuilding.add(app, ground, run_in_words)
    parked.add(app, ground, run_in_words)
    replaying.add(app, ground, run_in_words)
    republishing.add(app, ground, run_in_words)
    status.add(app, ground, run_in_words)


async def in_words(what: Coroutine[Any, Any, Result]) -> Result:
    """Say what is away in a sentence; whoever typed the command can do something about that only."""
    try:
        return await what
    except KafkaError as error:
        raise DoesNotAnswer(f"Kafka does not answer: {type(error).__name__}; try again when it does") from None
    except Exception as error:
        if not faults.is_away(error):
            raise
        raise DoesNotAnswer(f"The database does not answer: {type(error).__name__}; try again when it does") from None
