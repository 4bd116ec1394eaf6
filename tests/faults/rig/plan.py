"""Which process is killed at which point, in which order; every point once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rig import provoking
from rig.provoking import Provoke

from servicekit.crash_points import Point

SMALL_BATCHES = {"servicekit.outbox.relay:BATCH": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    point: Point
    provoke: Provoke | None = None
    """None: the workload comes by."""
    first: Point | None = None
    """Where the process dies before: what is meant happens on its successor's way up."""
    settings: Mapping[str, int] = field(default_factory=dict)


def _by_the_way(*points: Point) -> list[Step]:
    return [Step(point=point) for point in points]


def _by(provoke: Provoke, *points: Point) -> list[Step]:
    return [Step(point=point, provoke=provoke) for point in points]


STEPS: Mapping[str, Sequence[Step]] = {
    "membership-serve": [
        *_by_the_way(
            Point.COMMAND_AFTER_COMMIT,
            Point.COMMAND_SIGNALS_WRITTEN,
            Point.COMMAND_ANSWER_KEPT,
            Point.COMMAND_BEFORE_COMMIT,
            Point.COMMAND_KEY_CLAIMED,
        ),
        *_by(provoking.an_end, Point.SERVE_LEAVING),
    ],
    "events-serve": [
        *_by_the_way(
            Point.GROUP_AFTER_COMMIT,
            Point.GROUP_BEFORE_COMMIT,
            Point.GROUP_CLAIMED,
            Point.PLACE_GIVEN,
            Point.PLACE_FREED,
            Point.WAITER_PROMOTED,
        ),
        *_by(provoking.an_end, Point.SERVE_CLOSED),
    ],
    "membership-work": [
        *_by_the_way(Point.RELAY_BEFORE_HEARTBEAT, Point.RELAY_RENDERED),
        *_by(
            provoking.an_import,
            Point.JOB_BETWEEN_CHUNKS,
            Point.JOB_TAKEN,
            Point.JOB_CHUNK_WRITTEN,
            Point.JOB_BEFORE_FINISH,
            Point.JOB_AFTER_FINISH,
        ),
        *_by(provoking.a_change_of_a_network, Point.CHANGE_CARRIED_OUT),
        *_by(provoking.an_erasure, Point.ERASURE_WRITTEN, Point.ERASURE_COMMITTED),
    ],
    "events-work": [
        *_by_the_way(
            Point.RELAY_BEFORE_MARK,
            Point.RELAY_BEFORE_SEND,
            Point.RELAY_BEFORE_ACKNOWLEDGEMENT,
            Point.RELAY_AFTER_MARK,
            Point.CONSUMER_HEARTBEAT_WRITTEN,
        ),
        Step(point=Point.RELAY_NEXT_IN_HAND, provoke=provoking.much_at_once, settings=SMALL_BATCHES),
        *_by(provoking.much_at_once, Point.RELAY_HALF_SENT),
        *_by(provoking.a_death, Point.RELAY_ELECTED),
        *_by(provoking.a_second_worker, Point.CONSUMER_REVOKED, Point.CONSUMER_GIVEN_UP),
        *_by(provoking.an_end, Point.CONSUMER_DRAINING),
    ],
    "notifications-work": [
        *_by_the_way(Point.MAIL_ACCEPTED, Point.MAIL_CLAIMED, Point.MAIL_SETTLING),
        Step(point=Point.MAIL_RECOVERED, first=Point.MAIL_ACCEPTED),
        *_by_the_way(
            Point.WEBHOOK_ANSWERED,
            Point.WEBHOOK_CLAIMED,
            Point.WEBHOOK_SETTLING,
            Point.ANNOUNCEMENT_BETWEEN_CHUNKS,
            Point.ANNOUNCEMENT_COUNTED,
            Point.ANNOUNCEMENT_CHUNK_WRITTEN,
            Point.STREAM_POSITIONS_DRAWN,
        ),
        *_by(
            provoking.a_reminder,
            Point.TIMER_FIRED,
            Point.TIMER_DUE,
            Point.TIMER_MARKED,
            Point.TIMER_COMMITTED,
        ),
    ],
    "analytics-work": [
        *_by_the_way(
            Point.CONSUMER_COMMITTED,
            Point.CONSUMER_FETCHED,
            Point.CONSUMER_BEGUN,
            Point.CONSUMER_INBOX_WRITTEN,
            Point.CONSUMER_EFFECT_WRITTEN,
            Point.CONSUMER_OFFSET_COMMITTED,
        ),
        *_by(provoking.an_export, Point.EXPORT_WRITTEN),
        *_by(provoking.a_rebuild, Point.CONSUMER_EPOCH_OVER),
        *_by(provoking.an_end, Point.CONSUMER_DRAINED),
    ],
}
"""Each process goes through its own, while the others go through theirs."""

PARKING = (Point.CONSUMER_SAVEPOINT_RETRY, Point.CONSUMER_PARKING, Point.CONSUMER_PARKED)
"""Of analytics' worker, when it cannot apply what tells of an event; one event each."""
AT_THE_CONSOLE = {
    "rebuild": (
        Point.REBUILD_EMPTIED,
        Point.REBUILD_NEAR,
        Point.REBUILD_ALONE,
        Point.REBUILD_TAKEN_OVER,
        Point.REBUILD_FLIPPED,
        Point.REBUILD_SWITCHED,
    ),
    "migrate": (Point.MIGRATE_FILES_UNDER_WAY, Point.MIGRATE_BETWEEN_FOLDERS, Point.MIGRATE_BEFORE_RIGHTS),
}
SHORT: Mapping[str, Sequence[Step]] = {
    "membership-serve": _by_the_way(Point.COMMAND_AFTER_COMMIT),
    "events-serve": _by_the_way(Point.GROUP_AFTER_COMMIT),
    "membership-work": _by_the_way(Point.RELAY_BEFORE_MARK),
    "events-work": _by_the_way(Point.RELAY_BEFORE_ACKNOWLEDGEMENT),
    "notifications-work": _by_the_way(Point.MAIL_ACCEPTED),
    "analytics-work": _by_the_way(Point.CONSUMER_COMMITTED),
}
"""One for each process that the workload keeps busy."""
EVERY_PROCESS = tuple(STEPS)


def planned() -> list[Point]:
    """All that the long tier hits."""
    steps = [step.point for steps in STEPS.values() for step in steps]
    alone = [Point.CONSUMER_WAITING_BEHIND, Point.REPLAY_RUN, Point.RELAY_PRODUCER_ANEW]
    return [*steps, *PARKING, *alone, *(point for points in AT_THE_CONSOLE.values() for point in points)]
