"""Read a mail that came in: a report by the book (RFC 3464, RFC 5965), or what servers write of their own."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from notifications_service.bounces.mime import Apart, header, taken_apart
from notifications_service.bounces.model import Report, Returned, Verdict
from notifications_service.bounces.reasons import HARD, OF_THE_MAIL, UNKNOWN, is_of_the_mail, reason_of
from notifications_service.bounces.signs import (
    ADDRESS,
    AWAY,
    BOUNCES,
    COPY,
    DAEMON,
    FIELD,
    OURS,
    REPLY,
    SERVERS_OWN,
    STATUS,
)

MOST_RECIPIENTS = 50
MOST_IDS = 20

LONGEST_SAID = 16_000


def read(raw: bytes) -> Report:
    """What it says. Never raises: what cannot be read is no bounce."""
    try:
        apart = taken_apart(raw)
    except ValueError:
        return Report(verdict=Verdict.NOT_A_BOUNCE)
    text = "\n".join([*apart.returned, *apart.status, *apart.feedback, *apart.said])
    mails = list(dict.fromkeys(OURS.findall(text)))[:MOST_IDS]
    for way in (_complaint, _notification, _by_the_book, _away, _in_own_words):
        returned = list(way(apart))[:MOST_RECIPIENTS]
        if returned:
            return Report(verdict=returned[0].verdict, returned=returned, mails=mails)
    return Report(verdict=Verdict.NOT_A_BOUNCE)


def _complaint(apart: Apart) -> Iterator[Returned]:
    for report in apart.feedback:
        fields = _fields(report)
        if fields.get("feedback-type", "").lower() in {"abuse", "fraud", "virus", "other"}:
            to = _fields("\n".join(apart.returned)).get("to", "")
            named = [fields.get("original-rcpt-to", ""), fields.get("removal-recipient", ""), to]
            yield _said_of(Verdict.COMPLAINT, "complaint", ADDRESS.findall(" ".join(named)))


def _notification(apart: Apart) -> Iterator[Returned]:
    """A complaint as large senders' services pass it on: one JSON object on a line of its own."""
    for line in "\n".join(apart.said).splitlines():
        if not line.startswith('{"notificationType":"Complaint"'):
            continue
        try:
            recipients = json.loads(line.replace("!\n", ""))["complaint"]["complainedRecipients"]
            named = [str(recipient["emailAddress"]) for recipient in recipients]
        except (ValueError, KeyError, TypeError, RecursionError):
            named = ADDRESS.findall(line.partition('"mail"')[0])
        yield _said_of(Verdict.COMPLAINT, "complaint", ADDRESS.findall(" ".join(named)))


def _by_the_book(apart: Apart) -> Iterator[Returned]:
    for report in apart.status or [*apart.said, *apart.returned]:
        for block in re.split(r"\n\s*\n", re.sub(r"(?m)^> ?", "", report)):
            fields = _fields(block)
            if "final-recipient" not in fields and (not apart.status or "action" not in fields):
                continue
            action = fields.get("action", "failed").split(" ")[0].lower()
            if action in {"delivered", "relayed", "expanded"}:
                continue
            yield _of_block(fields, apart, delayed=action == "delayed")


def _of_block(fields: Mapping[str, str], apart: Apart, *, delayed: bool) -> Returned:
    named = [
        fields.get("final-recipient", ""),
        fields.get("original-recipient", ""),
        fields.get("x-actual-recipient", ""),
    ]
    addresses = list(dict.fromkeys(ADDRESS.findall(" ".join(named))))
    diagnostic = fields.get("diagnostic-code", "")
    return _judged(diagnostic, _near(apart.said, addresses), fields.get("status", ""), addresses, delayed=delayed)


def _away(apart: Apart) -> Iterator[Returned]:
    heads = apart.heads
    replied = header(heads, "Auto-Submitted").lower().startswith("auto-replied")
    replied = replied or any(name in heads for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    subject = header(heads, "Subject")
    if not DAEMON.search(header(heads, "From")) and (replied or AWAY.search(subject)) and not BOUNCES.search(subject):
        yield _said_of(Verdict.VACATION, "vacation", ADDRESS.findall(header(heads, "From")))


def _in_own_words(apart: Apart) -> Iterator[Returned]:
    heads = apart.heads
    said = "\n".join(apart.said)
    subject, sender = header(heads, "Subject"), f"{header(heads, 'From')} {header(heads, 'Return-Path')}"
    looks = bool(BOUNCES.search(subject)) + bool(DAEMON.search(sender)) + bool(BOUNCES.search(said[:3000]))
    if looks < 2 and "X-Failed-Recipients" not in heads:
        return
    told = _before_the_copy(said)
    ours = set(ADDRESS.findall(f"{header(heads, 'To')} {sender}".lower()))
    named = ADDRESS.findall(header(heads, "X-Failed-Recipients")) or [
        address for address in ADDRESS.findall(told) if address.lower() not in ours
    ]
    addresses = list(
        dict.fromkeys(address for address in named if not SERVERS_OWN.search(address)) or dict.fromkeys(named)
    )
    if not addresses:
        yield _judged("", told, "", [])
    for address in addresses:
        near = _near([told], [address]) if len(addresses) > 1 else told
        yield _judged("", near, "", [address])


def _judged(diagnostic: str, said: str, status: str, addresses: Sequence[str], *, delayed: bool = False) -> Returned:
    """The diagnostic's own words first; where they say nothing, what the mail says around the address."""
    diagnostic, said = diagnostic[:LONGEST_SAID], said[:LONGEST_SAID]
    found = STATUS.search(diagnostic) or STATUS.search(status) or STATUS.search(said)
    code = found[1] if found else ""
    reply = REPLY.search(diagnostic) or REPLY.search(said)
    reason = reason_of(diagnostic, code) if diagnostic else UNKNOWN
    if reason == UNKNOWN:
        own = "\n".join(line for line in said.splitlines() if ADDRESS.search(line))
        reason = reason_of(own, "") if reason_of(own, "") != UNKNOWN else reason_of(said, code)
    if reason in HARD and is_of_the_mail(f"{diagnostic}\n{said}", code):
        reason = OF_THE_MAIL
    verdict = (
        Verdict.DELAYED if delayed else Verdict.HARD if reason in HARD and not code.startswith("4") else Verdict.SOFT
    )
    return Returned(verdict=verdict, reason=reason, addresses=addresses, status=code, reply=reply[1] if reply else "")


def _said_of(verdict: Verdict, reason: str, addresses: Sequence[str]) -> Returned:
    return Returned(verdict=verdict, reason=reason, addresses=list(dict.fromkeys(addresses)))


def _fields(text: str) -> dict[str, str]:
    """Headers by name in small letters; the first of each counts."""
    found: dict[str, str] = {}
    for match in FIELD.finditer(text):
        found.setdefault(match[1].lower(), " ".join(match[2].split()))
    return found


def _before_the_copy(said: str) -> str:
    copy = COPY.search(said, 1)
    return said[: copy.start()] if copy else said


def _near(said: Sequence[str], addresses: Sequence[str]) -> str:
    """From the first mention of an address to the next other address at a line's beginning, or to the copy."""
    text = _before_the_copy("\n".join(said))
    lines = text.splitlines()
    kept: list[str] = []
    on = False
    for line in lines:
        mentioned = [address.lower() for address in ADDRESS.findall(line)]
        if mentioned:
            on = any(address.lower() in mentioned for address in addresses)
        if on:
            kept.append(line)
    return "\n".join(kept) or text
