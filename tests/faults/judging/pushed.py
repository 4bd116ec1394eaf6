"""Promise 13: webhooks are signed, come under one id however often they come, and are what the stream holds."""

import json
from collections import defaultdict

from judging.claims import Claim, claim
from judging.evidence import Evidence

from guildhall_kit import TEST, Refused, Webhooks
from guildhall_local.story.arrivals import SIGNALS, Arrival

SIGNED, ONE_ID = "every webhook is signed", "a webhook comes under its own id on every try"
STREAMED, DELIVERED = "what is pushed is what the stream holds", "what is delivered has arrived"


def judge(evidence: Evidence) -> list[Claim]:
    arrived = [one for one in evidence.arrivals if one.path == SIGNALS]
    real = [one for one in arrived if json.loads(one.body)["type"] != TEST]
    return [_signed(evidence, arrived), _one_id(real), _streamed(evidence, real), _delivered(evidence, real)]


def _signed(evidence: Evidence, arrived: list[Arrival]) -> Claim:
    differences = []
    for one in arrived:
        try:
            Webhooks([evidence.secret], now=lambda one=one: one.seconds).verify(one.headers, one.body)
        except Refused as refused:
            differences.append(f"{one.webhook_id} is not signed: {refused}")
    return claim(13, SIGNED, len(arrived), differences)


def _one_id(real: list[Arrival]) -> Claim:
    """The same id is the same signal at the same position; the same position is the same id."""
    said: dict[str, set[tuple[str, int]]] = defaultdict(set)
    places: dict[int, set[str]] = defaultdict(set)
    for one in real:
        signal = json.loads(one.body)
        said[one.webhook_id].add((signal["id"], signal["position"]))
        places[signal["position"]].add(one.webhook_id)
    differences = [f"{id_} came as {sorted(what)}" for id_, what in said.items() if len(what) > 1]
    differences += [f"position {place} came under {sorted(ids)}" for place, ids in places.items() if len(ids) > 1]
    return claim(13, ONE_ID, len(real), differences)


def _streamed(evidence: Evidence, real: list[Arrival]) -> Claim:
    stored = {row["position"]: row["signal_id"] for row in evidence.tables.get("stream", ())}
    signals = [json.loads(one.body) for one in real]
    return claim(
        13,
        STREAMED,
        len(signals),
        [
            f"{signal['id']} was pushed at {signal['position']}, where {stored.get(signal['position'])} stands"
            for signal in signals
            if stored.get(signal["position"]) != signal["id"]
        ],
    )


def _delivered(evidence: Evidence, real: list[Arrival]) -> Claim:
    """Whatever the queue calls delivered was taken by the receiver; what it does not may have been, and comes again."""
    taken = {one.webhook_id for one in real if one.status is not None and one.status < 300}
    rows = [
        row
        for row in evidence.tables.get("deliveries", ())
        if row["state"] == "delivered" and row["position"] is not None and row["url"].endswith(SIGNALS)
    ]
    return claim(
        13,
        DELIVERED,
        len(rows),
        [f"{row['webhook_id']} is delivered, and did not arrive" for row in rows if row["webhook_id"] not in taken],
    )
