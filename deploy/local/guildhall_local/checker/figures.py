"""The figures: equal to the recount where they are exact, hidden where they are small and leave their scope."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from guildhall_local.checker import recount
from guildhall_local.checker.adversary import Below, Range, Sum, exactly, learnt, published
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found, unequal
from guildhall_local.checker.recount import ALL, ELSEWHERE, ITSELF, MEASURES
from guildhall_local.checker.reports import Report

OWN = "national.midlands"
"""The network of the regional lead."""
MEMBERS_COUNTED = "guildhall.analytics.members-counted.v1"

Figure = int | None


def _members_equal(case: Case) -> Finding:
    counts, compared, differences = recount.members(case, case.plan.day), 0, []
    for path, report in case.evidence.reports.national.members.items():
        differences += _inexact(report, f"members of {path}")
        for name, figure in _members(case, report).items():
            compared += 1
            differences += unequal(f"members of {name}", expected=counts[name], actual=figure)
    return found(f"{compared} figures, {counts['national']} members in all", differences)


def _coverage_equals(case: Case) -> Finding:
    rows = case.evidence.reports.coverage["rows"]
    differences = []
    for row in rows:
        expected = recount.coverage(case, date.fromisoformat(row["day"]))
        actual = row["trusts"], row["trusts_with_members"]
        differences += unequal(f"trusts, and those with members, on {row['day']}", expected=expected, actual=actual)
    last = rows[-1]
    return found(
        f"{len(rows)} days; by now {last['trusts_with_members']} of {last['trusts']} trusts have a member", differences
    )


def _funnels_equal(case: Case) -> Finding:
    said, differences = [], []
    for label, report in case.evidence.reports.national.funnels.items():
        differences += _inexact(report, f"the funnel of the {label}")
        counts = _with_total(recount.funnel(case, label))
        for (part, measure), figure in _funnel(case, report).items():
            expected = counts.get(part, {}).get(measure, 0)
            differences += unequal(f"{label}, {part}, {measure}", expected=expected, actual=figure)
        said.append(f"{label} " + " > ".join(str(counts[ALL][measure]) for measure in MEASURES))
    return found(", ".join(said), differences)


def _suppressed(case: Case) -> Finding:
    """What the regional lead sees of others: 0 as 0, 1 to 7 not at all, 8 and over to the nearest 5."""
    looked, hidden, differences = 0, 0, []
    for what, figure, count, is_total in _given_to_the_region(case):
        looked += 1
        hidden += figure is None
        if figure != recount.rounded(count) and not (is_total and figure is None):
            differences.append(f"{what}: {figure} is shown of {count}")
    if not hidden:
        differences.append("nothing was suppressed, although there were small figures to hide")
    if case.evidence.reports.member != 403:
        differences.append(f"a member without a grant was answered {case.evidence.reports.member}")
    return found(f"{looked} figures of others, {hidden} of them suppressed", differences)


def _given_to_the_region(case: Case) -> Iterator[tuple[str, Figure, int, bool]]:
    """What, the figure, the count that it stands for, and whether it is a total of others."""
    counts = recount.members(case, case.plan.day)
    for path, report in case.evidence.reports.regional.members.items():
        if path != OWN:
            for name, figure in _members(case, report).items():
                yield f"members of {name}", figure, counts[name], name.count(".") < 2 and not name.endswith(ITSELF)
    for label, report in case.evidence.reports.regional.funnels.items():
        funnel = _with_total(recount.funnel(case, label))
        for (part, measure), figure in _funnel(case, report, exact=False).items():
            yield f"{label}, {part}, {measure}", figure, funnel.get(part, {}).get(measure, 0), part == ALL


def _no_subtraction(case: Case) -> Finding:
    """The regional lead knows the own region exactly and all that was published; the partner all that it received."""
    counts = recount.members(case, case.plan.day)
    readers = {
        "the Midlands' lead": (_known_to_the_region(case, counts), _of(OWN, counts)),
        "the partner body": (_known_to_the_partner(case), set[str]()),
    }
    differences, narrow = [], 0
    for reader, (known, own) in readers.items():
        narrow += len(known)
        sums = _sums_of_members(counts)
        differences += [f"to {reader}, members: {words}" for words in learnt(known, sums, counts, own=own)]
    for label in case.plan.gatherings:
        differences += _learnt_of_funnel(case, label)
    return found(f"{narrow} figures of members and {len(case.plan.gatherings)} funnels put together", differences)


def _known_to_the_region(case: Case, counts: Mapping[str, int]) -> dict[str, Range]:
    known: dict[str, Range] = {}
    for path, report in case.evidence.reports.regional.members.items():
        if path == OWN:
            continue
        for name, figure in _members(case, report).items():
            low, high = published(figure, is_total=_is_total(name, counts))
            before = known.get(name, (low, high))
            known[name] = max(low, before[0]), min(high, before[1])
    return known | {name: exactly(counts[name]) for name in _of(OWN, counts)}


def _known_to_the_partner(case: Case) -> dict[str, Range]:
    return {
        item["network"]: published(item["data"]["members"], is_total=item["network"].count(".") < 2)
        for item in case.evidence.feed.items
        if item["type"] == MEMBERS_COUNTED
    }


def _of(path: str, counts: Mapping[str, int]) -> set[str]:
    """The network's names and those of all below it."""
    return {name for name in counts if name.removesuffix(ITSELF) == path or name.startswith(f"{path}.")}


