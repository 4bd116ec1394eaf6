"""What was pushed to the partner body is its stream: signed, each signal once, whoever beside it does not answer."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from guildhall_kit import TEST, Refused, Signal, Webhooks
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found, unequal
from guildhall_local.story.arrivals import DEAD, Arrival

KEPT, AGAIN, TURNED_AWAY, REFUSED = "kept", "again", "turned-away", "refused"


def _verified(case: Case, arrival: Arrival) -> Signal:
    """As the partner's own kit sees it, at the moment at which it was signed. Raises Refused."""
    return Webhooks([case.evidence.webhook_secret], now=lambda: arrival.seconds).verify(arrival.headers, arrival.body)


def _signed(case: Case) -> Finding:
    """Everything that was taken is signed by the subscription's secret, and nothing else was taken."""
    differences = []
    for arrival in _at_the_receiver(case):
        try:
            _verified(case, arrival)
            signed = True
        except Refused:
            signed = False
        if signed == (arrival.outcome == REFUSED):
            how = "signed" if signed else "not signed"
            differences.append(f"what came as {arrival.webhook_id} is {how}, and was {arrival.outcome}")
    outcomes = Counter(arrival.outcome for arrival in _at_the_receiver(case))
    if not outcomes[REFUSED]:
        differences.append("nothing forged was tried")
    return found(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())), differences)


def _the_stream(case: Case) -> Finding:
    """Each signal under one id, at its place in the stream, in the same words."""
    items: Mapping[str, Mapping[str, Any]] = {item["id"]: item for item in case.evidence.feed.items}
    kept = [json.loads(arrival.body) for arrival in _at_the_receiver(case) if arrival.outcome == KEPT]
    kept = [signal for signal in kept if signal["type"] != TEST]
    times = Counter(signal["id"] for signal in kept)
    places: dict[int, set[str]] = {}
    for signal in kept:
        places.setdefault(signal["position"], set()).add(signal["id"])
    differences = [
        *(f"{items[one]['type']} at {items[one]['position']} was never pushed" for one in sorted(items.keys() - times)),
        *(f"{signal['type']} was pushed and is not in the stream" for signal in kept if signal["id"] not in items),
        *(f"{one} was kept {count} times" for one, count in times.items() if count > 1),
        *(f"position {place} came under {len(ids)} ids" for place, ids in places.items() if len(ids) > 1),
    ]
    for signal in kept:
        item = items.get(signal["id"], signal)
        differences += [
            f"{signal['type']} at {item['position']} was pushed with another {name}"
            for name in ("type", "network", "data", "position")
            if signal[name] != item[name]
        ]
    return found(f"{len(kept)} signals", differences)


def _same_id(case: Case) -> Finding:
    """What was turned away came again under its id; what was asked for again did too, and was known."""
    arrived = _at_the_receiver(case)
    kept = {arrival.webhook_id for arrival in arrived if arrival.outcome == KEPT}
    turned_away = [arrival.webhook_id for arrival in arrived if arrival.outcome == TURNED_AWAY]
    again = [arrival.webhook_id for arrival in arrived if arrival.outcome == AGAIN]
    asked = sum(wish.answer["queued"] for wish in case.told.done("replay-webhooks"))
    differences = [f"{one} was turned away and never came again" for one in turned_away if one not in kept]
    differences += [f"{one} was known and had never been kept" for one in again if one not in kept]
    differences += unequal("webhooks that came again when they were asked for", expected=asked, actual=len(again))
    if not (turned_away and again):
        differences.append("nothing was turned away, or nothing asked for again")
    return found(f"{len(turned_away)} turned away, {len(again)} replayed", differences)


def _nobody_held_up(case: Case) -> Finding:
    """The endpoint that never answers was tried, and got nothing; the other one had everything all the same."""
    tried = [arrival for arrival in case.evidence.pushed if arrival.path == DEAD]
    states = Counter(case.evidence.feed.dead)
    differences = [] if tried else ["the dead endpoint was never tried"]
    differences += [f"{count} are {state} to the dead endpoint" for state, count in states.items() if state != "queued"]
    return found(f"{len(tried)} tries at the dead endpoint, {states['queued']} still to come", differences)


def _at_the_receiver(case: Case) -> list[Arrival]:
    return [arrival for arrival in case.evidence.pushed if arrival.path != DEAD]


CHECKS = [
    Check("every webhook that was taken is signed, and a forged one was refused", _signed),
    Check("what was pushed to the partner body is its stream, each signal once", _the_stream),
    Check("a webhook that comes again comes under its own id", _same_id),
    Check("an endpoint that never answers holds nobody up", _nobody_held_up),
]
