"""What came back is told apart: for good, for now, a complaint, somebody away, or no bounce at all."""

import csv
import time
from collections import defaultdict
from pathlib import Path

import pytest
from notifications_bounces import a_complaint, a_report, away, in_own_words

from notifications_service.bounces.mime import LONGEST
from notifications_service.bounces.model import Verdict
from notifications_service.bounces.reading import read

TO = "asha@example.org"
REAL = Path(__file__).parents[5] / "shared" / "data" / "bounces"
"""Labelled mails of others, which are not a part of this project."""
AS_LABELLED, HARD_OR_SOFT = 141 / 146, 129 / 134
"""Shares of the recipients in those mails that are told as labelled: of all, and of those whose mail came back."""

SAID = [
    ("5.1.1", "550 5.1.1 <asha@example.org>: Recipient address rejected: User unknown", "hard", "user-unknown"),
    ("5.0.0", "550 No such user here", "hard", "user-unknown"),
    ("5.1.1", "550 5.1.1 account disabled", "hard", "user-unknown"),
    ("5.4.4", "Host or domain name not found. Name service error", "hard", "host-unknown"),
    ("5.1.10", "556 5.1.10 Recipient address has null MX", "hard", "takes-no-mail"),
    ("5.1.6", "551 5.1.6 User has moved; please try <asha@new.example>", "hard", "moved"),
    ("5.1.2", "", "hard", "host-unknown"),
    ("5.2.2", "552 5.2.2 The email account is over quota", "soft", "mailbox-full"),
    ("4.2.2", "452 mailbox full", "soft", "mailbox-full"),
    (
        "5.7.1",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "soft",
        "blocked",
    ),
    ("5.7.1", "550 5.7.1 Message rejected as spam by content filter: unknown user pattern", "soft", "spam"),
    (
        "5.7.26",
        "550 5.7.26 Unauthenticated email from example.org is not accepted due to DMARC",
        "soft",
        "authentication",
    ),
    ("5.3.4", "552 5.3.4 message size exceeds fixed limit", "soft", "too-big"),
    ("4.4.7", "delivery time expired", "soft", "expired"),
    ("5.2.1", "550 5.2.1 mailbox disabled", "soft", "suspended"),
    ("5.7.1", "550 5.7.1 user unknown", "soft", "refused-after-the-mail"),
    ("4.1.1", "450 4.1.1 user unknown in virtual mailbox table", "soft", "user-unknown"),
    ("5.0.0", "554 something else", "soft", "undetermined"),
]


@pytest.mark.parametrize(("status", "said", "verdict", "reason"), SAID)
def test_a_report_by_the_book_is_told_by_its_words_then_by_its_code(
    status: str, said: str, verdict: str, reason: str
) -> None:
    (returned,) = read(a_report(to=TO, status=status, said=said)).returned

    assert (returned.verdict, returned.reason, returned.addresses) == (verdict, reason, [TO])


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", "hard"),
        ("This user doesn't have an account here", "hard"),
        ("Mailbox is full (#5.2.2)", "soft"),
        ("Connected to 192.0.2.1 but sender was rejected.", "soft"),
    ],
)
def test_a_server_in_its_own_words_is_understood(said: str, verdict: str) -> None:
    (returned,) = read(in_own_words(to=TO, said=said)).returned

    assert (returned.verdict, returned.addresses) == (verdict, [TO])


def test_each_recipient_is_judged_by_what_is_said_of_them() -> None:
    raw = in_own_words(to=TO, said="550 mailbox full\n\n<ben@example.org>:\n550 no such user")

    assert [(one.addresses, one.verdict) for one in read(raw).returned] == [
        ([TO], Verdict.SOFT),
        (["ben@example.org"], Verdict.HARD),
    ]


def test_a_complaint_and_somebody_away_are_no_bounces() -> None:
    assert read(a_complaint(to=TO, returned="To: x@example.org")).verdict is Verdict.COMPLAINT
    assert read(away(sender=TO)).verdict is Verdict.VACATION


@pytest.mark.parametrize(
    "hostile",
    [
        b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"a" * LONGEST,
        b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"x@" * (LONGEST // 2),
        b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"user unknown recipient " * (LONGEST // 24),
        b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"\n \t" * (LONGEST // 3),
        b"From: MAILER-DAEMON\nSubject: failure notice\n\n" + b"A: b\n " * (LONGEST // 6),
        b"Subject: failure notice\nContent-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * (LONGEST // 16),
        b"Subject: x\n" + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 8000,
    ],
)
def test_no_mail_costs_more_than_a_moment(hostile: bytes) -> None:
    started = time.process_time()

    read(hostile)

    assert time.process_time() - started < 3


def test_real_mails_are_classified_as_labelled() -> None:
    """Where the labelled mails lie beside the project they are all read, else our own samples; the share is printed."""
    judged = _real() if REAL.is_dir() else _own()
    right = sum(wanted == found for wanted, found in judged)
    final = [(wanted, found) for wanted, found in judged if wanted in {"hard", "soft"}]
    right_of_final = sum(wanted == found for wanted, found in final)
    print(
        f"\nbounces: {right} of {len(judged)} recipients classified as labelled ({right / len(judged):.1%}); "
        f"hard or soft: {right_of_final} of {len(final)} ({right_of_final / len(final):.1%}); "
        f"{'real mails' if REAL.is_dir() else 'own samples'}"
    )

    assert right / len(judged) >= AS_LABELLED
    assert right_of_final / len(final) >= HARD_OR_SOFT
    assert all(found != "hard" for wanted, found in judged if wanted in {"complaint", "vacation"})


def _own() -> list[tuple[str, str]]:
    judged = [
        (verdict, str(read(a_report(to=TO, status=status, said=said)).returned[0].verdict))
        for status, said, verdict, _ in SAID
    ]
    judged.append(("complaint", str(read(a_complaint(to=TO, returned="To: x@example.org")).verdict)))
    return [*judged, ("vacation", str(read(away(sender=TO)).verdict))]


def _real() -> list[tuple[str, str]]:
    """Label and verdict of each recipient. A delay is labelled soft: either way the address stays as it is."""
    labels: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (REAL / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            labels[row["file"]].append(row)
    judged = []
    for name, rows in sorted(labels.items()):
        returned = read((REAL / name).read_bytes()).returned
        for place, row in enumerate(rows):
            wanted = {"feedback": "complaint", "vacation": "vacation"}.get(row["reason"])
            wanted = wanted or ("hard" if row["hard_bounce"] == "true" else "soft")
            one = returned[min(place, len(returned) - 1)] if returned and wanted == "complaint" else None
            one = one or (returned[place] if place < len(returned) else None)
            found = "none" if one is None else "soft" if one.verdict is Verdict.DELAYED else str(one.verdict)
            judged.append((wanted, found))
    return judged
