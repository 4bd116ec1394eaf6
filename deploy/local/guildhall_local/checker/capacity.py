"""Places: never one too many, never one unused while somebody waits, and first come, first served."""

from collections.abc import Iterator, Sequence

from guildhall_local.checker import history
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found, unequal
from guildhall_local.checker.history import CANCELLED, CONFIRMED, WAITING
from guildhall_local.checker.told import Booking
from guildhall_local.story.plan import SUMMIT

PROMOTED = "events.registration-promoted"
CANCELLATION = "events.registration-cancelled"


def _after_the_race(case: Case) -> Finding:
    scale, bookings = case.plan.scale, case.told.bookings(SUMMIT)
    confirmed = sum(booking.status == CONFIRMED for booking in bookings)
    waiting = sum(booking.status == WAITING for booking in bookings)
    race = history.before_the_first(case.history(SUMMIT), CANCELLATION)
    listed = list(history.statuses(race).values())
    expected = (scale.places, scale.racers - scale.places)
    return found(
        f"{confirmed} confirmed, {waiting} waiting",
        [
            *unequal("people were told (confirmed, waiting)", expected=expected, actual=(confirmed, waiting)),
            *unequal(
                "the topic says (confirmed, waiting)",
                expected=expected,
                actual=(listed.count(CONFIRMED), listed.count(WAITING)),
            ),
        ],
    )


def _never_too_many(case: Case) -> Finding:
    most, differences = {}, []
    for label, gathering in case.plan.gatherings.items():
        counts = [confirmed for _, confirmed, _ in history.steps(case.history(label))]
        most[label] = max(counts, default=0)
        if most[label] > gathering.capacity:
            differences.append(f"{label}: {most[label]} confirmed on the topic, for {gathering.capacity} places")
        held = sum(row["status"] == CONFIRMED for row in case.evidence.registrations[label])
        if held > gathering.capacity:
            differences.append(f"{label}: {held} confirmed in the database, for {gathering.capacity} places")
    return found(", ".join(f"{label} at most {count}" for label, count in most.items()), differences)


def _never_unused(case: Case) -> Finding:
    """A place that becomes free is given away in the same breath: at the next record of the event."""
    looked, differences = 0, []
    for label, gathering in case.plan.gatherings.items():
        confirmed = waiting = 0
        for record, confirmed_then, waiting_then in history.steps(case.history(label)):
            looked += 1
            if record.type != PROMOTED and waiting and confirmed < gathering.capacity:
                differences.append(f"{label}: {waiting} waited while {gathering.capacity - confirmed} places were free")
            confirmed, waiting = confirmed_then, waiting_then
        if waiting and confirmed < gathering.capacity:
            differences.append(f"{label}: at the end {waiting} wait, with {confirmed} confirmed")
    return found(f"{looked} records", differences)


def _after_the_cancellations(case: Case) -> Finding:
    scale, statuses = case.plan.scale, history.statuses(case.history(SUMMIT))
    listed = list(statuses.values())
    expected = (scale.places, scale.racers - scale.places - scale.cancellations, scale.cancellations)
    actual = (listed.count(CONFIRMED), listed.count(WAITING), listed.count(CANCELLED))
    stored = [row["status"] for row in case.evidence.registrations[SUMMIT]]
    return found(
        f"{actual[0]} confirmed, {actual[1]} waiting",
        [
            *unequal("the topic says (confirmed, waiting, cancelled)", expected=expected, actual=actual),
            *unequal(
                "the database says (confirmed, waiting, cancelled)",
                expected=expected,
                actual=(stored.count(CONFIRMED), stored.count(WAITING), stored.count(CANCELLED)),
            ),
        ],
    )


def _first_in_line(case: Case) -> Finding:
    expected = [booking.registration_id for booking in case.told.promoted(SUMMIT)]
    actual = [record.data["registration_id"] for record in case.history(SUMMIT) if record.type == PROMOTED]
    differences = [
        *(f"{case.name_of(one)} was among the first and not promoted" for one in expected if one not in actual),
        *(f"{case.name_of(one)} was promoted out of turn" for one in actual if one not in expected),
    ]
    if not differences and actual != expected:
        differences.append("they were not promoted in the order of the line")
    return found(f"{len(actual)} promoted, in the order of the line", differences)


def _places_follow_requests(case: Case) -> Finding:
    """Of two requests that did not overlap, the earlier one is served first: by answer, by topic, by line."""
    pairs, differences = 0, []
    for label in case.plan.gatherings:
        order = {
            record.data["registration_id"]: place
            for place, record in enumerate(case.history(label))
            if record.type in {"events.registration-confirmed", "events.registration-waitlisted"}
        }
        bookings = sorted(case.told.bookings(label), key=lambda booking: booking.sent)
        for earlier, later in _apart(bookings):
            pairs += 1
            if order.get(earlier.registration_id, -1) > order.get(later.registration_id, len(order) * 2):
                differences.append(f"{label}: {_both(earlier, later)} on the topic")
            if _line(earlier) > _line(later):
                differences.append(f"{label}: {_both(earlier, later)} in the line")
    return found(f"{pairs} pairs that did not overlap", differences)


def _apart(bookings: Sequence[Booking]) -> Iterator[tuple[Booking, Booking]]:
    for earlier in bookings:
        for later in bookings:
            if earlier.answered < later.sent:
                yield earlier, later


def _line(booking: Booking) -> int:
    """0 for a place, else the place in line."""
    return booking.place_in_line or 0


def _both(earlier: Booking, later: Booking) -> str:
    return f"{later.sub} asked after {earlier.sub} had been answered, and comes before"


def _as_people_were_told(case: Case) -> Finding:
    compared, differences = 0, []
    for label in case.plan.gatherings:
        topic = history.statuses(case.history(label))
        stored = {str(row["id"]): row["status"] for row in case.evidence.registrations[label]}
        expected = {
            **dict.fromkeys(case.told.finally_confirmed(label), CONFIRMED),
            **dict.fromkeys(case.told.finally_waiting(label), WAITING),
            **dict.fromkeys(case.told.cancelled(label), CANCELLED),
        }
        compared += len(expected)
        for where, actual in (("on the topic", topic), ("in the database", stored)):
            differences += [
                f"{label}: {case.name_of(one)} is {actual.get(one, 'missing')} {where}"
                f" instead of {expected.get(one, 'not there')}"
                for one in sorted(expected.keys() | actual.keys())
                if expected.get(one) != actual.get(one)
            ]
    return found(f"{compared} registrations", differences)


CHECKS = [
    Check("after the race every place is taken and the others wait", _after_the_race),
    Check("there was never one confirmed too many", _never_too_many),
    Check("nobody ever waited while a place was free", _never_unused),
    Check("after the cancellations every place is taken again", _after_the_cancellations),
    Check("those promoted are the first in line", _first_in_line),
    Check("places follow the order of the requests", _places_follow_requests),
    Check("each registration is as its owner was told", _as_people_were_told),
]
