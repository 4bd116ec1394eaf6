"""The rule for one figure, as NHS hospital statistics have it. Pure."""

SMALLEST = 8
"""The smallest count of people that may be shown, 0 apart."""
STEP = 5

SLACK = STEP // 2
"""How far a shown figure may lie from the count."""


def is_small(count: int) -> bool:
    """Whether the count stands for so few people that it must not be known."""
    return 0 < count < SMALLEST


def shown(count: int) -> int | None:
    """The count as it may be shown: 0 as 0, 1 to 7 not at all, 8 and over to the nearest 5."""
    return None if is_small(count) else (count + SLACK) // STEP * STEP


def percentage(part: int | None, whole: int | None) -> float | None:
    """A share of two figures as they are shown, to one decimal; None where one is not shown, or there is no whole."""
    return None if part is None or not whole else round(100 * part / whole, 1)


def mean(total: float, people: int) -> float | None:
    """An average over people; None where there are fewer than 8 of them."""
    return None if people < SMALLEST else total / people
