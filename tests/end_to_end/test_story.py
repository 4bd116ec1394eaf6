"""The story, small, on a whole stack: its checker agrees, and differs as soon as anything is tampered with."""

import io
import time
from collections.abc import Collection

from rich.console import Console

from guildhall_local.checker.judging import Verdict
from guildhall_local.cli import Break
from guildhall_local.instance import Instance
from guildhall_local.story.show import check
from guildhall_local.story.tamper import TAMPERINGS

MAILS = "each person got the mails that the story implies, none twice"
WORDS = "every mail says what it is about, in both its forms"
CLICK = "one click unsubscribes, a look does not, and then no more mails come"
PUSHED = "what was pushed to the partner body is its stream, each signal once"
FUNNEL = "each event's funnel equals the recount, by network"
READERS = "every reader applied every signal once"
STREAM = "the partner body received exactly what its agreement allows"
CURSOR = "the partner body's cursor skipped and repeated nothing"
NOBODY = "nobody is named in the partner body's stream"
TOLD = "each registration is as its owner was told"
PLACES = "there was never one confirmed too many"
TAKEN = "after the cancellations every place is taken again"
PUBLISHED = "everything published is on its topic, and nothing else is"

NOTICED_BY: dict[str, Collection[str]] = {
    "double-mail": {MAILS},
    "drop-signal": {FUNNEL, READERS},
    "double-webhook": {PUSHED},
    "leak-field": {STREAM, CURSOR, NOBODY, PUSHED},
    "lost-promotion": {TAKEN, TOLD},
    "unsubscribed-mailed": {MAILS, WORDS, CLICK},
}
"""By these and by no other: each tampering is undone before the next."""
OVERSELL_NOTICED_BY = {PLACES, TAKEN, TOLD, PUBLISHED}
"""At least: whoever reads the topic acts on the confirmation that nobody gave."""


async def test_the_checker_agrees_with_the_story_and_with_none_of_the_tamperings(story: Instance) -> None:
    """One run of the checker on the story as it was, then one after each tampering, on one stack."""
    begun = time.monotonic()
    untouched = await check(story, Console(file=io.StringIO()), break_=None)
    assert untouched.red == [], _words(untouched)

    for name in TAMPERINGS:  # oversell is the last: what is on a topic stays there
        screen = io.StringIO()
        verdict = await check(story, Console(file=screen, width=160), break_=name)
        print(screen.getvalue())
        assert verdict.status == 1, name
        if name in NOTICED_BY:
            assert set(verdict.red) == set(NOTICED_BY[name]), _words(verdict)
        else:
            assert set(verdict.red) >= OVERSELL_NOTICED_BY, _words(verdict)

    assert set(TAMPERINGS) == {one.value for one in Break} == {*NOTICED_BY, "oversell"}
    print(f"{1 + len(TAMPERINGS)} runs of the checker: {time.monotonic() - begun:.0f} s")


def _words(verdict: Verdict) -> str:
    return "\n".join(f"{name}: {verdict.finding(name).words}" for name in verdict.red)
