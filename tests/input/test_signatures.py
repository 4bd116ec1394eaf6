"""Whatever we signed and somebody altered, by any bit, is refused: tickets, links, cursors, webhooks."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from decoders import A_CURSOR, A_LINK, A_TICKET, CURSORS, LINKS, OFFICE, TODAY
from figures import Figures
from hypothesis import seed as seeded
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from events_service.tickets.model import taken_apart
from guildhall_kit import Refused, Webhooks
from notifications_service.webhooks.signing import signed_headers, written
from servicekit.problem import Problem

SECTION = "signatures"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECRETS = [b"a" * 32, b"b" * 32]
"""Two at a time, as while one is rotated."""
BODY = (
    b'{"id":"msg","type":"guildhall.notifications.ping.v1","time":"2026-11-23T10:00:00Z","position":0,'
    b'"agreement_id":"a","network":"national","data":{},"whole":true}'
)

Pieces = list[bytes]
"""What arrives, in as many pieces as it comes in."""


@dataclass(frozen=True)
class Signed:
    name: str
    pieces: Pieces
    read: Callable[[Pieces], Any]
    refusals: tuple[type[Exception], ...]


def _of_text(read: Callable[[str], Any]) -> Callable[[Pieces], Any]:
    return lambda pieces: read(pieces[0].decode("latin-1"))


NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
KIT = Webhooks([written(secret) for secret in SECRETS], now=lambda: int(NOW.timestamp()))


def _webhook(pieces: Pieces) -> Any:
    headers = dict(zip(NAMES, (piece.decode("latin-1") for piece in pieces), strict=False))
    return KIT.verify(headers, pieces[3])


def _a_webhook() -> Pieces:
    headers = signed_headers(SECRETS[:1], "msg", BODY, at=NOW)
    return [*(headers[name].encode() for name in NAMES), BODY]


SIGNED = [
    Signed("tickets", [OFFICE.issue(A_TICKET).encode()], _of_text(OFFICE.read), (Problem,)),
    Signed(
        "links",
        [LINKS.token(A_LINK, cell="national").encode()],
        _of_text(lambda text: LINKS.unsubscribe(text, cell="national", today=TODAY)),
        (Problem,),
    ),
    Signed("cursors", [A_CURSOR.encode()], _of_text(lambda text: CURSORS.decode(text, "list")), (Problem,)),
    Signed("webhooks", _a_webhook(), _webhook, (Refused,)),
]


def credulous(one: Signed) -> Signed:
    """The wrong variant: reads what stands there, and looks at no signature."""
    return Signed(one.name, one.pieces, _of_text(lambda text: taken_apart(text).ticket), one.refusals)


@dataclass
class Tried:
    altered: int = 0
    taken: int = 0


def play(one: Signed, *, seed: int, examples: int) -> Tried:
    tried = Tried()
    meant = one.read(one.pieces)

    class Forger(RuleBasedStateMachine):
        @initialize()
        def something_signed(self) -> None:
            self.pieces = list(one.pieces)

        @rule(piece=st.integers(0, 3), bit=st.integers(0, 4000))
        def alter_a_bit(self, piece: int, bit: int) -> None:
            piece %= len(self.pieces)
            changed = bytearray(self.pieces[piece])
            if changed:
                changed[bit // 8 % len(changed)] ^= 1 << bit % 8
                self.pieces[piece] = bytes(changed)

        @rule(piece=st.integers(0, 3), place=st.integers(0, 500), put=st.binary(max_size=3))
        def put_something_in(self, piece: int, place: int, put: bytes) -> None:
            piece %= len(self.pieces)
            place %= len(self.pieces[piece]) + 1
            self.pieces[piece] = self.pieces[piece][:place] + put + self.pieces[piece][place:]

        @rule(piece=st.integers(0, 3), length=st.integers(0, 500))
        def cut_it_off(self, piece: int, length: int) -> None:
            piece %= len(self.pieces)
            self.pieces[piece] = self.pieces[piece][:length]

        def teardown(self) -> None:
            if self.pieces == one.pieces:
                return
            tried.altered += 1
            try:
                read = one.read(self.pieces)
            except one.refusals:
                return
            tried.taken += 1
            assert read == meant, f"{one.name}: {self.pieces} was taken for {read}"
            assert means_the_same(one, self.pieces), f"{one.name}: {self.pieces} was taken"
            tried.taken -= 1

    kept = settings(
        max_examples=examples, stateful_step_count=4, deadline=None, database=None, report_multiple_bugs=False
    )
    run_state_machine_as_test(seeded(seed)(Forger), settings=kept)
    return tried


def means_the_same(one: Signed, pieces: Sequence[bytes]) -> bool:
    """Other signatures beside the good one, and another spelling of the same bits, alter nothing that was signed."""
    if one.name == "webhooks":
        signatures = pieces[2].decode("latin-1").split(" ")
        return [*pieces[:2], pieces[3]] == [*one.pieces[:2], one.pieces[3]] and one.pieces[2].decode() in signatures
    return _bits(pieces[0]) == _bits(one.pieces[0])


def _bits(text: bytes) -> list[bytes]:
    """Of Base64 pieces between dots, whose last sign may hold bits that stand for nothing."""
    return [
        base64.urlsafe_b64decode(piece + b"=" * (-len(piece) % 4)) if piece.isascii() else piece
        for piece in text.split(b".")
    ]


@pytest.mark.parametrize("one", SIGNED, ids=lambda one: one.name)
def test_whatever_was_altered_is_refused(one: Signed, seed: int, figures: Figures) -> None:
    tried = play(one, seed=seed, examples=100)

    figures.say(SECTION, f"{one.name}: altered", tried.altered, at_least=30)
    figures.say(SECTION, f"{one.name}: altered and taken", tried.taken, at_most=0)


@pytest.mark.faults
@pytest.mark.parametrize("one", SIGNED, ids=lambda one: one.name)
def test_whatever_was_altered_is_refused_however_often(one: Signed, seed: int, figures: Figures) -> None:
    tried = play(one, seed=seed, examples=4000)

    figures.say(SECTION, f"{one.name}: altered", tried.altered, at_least=1000)
    figures.say(SECTION, f"{one.name}: altered and taken", tried.taken, at_most=0)


def test_who_looks_at_no_signature_takes_a_forged_ticket() -> None:
    with pytest.raises(AssertionError, match="was taken"):
        play(credulous(SIGNED[0]), seed=7, examples=400)
