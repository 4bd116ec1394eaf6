"""How far topics reach is asked of all at once."""

import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

from aiokafka import TopicPartition

from servicekit.consumers import marks
from servicekit.consumers.marks import Marks
from servicekit.testing.topics import cells_for_tests, created

STREAMS = ("notes", "letters", "songs")


async def test_the_ends_of_many_topics_are_asked_for_at_once_and_not_topic_by_topic(
    kafka: str, cells_file: Path
) -> None:
    """The other way, by a consumer to which nothing is assigned, is measured beside it."""
    cells = replace(cells_for_tests(cells_file), partitions=dict.fromkeys(STREAMS, 1))
    async with created(cells, kafka):
        wanted = [TopicPartition(f"{cells.prefix}{cell}.{stream}", 0) for cell in cells.all for stream in STREAMS]
        async with marks.asking(kafka) as broker:
            bare, one_by_one = await timed(broker.kafka.end_offsets(wanted))
        async with marks.asking(kafka) as broker:
            ours, took = await timed(marks.ends(broker.kafka, wanted))

    assert ours == bare == dict.fromkeys(wanted, 0)
    assert took < one_by_one / 4


async def timed(asked: Awaitable[Marks]) -> tuple[Marks, float]:
    began = time.monotonic()
    return await asked, time.monotonic() - began
