"""Each person is told exactly what the story implies, by each channel once: the ledger, the signals and the mails."""

from collections import Counter
from collections.abc import Iterable

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found
from guildhall_local.story.plan import SUMMIT

TOLD = "notifications.notification-told"
CHANNELS = ("in-app", "email")

Telling = tuple[str, str, str]
"""Who (`sub`), what kind, and of which event (the story's label)."""


def expected(case: Case) -> Counter[Telling]:
    """What the story implies, from inputs and answers alone."""
    tellings: Counter[Telling] = Counter(_announcements(case))
    for label in case.plan.gatherings:
        for booking in case.told.bookings(label):
            kind = {"confirmed": "registration-confirmed", "waiting": "registration-waitlisted"}[booking.status]
            tellings[booking.sub, kind, label] += 1
        owners = {booking.registration_id: booking.sub for booking in case.told.bookings(label)}
        for cancelled in case.told.cancelled(label):
            tellings[owners[cancelled], "registration-cancelled", label] += 1
        for booking in case.told.promoted(label):
            tellings[booking.sub, "registration-promoted", label] += 1
    tellings.update(_changes(case))
    return tellings


def _announcements(case: Case) -> Iterable[Telling]:
    """All who may come on the day of the publication, where they belonged then."""
    for label, gathering in case.plan.gatherings.items():
        for somebody in case.people.values():
            stay = somebody.stays[0] if somebody.stays else None
            if stay and gathering.admits(network=stay.network, sector=stay.sector, job_role=stay.job_role):
                yield somebody.sub, "event-announced", label


def _changes(case: Case) -> Iterable[Telling]:
    """The summit's room changes after the cancellations: whoever has a place or waits for one is told."""
    there = case.told.finally_confirmed(SUMMIT) | case.told.finally_waiting(SUMMIT)
    for booking in case.told.bookings(SUMMIT):
        if booking.registration_id in there:
            yield booking.sub, "event-changed", SUMMIT


def compare(wanted: Counter[Telling], got: Counter[Telling]) -> list[str]:
    """What is missing, and what there is too much of."""
    missing, surplus = wanted - got, got - wanted
    return [
        *(f"{sub} was not told {kind} of the {label}" for sub, kind, label in sorted(missing)),
        *(
            f"{sub} was told {kind} of the {label} {got[sub, kind, label]} times instead of {wanted[sub, kind, label]}"
            for sub, kind, label in sorted(surplus)
        ),
    ]


def _in_app(case: Case) -> Finding:
    shown = [row for row in case.evidence.ledger if row["channel"] == "in-app" and row["state"] == "shown"]
    got = Counter(_telling(case, row) for row in shown)
    return found(f"{len(shown)} items, {len(got)} different", compare(expected(case), got))


def _by_mail(case: Case) -> Finding:
    """Counted at the mail catcher: by the address that it was delivered to, and by the mail's own headers."""
    got = Counter(
        (_sub_at(case, mail.to), mail.kind, case.label_of.get(mail.event_id, mail.event_id))
        for mail in case.evidence.mails
    )
    return found(f"{len(case.evidence.mails)} mails", compare(expected(case), got))


def _signals(case: Case) -> Finding:
    """That somebody was told is itself told, once by each channel."""
    told = [record for record in case.facts if record.type == TOLD]
    differences = []
    for channel in CHANNELS:
        got = Counter(_telling(case, r.data) for r in told if r.data["channel"] == channel)
        differences += [f"{channel}: {words}" for words in compare(expected(case), got)]
    return found(f"{len(told)} signals", differences)


def _mails_say_it(case: Case) -> Finding:
    """Each mail is about the event in words, in both forms, and belongs to one row of the ledger."""
    rows = {str(row["id"]): row for row in case.evidence.ledger if row["channel"] == "email"}
    differences = []
    for mail in case.evidence.mails:
        label = case.label_of.get(mail.event_id, "")
        title = case.plan.gatherings[label].title if label else ""
        row = rows.get(mail.message_id.strip("<>").partition("@")[0])
        if row is None or case.person_named(row["person_id"]) != _sub_at(case, mail.to):
            differences.append(f"mail {mail.id} to {_sub_at(case, mail.to)} belongs to nothing in the ledger")
        elif row["state"] != "sent":
            differences.append(f"mail {mail.id} went out and the ledger says {row['state']}")
        elif not title or title not in mail.subject or title not in mail.text or title not in mail.html:
            differences.append(f"mail {mail.id} to {_sub_at(case, mail.to)} does not say which event it is about")
    return found(f"{len(case.evidence.mails)} mails read", differences)


def _one_person_s_list(case: Case) -> Finding:
    """What a member saw of their own list through the gateway is what the story implies for them."""
    differences, counted = [], 0
    for wish in case.told.done("read-notifications"):
        wanted = Counter((kind, label) for sub, kind, label in expected(case).elements() if sub == wish.who)
        got = Counter(
            (item["kind"], case.label_of.get(item["event_id"], item["event_id"])) for item in wish.answer["items"]
        )
        cell = wish.last.about
        wanted = Counter(
            {(kind, label): n for (kind, label), n in wanted.items() if case.plan.gatherings[label].cell == cell}
        )
        counted += got.total()
        if wanted != got:
            differences.append(f"{wish.who} saw {dict(got)} in {cell} instead of {dict(wanted)}")
    return found(f"{counted} items seen by {len(case.told.done('read-notifications'))} readers", differences)


def _telling(case: Case, row: dict[str, object]) -> Telling:
    event = str(row["event_id"])
    return case.person_named(row["person_id"]), str(row["kind"]), case.label_of.get(event, event)


def _sub_at(case: Case, address: str) -> str:
    somebody = case.by_email.get(address)
    return somebody.sub if somebody else "a stranger"


CHECKS = [
    Check("each person's list in the application holds what happened to them, once", _in_app),
    Check("each person got the mails that the story implies, none twice", _by_mail),
    Check("every mail says which event it is about, in both its forms", _mails_say_it),
    Check("that people were told is on the topics, once for each channel", _signals),
    Check("members see their own list and nothing else", _one_person_s_list),
]
