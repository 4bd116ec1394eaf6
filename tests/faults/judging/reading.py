"""Promise 16: who reads by cursor, or follows a stream, finds each thing once, at its place, whatever was cut."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from judging.claims import Claim, claim
from judging.evidence import Evidence
from workload.history import Line

STREAM, LIVE, WALKED = (
    "a partner's stream is read without gap or repeat",
    "a live stream has no gap",
    "a list has no gap",
)
POSITIONS = "a stream's positions have no gap"


def judge(evidence: Evidence) -> list[Claim]:
    return [_positions(evidence), _stream(evidence), _live(evidence), _walked(evidence)]


def _positions(evidence: Evidence) -> Claim:
    by_agreement: dict[str, list[int]] = defaultdict(list)
    for row in evidence.tables.get("stream", ()):
        by_agreement[row["agreement_id"]].append(row["position"])
    differences = [
        f"the stream of {one} goes from {before} to {after}"
        for one, positions in by_agreement.items()
        for before, after in zip([0, *sorted(positions)], sorted(positions), strict=False)
        if after != before + 1
    ]
    return claim(16, POSITIONS, sum(map(len, by_agreement.values())), differences)


def _runs(lines: Sequence[Line], deed: str) -> Iterator[tuple[str, str, list[Line]]]:
    """Of each follower what they saw between two beginnings: whoever begins anew begins at another place."""
    open_: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.deed != deed:
            continue
        if line.answer == "begins":
            if (line.who, line.about) in open_:
                yield line.who, line.about, open_[line.who, line.about]
            open_[line.who, line.about] = []
        else:
            open_.setdefault((line.who, line.about), []).append(line)
    for (who, about), seen in open_.items():
        yield who, about, seen


def _stream(evidence: Evidence) -> Claim:
    """From the first item on, each page goes on where the one before ended, with what the table holds there."""
    stored = {(row["agreement_id"], row["position"]): row["signal_id"] for row in evidence.tables.get("stream", ())}
    compared, differences = 0, []
    for _who, agreement, lines in _runs(evidence.history.seen, "followed-stream"):
        last = 0
        for position, id_ in (item for line in lines for item in line.answer):
            compared += 1
            if position != last + 1:
                differences.append(f"{position} of {agreement} was read after {last}")
            if stored.get((agreement, position)) != id_:
                differences.append(f"{id_} was read at {position}, where {stored.get((agreement, position))} stands")
            last = position
    return claim(16, STREAM, compared, differences)


def _live(evidence: Evidence) -> Claim:
    """Positions in somebody's list of one cell: one more each time, and each is there."""
    stored = {
        (row["person_id"], row["cell"], row["position"])
        for row in evidence.tables.get("ledger", ())
        if row["position"] is not None
    }
    compared, differences = 0, []
    for who, cell, lines in _runs(evidence.history.seen, "followed-live"):
        last: int | None = None
        for position in (line.answer for line in lines):
            compared += 1
            if last is not None and position != last + 1:
                differences.append(f"{who} saw {position} after {last} in {cell}")
            if (who, cell, position) not in stored:
                differences.append(f"{who} saw {position} in {cell}, where nothing stands")
            last = position
    return claim(16, LIVE, compared, differences)


def _walked(evidence: Evidence) -> Claim:
    """A walk back from the newest: down to the first, each one once, though more was added in front meanwhile."""
    stored = {row["id"]: row["position"] for row in evidence.tables.get("ledger", ()) if row["position"] is not None}
    compared, differences = 0, []
    for line in evidence.history.seen:
        if line.deed != "walked-own-list":
            continue
        positions = [stored.get(id_) for id_ in line.answer]
        compared += len(positions)
        if positions != list(range(len(positions), 0, -1)):
            differences.append(f"{line.who} walked {positions} in {line.about}")
    return claim(16, WALKED, compared, differences)
