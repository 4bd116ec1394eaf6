"""The rules of preferences: the nearest network's word counts, then the kind's own; service messages come anyway."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications_service.tellings.model import ASKED_FOR, SERVICE_MESSAGES, SET_BY_PERSON, Channel, Kind
from servicekit.problem import Invalid

ALL = "all"
MOST_ENTRIES = 200

WHY_NOT = (
    "{kind} is a service message: it tells you what became of something that you asked for or must know of, so it "
    "cannot be switched off by mail. It can be switched off in the application; announcements, reminders and digests "
    "can be switched off by mail."
)


class ServiceMessage(Invalid):
    code = "service-message"
    title = "Service messages are always mailed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says of one kind (or `all`), by one channel, of one network and all below it (None: of all)."""

    kind: str
    channel: str
    network_id: UUID | None
    wanted: bool | None
    """None: no word any more; what is said above it counts."""

    @property
    def about(self) -> tuple[str, str, UUID | None]:
        return (self.kind, self.channel, self.network_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A word as it is written down, with what decides between two of them."""

    person_id: UUID
    word: Word
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """A word with the path of its network, None for every network."""

    kind: str
    channel: str
    path: str | None
    wanted: bool


def wants(wishes: Iterable[Wish], kind: str, channel: str, network: str) -> bool:
    """Whether somebody with these wishes is told of this kind by this channel. network: the cause's path."""
    if channel == Channel.EMAIL and kind in SERVICE_MESSAGES:
        return True
    said = [wish for wish in wishes if wish.channel == channel and wish.kind in {kind, ALL} and _covers(wish, network)]
    nearest = max(
        said, key=lambda wish: (len((wish.path or "").split(".")) if wish.path else 0, wish.kind != ALL), default=None
    )
    return nearest is None or nearest.wanted


def _covers(wish: Wish, network: str) -> bool:
    return wish.path is None or network == wish.path or network.startswith(wish.path + ".")


def check(word: Word) -> None:
    """Raise Invalid, in words, where nobody may say this."""
    known = [ALL, *sorted(kind.value for kind in SET_BY_PERSON)]
    if word.kind in ASKED_FOR:
        raise Invalid(f"kind: {word.kind} comes because you asked for it: end it where you asked for it.")
    if word.kind not in known:
        raise Invalid(f"kind: there is no {word.kind[:40]!r}; known: {', '.join(known)}.")
    channels = [channel.value for channel in Channel]
    if word.channel not in channels:
        raise Invalid(f"channel: there is no {word.channel[:40]!r}; known: {', '.join(channels)}.")
    if word.wanted is False and word.channel == Channel.EMAIL and word.kind in SERVICE_MESSAGES:
        raise ServiceMessage(WHY_NOT.format(kind=word.kind))


def check_all(words: Sequence[Word]) -> None:
    """The same for a whole list, in which each thing is said once."""
    if len(words) > MOST_ENTRIES:
        raise Invalid(f"At most {MOST_ENTRIES} preferences are kept; these are {len(words)}.")
    seen: set[tuple[str, str, UUID | None]] = set()
    for word in words:
        check(word)
        if word.about in seen:
            raise Invalid(f"{word.kind} by {word.channel} is said twice for the same network: say it once.")
        seen.add(word.about)


def replaced(before: Collection[Word], after: Sequence[Word]) -> list[Word]:
    """What must be said so that the list becomes `after`: what is new or different, and what stands no more."""
    stands = {word.about: word.wanted for word in before}
    said = [word for word in after if stands.get(word.about) is not word.wanted]
    kept = {word.about for word in after}
    gone = [
        Word(kind=word.kind, channel=word.channel, network_id=word.network_id, wanted=None)
        for word in before
        if word.about not in kept and word.wanted is not None
    ]
    return said + gone


def title(kind: Kind) -> str:
    """Such as `Event announced`, for whoever chooses."""
    return kind.value.replace("-", " ").capitalize()
