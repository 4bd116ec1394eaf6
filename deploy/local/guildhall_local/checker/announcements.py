"""What leads say reaches everybody who is meant, once, however often it is paused; one click ends the mails of it."""

from collections import Counter

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found, unequal
from guildhall_local.checker.tellings import ANNOUNCEMENT, meant_by
from guildhall_local.story.plan import TO_EVERYBODY, TO_THE_MIDLANDS

CHANGED = "notifications.preference-changed"
UNSUBSCRIBABLE = {"event-announced", "event-reminder", ANNOUNCEMENT}
"""What nobody asked for by what they did: its mails can be ended."""


def _progress(case: Case) -> Finding:
    """The job's own figures: still while it was paused, and in the end as many as there are."""
    differences, said = [], []
    for label in case.plan.words:
        views = [wish.answer for wish in case.told.done("follow-announcement", label)]
        wanted, told = len(meant_by(case, label)), views[-1]["told"]
        differences += unequal(f"{label}: people who are meant", expected=wanted, actual=views[-1]["total"])
        differences += unequal(f"{label}: people who were told", expected=wanted, actual=told)
        paused = {(w.answer["state"], w.answer["told"]) for w in case.told.done("read-paused-announcement", label)}
        if len(paused) > 1 or any(state != "paused" for state, _ in paused):
            differences.append(f"{label}: it went on while it was paused: {sorted(paused)}")
        said.append(f"{label} {told} of {views[-1]['total']}")
    if not case.told.done("read-paused-announcement", TO_EVERYBODY):
        differences.append("no announcement was paused")
    return found(", ".join(said), differences)


def _in_the_ledger(case: Case) -> Finding:
    """One row for each person and channel, though it was paused, and gone through twice."""
    rows = Counter(
        (case.about(row["kind"], row["event_id"], row["cause"]), row["channel"], row["person_id"])
        for row in case.evidence.ledger
        if row["kind"] == ANNOUNCEMENT
    )
    differences = [
        f"{label}: {count} rows of {case.person_named(person)} by {channel}"
        for (label, channel, person), count in rows.items()
        if count > 1
    ]
    for label in case.plan.words:
        wanted = len(meant_by(case, label))
        for channel in ("in-app", "email"):
            count = sum(1 for one in rows if one[:2] == (label, channel))
            differences += unequal(f"{label}: people in the ledger by {channel}", expected=wanted, actual=count)
    return found(f"{rows.total()} rows", differences)


def _one_click(case: Case) -> Finding:
    """Fetching the link changes nothing, posting to it does, and then no more mails come, to this person alone."""
    told, differences = case.told, []
    [clicked] = told.done("unsubscribe")
    who = clicked.last.about
    looked = {wish.last.about for wish in told.done("look-at-unsubscribe")}
    for wish in told.done("read-preferences", "after a look"):
        differences += [f"{wish.who} prefers {entry} after a look" for entry in wish.answer["entries"]]
    [after] = told.done("read-preferences", "after a click")
    entries = [(entry["kind"], entry["channel"], entry["wanted"]) for entry in after.answer["entries"]]
    differences += unequal(f"what {who} prefers", expected=[(ANNOUNCEMENT, "email", False)], actual=entries)
    said = [case.person_named(record.data["person_id"]) for record in case.facts if record.type == CHANGED]
    differences += unequal("whose preferences changed, on the topic", expected=[who], actual=said)
    mailed = {
        somebody.sub
        for mail in case.evidence.mails
        if case.about(mail.kind, mail.event_id, mail.cause) == TO_THE_MIDLANDS
        and (somebody := case.by_email.get(mail.to))
    }
    if who in mailed:
        differences.append(f"{who} unsubscribed, and was mailed the {TO_THE_MIDLANDS}")
    differences += [f"{sub} only looked, and got no mail" for sub in sorted(looked - {who} - mailed)]
    return found(f"{who} clicked, {len(looked) - 1} only looked, {len(mailed)} were mailed afterwards", differences)


def _every_mail_offers_it(case: Case) -> Finding:
    """Each of these mails has a link of its own that one click follows (RFC 8058); service messages have none."""
    links: Counter[str] = Counter()
    differences = []
    for mail in case.evidence.mails:
        link, post = (mail.headers.get(name, "") for name in ("list-unsubscribe", "list-unsubscribe-post"))
        if mail.kind in UNSUBSCRIBABLE:
            links[link] += 1
            if not (link.startswith("<http") and post == "List-Unsubscribe=One-Click"):
                differences.append(f"mail {mail.id} ({mail.kind}) cannot be unsubscribed from")
        elif link or post:
            differences.append(f"mail {mail.id} ({mail.kind}) is a service message and offers to end them")
    return found(f"{links.total()} mails, {len(links)} different links", differences)


CHECKS = [
    Check("an announcement that was paused goes on, and reaches everybody who is meant", _progress),
    Check("the ledger has each person once for each announcement and channel", _in_the_ledger),
    Check("one click unsubscribes, a look does not, and then no more mails come", _one_click),
    Check("every mail that nobody asked for can be unsubscribed from", _every_mail_offers_it),
]
