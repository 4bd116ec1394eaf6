"""All figures, in the order in which they are measured: one module each."""

from benchmarks.figure import Figure
from benchmarks.figures import (
    announcement,
    applied,
    check_ins,
    consumer,
    growth,
    processes,
    racers,
    rebuild,
    registrations,
    relay,
)

FIGURES: list[Figure] = [
    *registrations.FIGURES,
    check_ins.FIGURE,
    relay.FIGURE,
    consumer.FIGURE,
    applied.FIGURE,
    announcement.FIGURE,
    rebuild.FIGURE,
    *growth.FIGURES,
    racers.FIGURE,
    processes.FIGURE,
]