def _is_total(name: str, counts: Mapping[str, int]) -> bool:
    return any(other.startswith(f"{name}.") for other in counts)


def _sums_of_members(counts: Mapping[str, int]) -> list[Sum]:
    """Everybody of a network belongs to one of those next below, or to itself."""
    parts: dict[str, list[str]] = {}
    for name in counts:
        path = name.removesuffix(ITSELF)
        if _is_total(path, counts):
            parts.setdefault(path, [path + ITSELF])
        above, _, label = path.rpartition(".")
        if label and above and not name.endswith(ITSELF):
            parts.setdefault(above, [above + ITSELF]).append(name)
    return [Sum(whole, below) for whole, below in parts.items()]


def _learnt_of_funnel(case: Case, label: str) -> list[str]:
    """As if the regional lead had counted the own people at the event by hand."""
    report = case.evidence.reports.regional.funnels[label]
    funnel = _with_total(recount.funnel(case, label))
    parts = {part for part, _ in _funnel(case, report)}
    counts = {
        f"{part}, {measure}": funnel.get(part, {}).get(measure, 0) for part in {*parts, *funnel} for measure in MEASURES
    }
    own = {name for name in counts if name.startswith(OWN)} | _totals_of_own(counts)
    known = {
        f"{part}, {measure}": published(figure, is_total=part == ALL)
        for (part, measure), figure in _funnel(case, report).items()
    } | {name: exactly(counts[name]) for name in own}
    others = sorted({*parts, *funnel} - {ALL})
    relations = [Sum(f"{ALL}, {measure}", [f"{part}, {measure}" for part in others]) for measure in MEASURES]
    below = [
        Below(f"{part}, {less}", f"{part}, registered") for part in (*others, ALL) for less in ("waited", "attended")
    ]
    return [
        f"to the Midlands' lead, {label}: {words}" for words in learnt(known, [*relations, *below], counts, own=own)
    ]


def _totals_of_own(counts: Mapping[str, int]) -> set[str]:
    """Totals in which nobody is counted but one's own people: they say of others that there are none."""
    return {
        f"{ALL}, {measure}"
        for measure in MEASURES
        if not any(
            count
            for name, count in counts.items()
            if name.endswith(f", {measure}") and not name.startswith((OWN, f"{ALL},"))
        )
    }


def _inexact(report: Report, what: str) -> list[str]:
    return [] if report["exact"] else [f"{what} are not exact to whom they should be"]


def _members(case: Case, report: Report) -> dict[str, Figure]:
    """By path; those who belong to the network itself by its path and ` itself`."""
    rows = [*report["rows"], report["total"]]
    return {case.told.paths[row["network"]["id"]] + (ITSELF if row["directly"] else ""): row["members"] for row in rows}


def _funnel(case: Case, report: Report, *, exact: bool | None = None) -> dict[tuple[str, str], Figure]:
    """By part and measure; exact: only rows that are exact, or only those that are not."""
    rows: list[Mapping[str, Any]] = [*report["rows"], *([report["total"]] if report["total"] else [])]
    names = {ELSEWHERE: ELSEWHERE, ALL: ALL}
    return {
        (names.get(row["part"]) or case.told.paths[row["network"]["id"]], measure): row[measure]
        for row in rows
        for measure in MEASURES
        if exact is None or row["exact"] is exact
    }


def _with_total(parts: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    total = {measure: sum(part.get(measure, 0) for part in parts.values()) for measure in MEASURES}
    return {**parts, ALL: total}


CHECKS = [
    Check("members of each network equal the recount", _members_equal),
    Check("trusts with members equal the recount, month by month", _coverage_equals),
    Check("each event's funnel equals the recount, by network", _funnels_equal),
    Check("small figures of others are suppressed, large ones rounded", _suppressed),
    Check("no small figure can be had by subtraction", _no_subtraction),
]
