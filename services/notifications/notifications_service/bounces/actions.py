"""Believe what came back as far as it proves itself: only whoever had the mail in hand can name it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from notifications_service.addresses import actions as addresses
from notifications_service.addresses.model import SOFT_DAYS, Hashes, Reason
from notifications_service.bounces import store
from notifications_service.bounces.model import Matched, Refusal, Report, Returned, Verdict, suppressed_for
from notifications_service.bounces.store import Noted, Sent
from servicekit.database import Conn

Judge = Callable[[int, Returned, Sequence[Sent], Mapping[str, Sent], Hashes], Noted]


async def take(
    conn: Conn, digest: str, report: Report, *, hashes: Hashes, now: datetime, judge: Judge | None = None
) -> int:
    """Write down what a file says and act on it, once; returns how many addresses are suppressed by it.

    judge: a seam for the test that believes without proof.
    """
    if not await store.first_time(conn, digest):
        return 0
    mails = await store.mails(conn, report.mails) if report.mails else []
    named = [name for one in report.returned for address in one.addresses for name in hashes.every(address)]
    rumours = {sent.address: sent for sent in await store.to_addresses(conn, named)} if named else {}
    noted = [(judge or judged)(place, one, mails, rumours, hashes) for place, one in enumerate(report.returned)] or [
        Noted(place=0, verdict=report.verdict, reason="", code="", matched=Matched.NOTHING, sent=None)
    ]
    await store.note(conn, digest, noted, now=now)
    suppressed = 0
    for returned, note in zip(report.returned, noted, strict=False):
        if note.matched == Matched.MAIL and note.sent is not None:
            suppressed += await _act(conn, returned, note.sent, now=now)
    return suppressed


def judged(place: int, returned: Returned, mails: Sequence[Sent], rumours: Mapping[str, Sent], hashes: Hashes) -> Noted:
    """A mail of ours, to one of the addresses named: a proof. One of our addresses without a mail: a rumour."""
    names = {name for address in returned.addresses for name in hashes.every(address)}
    proof = next((sent for sent in mails if sent.address in names), None)
    rumour = next((rumours[name] for name in sorted(names) if name in rumours), None)
    return Noted(
        place=place,
        verdict=returned.verdict,
        reason=returned.reason,
        code=returned.code,
        matched=Matched.MAIL if proof else Matched.ADDRESS if rumour else Matched.NOTHING,
        sent=proof or rumour,
    )


async def take_refusals(conn: Conn, refusals: Sequence[Refusal], *, now: datetime) -> int:
    """What a server said of an address while it was given the mail is proven by that; returns how many addresses are
    suppressed by it. In the order of their people, so that no two senders wait for each other."""
    suppressed = 0
    for refusal in sorted(refusals, key=lambda one: one.person_id):
        sent = Sent(refusal.notification_id, refusal.person_id, refusal.addresses[0])
        note = Noted(
            place=0, verdict=Verdict.HARD, reason=refusal.reason, code=refusal.code, matched=Matched.MAIL, sent=sent
        )
        if await store.first_time(conn, refusal.digest):
            await store.note(conn, refusal.digest, [note], now=now)
        suppressed += await addresses.suppress(
            conn,
            refusal.person_id,
            refusal.addresses,
            reason=Reason.HARD_BOUNCE,
            mail=refusal.notification_id,
            now=now,
        )
    return suppressed


async def _act(conn: Conn, returned: Returned, sent: Sent, *, now: datetime) -> bool:
    count = await store.soft_bounces(conn, sent.person_id, sent.address, since=now - SOFT_DAYS)
    reason = suppressed_for(returned.verdict, soft_bounces=count)
    if reason is None:
        return False
    return await addresses.suppress(
        conn, sent.person_id, [sent.address], reason=reason, mail=sent.notification_id, now=now
    )
