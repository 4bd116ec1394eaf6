"""How the checker notices a figure that is wrong, one that should have been hidden, and one that is hidden in vain."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from story_builders import a_case, a_plan, booked, id_of, wish

from guildhall_local.checker import figures, recount
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.recount import ALL, ITSELF, MEASURES, rounded
from guildhall_local.checker.reports import Reports, Shown, cell_of
from guildhall_local.story.plan import MASTERCLASS

PLAN = a_plan()
TOLD = [booked("tess"), booked("priya", line=1), booked("tess", label=MASTERCLASS)]
COUNTS = recount.members(a_case(TOLD), PLAN.day)
PATHS = sorted({name.removesuffix(ITSELF) for name in COUNTS})
TOP = [path for path in PATHS if path.count(".") < 2]
KNOWN = wish("read-networks", "nadia", answer={"items": [{"path": path, "id": id_of(path)} for path in PATHS]})

Show = Callable[[int], int | None]


def row(path: str, members: int | None, *, directly: bool = False) -> dict[str, Any]:
    return {"network": {"id": id_of(path)}, "directly": directly, "members": members}


def members(path: str, *, show: Show) -> dict[str, Any]:
    """What analytics would show of a network and of those next below it."""
    below = [other for other in PATHS if other.rpartition(".")[0] == path]
    rows = [row(other, show(COUNTS[other])) for other in below]
    if rows:
        rows.append(row(path, show(COUNTS[path + ITSELF]), directly=True))
    return {"exact": show is exact, "rows": rows, "total": row(path, show(COUNTS[path]))}


def funnel(label: str, *, show: Show) -> dict[str, Any]:
    parts = recount.funnel(a_case(TOLD), label)
    total = {measure: sum(part[measure] for part in parts.values()) for measure in MEASURES}

    def shown(part: str, counts: Mapping[str, int]) -> dict[str, Any]:
        known = part if part in (ALL, recount.ELSEWHERE) else "network"
        figures_ = {measure: show(counts.get(measure, 0)) for measure in MEASURES}
        return {"part": known, "network": {"id": id_of(part)}, "exact": show is exact} | figures_

    return {
        "exact": show is exact,
        "rows": [shown(part, counts) for part, counts in parts.items()],
        "total": shown(ALL, total),
    }


def exact(count: int) -> int | None:
    return count


def shown(show: Show, *, of_others: Show) -> Shown:
    """of_others: how the figures of other regions than the Midlands are shown."""
    return Shown(
        members={path: members(path, show=show if path.startswith("national.midlands") else of_others) for path in TOP},
        funnels={label: funnel(label, show=of_others) for label in PLAN.gatherings},
    )


def case_of(*, national: Shown | None = None, regional: Shown | None = None, member: int = 403) -> Case:
    trusts, with_members = recount.coverage(a_case(TOLD), PLAN.day)
    today = {"day": PLAN.day.isoformat(), "trusts": trusts, "trusts_with_members": with_members}
    reports = Reports(
        national=national or shown(exact, of_others=exact),
        regional=regional or shown(exact, of_others=careful),
        coverage={"rows": [today]},
        member=member,
    )
    return a_case([*TOLD, KNOWN], reports=reports)


def careful(count: int) -> int | None:
    """Rounded, small ones hidden, and totals hidden as well."""
    return None if count > 20 else rounded(count)


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in figures.CHECKS if claim in check.name]
    return check.look(case)


@pytest.mark.parametrize("claim", ["members of each network", "trusts with members", "funnel equals"])
def test_exact_figures_that_are_right_differ_nowhere(claim: str) -> None:
    assert look(case_of(), claim).differences == []


def test_one_member_too_many_is_noticed() -> None:
    wrong = shown(exact, of_others=exact)
    dict(wrong.members)["national.london"]["total"]["members"] += 1

    assert look(case_of(national=wrong), "members of each network").words == (
        f"members of national.london: {COUNTS['national.london'] + 1} instead of {COUNTS['national.london']}"
    )


def test_a_step_of_a_funnel_that_was_missed_is_noticed() -> None:
    wrong = shown(exact, of_others=exact)
    wrong.funnels["summit"]["total"]["registered"] -= 1

    assert look(case_of(national=wrong), "funnel equals").words == "summit, all, registered: 1 instead of 2"


def test_figures_that_are_rounded_for_whom_they_should_be_exact_are_noticed() -> None:
    rough = shown(exact, of_others=rounded)

    assert "are not exact to whom they should be" in look(case_of(national=rough), "members of each network").words


def test_a_small_figure_that_is_shown_and_a_large_one_that_is_exact_are_noticed() -> None:
    open_ = shown(exact, of_others=exact)

    differences = look(case_of(regional=open_), "suppressed").differences

    small = next(path for path in TOP if 0 < COUNTS[path] < 8 and "midlands" not in path)
    assert f"members of {small}: {COUNTS[small]} is shown of {COUNTS[small]}" in differences
    assert "nothing was suppressed, although there were small figures to hide" in differences


def test_a_member_who_reads_reports_is_noticed() -> None:
    assert look(case_of(member=200), "suppressed").differences[-1] == "a member without a grant was answered 200"


def test_figures_that_cannot_all_be_true_are_noticed() -> None:
    """London's trusts are not rounded: they do not add up to what is said of London elsewhere."""
    vain = shown(exact, of_others=careful)
    london = members("national.london", show=exact)
    case = case_of(regional=Shown(members={**vain.members, "national.london": london}, funnels=vain.funnels))

    differences = look(case, "subtraction").differences

    assert look(case_of(), "subtraction").differences == []
    assert len(differences) == 1
    assert differences[0].startswith("to the Midlands' lead, members: no count of national.london")


def test_the_cell_of_a_network_follows_from_its_path() -> None:
    paths = ["national", "national.k0n6a", "national.midlands", "national.midlands.rwp"]

    assert [cell_of(path) for path in paths] == ["national", "national", "midlands", "midlands"]
