"""Each person is told exactly what the story implies, by each channel once: the ledger, the signals and the mails."""

from collections import Counter
from collections.abc import Iterable

from guildhall_local.checker.case import JOINING, Case
from guildhall_local.checker.finding import Check, Finding, found
from guildhall_local.checker.reports import cell_of
from guildhall_local.story import cast
from guildhall_local.story.organisations import open_trusts
from guildhall_local.story.plan import HUDDLE, SUMMIT

TOLD, MANY_TOLD = "notifications.notification-told", "notifications.people-told"
IN_APP, EMAIL = "in-app", "email"
ANNOUNCEMENT = "announcement"

Telling = tuple[str, str, str]
"""Who (`sub`), what kind, and of what: an event or an announcement (the story's label), or joining."""


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
    tellings.update(_of_the_huddle(case))
    tellings.update(_of_joining(case))
    tellings.update((sub, ANNOUNCEMENT, label) for label in _said(case) for sub in meant_by(case, label))
    return tellings


def mailed(case: Case) -> Counter[Telling]:
    """The same by mail: whoever has unsubscribed gets none of what was announced after it."""
    ended = {(sub, ANNOUNCEMENT, label) for label in _said(case) for sub in case.told.unsubscribed(label)}
    return Counter({telling: count for telling, count in expected(case).items() if telling not in ended})


def _said(case: Case) -> Iterable[str]:
    return case.told.announcements.values()


def meant_by(case: Case, label: str) -> set[str]:
    """The members, on that day, of the network that an announcement is made to, and of those below it."""
    network = case.plan.words[label].network
    return {
        somebody.sub
        for somebody in case.people.values()
        if (stay := somebody.stay_on(case.plan.day)) and f"{stay.network}.".startswith(f"{network}.")
    }


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


def _of_the_huddle(case: Case) -> Iterable[Telling]:
    """It moves, its reminder comes, and it is cancelled: those with a place are told of each."""
    steps = {"move-event": ("event-changed", "event-reminder"), "cancel-event": ("event-cancelled",)}
    for booking in case.told.bookings(HUDDLE):
        for deed, kinds in steps.items():
            for kind in kinds if case.told.done(deed, HUDDLE) else ():
                yield booking.sub, kind, HUDDLE


def _of_joining(case: Case) -> Iterable[Telling]:
    """The leads of the network are told that somebody asks, and whoever asked that she is let in."""
    for asked in case.told.done("ask-to-join"):
        for lead in case.told.leads(asked.last.about):
            yield lead, "join-requested", JOINING
    for decided in case.told.done("approve-joining"):
        yield decided.last.about, "join-approved", JOINING


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
        (_sub_at(case, mail.to), mail.kind, case.about(mail.kind, mail.event_id, mail.cause))
        for mail in case.evidence.mails
    )
    return found(f"{len(case.evidence.mails)} mails", compare(mailed(case), got))


def _signals(case: Case) -> Finding:
    """That somebody was told is itself told, once by each channel."""
    told = [record.data for record in case.facts if record.type in {TOLD, MANY_TOLD}]
    differences = []
    for channel, wanted in ((IN_APP, expected(case)), (EMAIL, mailed(case))):
        got = Counter(
            _telling(case, data | {"person_id": person})
            for data in told
            for person in data.get("people", [data.get("person_id")])
            if data["channel"] == channel
        )
        differences += [f"{channel}: {words}" for words in compare(wanted, got)]
    return found(f"{len(told)} signals", differences)


def _mails_say_it(case: Case) -> Finding:
    """Each mail says in words what it is about, in both forms, and belongs to one row of the ledger."""
    rows = {str(row["id"]): row for row in case.evidence.ledger if row["channel"] == EMAIL}
    titles, differences = _titles(case), []
    for mail in case.evidence.mails:
        subject, body = titles.get(case.about(mail.kind, mail.event_id, mail.cause), ("", ""))
        row = rows.get(mail.ledger_id)
        if row is None or case.person_named(row["person_id"]) != _sub_at(case, mail.to):
            differences.append(f"mail {mail.id} to {_sub_at(case, mail.to)} belongs to nothing in the ledger")
        elif row["state"] != "sent":
            differences.append(f"mail {mail.id} went out and the ledger says {row['state']}")
        elif not body or subject not in mail.subject or body not in mail.text or body not in mail.html:
            differences.append(f"mail {mail.id} to {_sub_at(case, mail.to)} does not say what it is about")
    return found(f"{len(case.evidence.mails)} mails read", differences)


def _titles(case: Case) -> dict[str, tuple[str, str]]:
    """What stands in the subject of every mail and in its body, by what it is about."""
    trust = next(trust.name for trust in open_trusts() if trust.network == cast.NEWCOMER_JOINS)
    return (
        {label: (gathering.title, gathering.title) for label, gathering in case.plan.gatherings.items()}
        | {label: (word.title, word.text.partition("\n")[0]) for label, word in case.plan.words.items()}
        | {JOINING: (trust, trust)}
    )


def _one_person_s_list(case: Case) -> Finding:
    """What a member saw of their own list through the gateway is what the story implies for them."""
    differences, counted = [], 0
    for wish in case.told.done("read-notifications"):
        wanted = Counter((kind, label) for sub, kind, label in expected(case).elements() if sub == wish.who)
        words = {word.title: label for label, word in case.plan.words.items()}
        got = Counter(
            (item["kind"], words.get(item.get("title")) or case.about(item["kind"], item["event_id"], ""))
            for item in wish.answer["items"]
        )
        cell = wish.last.about
        wanted = Counter({(kind, label): n for (kind, label), n in wanted.items() if _cell(case, label) == cell})
        counted += got.total()
        if wanted != got:
            differences.append(f"{wish.who} saw {dict(got)} in {cell} instead of {dict(wanted)}")
    return found(f"{counted} items seen by {len(case.told.done('read-notifications'))} readers", differences)


def _cell(case: Case, label: str) -> str:
    plan = case.plan
    told_in = {one.label: one.cell for one in plan.gatherings.values()} | {
        one.label: one.cell for one in plan.words.values()
    }
    return told_in.get(label) or cell_of(cast.NEWCOMER_JOINS)


def _telling(case: Case, row: dict[str, object]) -> Telling:
    kind, cause = str(row["kind"]), str(row["cause"])
    return case.person_named(row["person_id"]), kind, case.about(kind, row["event_id"], cause)


def _sub_at(case: Case, address: str) -> str:
    somebody = case.by_email.get(address)
    return somebody.sub if somebody else "a stranger"


CHECKS = [
    Check("each person's list in the application holds what happened to them, once", _in_app),
    Check("each person got the mails that the story implies, none twice", _by_mail),
    Check("every mail says what it is about, in both its forms", _mails_say_it),
    Check("that people were told is on the topics, once for each channel", _signals),
    Check("members see their own list and nothing else", _one_person_s_list),
]
