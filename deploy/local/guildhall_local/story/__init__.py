"""The story that `guildhall demo` plays: what happens, who takes part, and what people are told."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guildhall_local.instance import Instance
    from guildhall_local.story.inputs import Scale


def run(instance: "Instance", *, break_: str | None = None, scale: "Scale | None" = None) -> int:
    """Play it on a fresh stack and check what came of it; the exit status is 1 where anything differs.

    break_: what to tamper with before the check, to see it turn red.
    """
    # Whoever only reads the story's inputs loads nothing of what plays it.
    from guildhall_local.story.inputs import FULL
    from guildhall_local.story.show import show

    return show(instance, break_=break_, scale=scale or FULL)
