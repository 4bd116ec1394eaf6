"""Every named place where a process may be killed: what has happened there, and what has not; tests kill at each."""

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """`says` tells the state of things there. Each stands at one place of the code, which says `reached`."""

    says: str

    def __new__(cls, name: str, says: str) -> "Point":
        point = str.__new__(cls, name)
        point._value_ = name
        point.says = says
        return point

    COMMAND_KEY_CLAIMED = "command.key-claimed", "The lock of the Idempotency-Key is held; nothing is done."
    COMMAND_SIGNALS_WRITTEN = "command.signals-written", "Its signals stand in the outbox; not committed."
    COMMAND_ANSWER_KEPT = "command.answer-kept", "Its answer is stored beside its effect; not committed."
    COMMAND_BEFORE_COMMIT = "command.before-commit", "All is written and nothing committed."
    COMMAND_AFTER_COMMIT = "command.after-commit", "All is committed; whoever asked has no answer."

    GROUP_CLAIMED = "group.claimed", "The keys of a group of requests are claimed; nothing is done."
    GROUP_BEFORE_COMMIT = "group.before-commit", "The effects and answers of a group are written; nothing committed."
    GROUP_AFTER_COMMIT = "group.after-commit", "A group is committed; nobody in it has an answer."

    RELAY_ELECTED = "relay.elected", "This relay is the one of its database; it has no producer."
    RELAY_PRODUCER_ANEW = "relay.producer-anew", "After a failed send a new producer is there; nothing is sent again."
    RELAY_RENDERED = "relay.rendered", "Profiles are rendered as they are now; not sent."
    RELAY_BEFORE_SEND = "relay.before-send", "Rows are read; none is sent."
    RELAY_BEFORE_ACKNOWLEDGEMENT = "relay.before-acknowledgement", "A batch is handed to the producer; no answer yet."
    RELAY_HALF_SENT = "relay.half-sent", "A partition's first batch is acknowledged, its next one is not sent."
    RELAY_NEXT_IN_HAND = "relay.next-in-hand", "A full batch is on its way, the next one is read; neither is marked."
    RELAY_BEFORE_MARK = "relay.before-mark", "All is acknowledged; no row is marked sent."
    RELAY_AFTER_MARK = "relay.after-mark", "Rows are marked sent, perhaps not yet on the disk."
    RELAY_BEFORE_HEARTBEAT = "relay.before-heartbeat", "Grants are sent; the heartbeat that says so is not."

    CONSUMER_FETCHED = "consumer.fetched", "Records are in hand; no transaction has begun."
    CONSUMER_BEGUN = "consumer.begun", "The batch's position is written; not committed."
    CONSUMER_INBOX_WRITTEN = "consumer.inbox-written", "The inbox has its rows; no handler has run; not committed."
    CONSUMER_EFFECT_WRITTEN = "consumer.effect-written", "Handlers have run; not committed."
    CONSUMER_COMMITTED = "consumer.committed", "The database has the batch; Kafka's offset does not say so."
    CONSUMER_OFFSET_COMMITTED = "consumer.offset-committed", "Kafka's offset follows the database."
    CONSUMER_SAVEPOINT_RETRY = "consumer.savepoint-retry", "A handler has failed and is rolled back; not tried again."
    CONSUMER_PARKING = "consumer.parking", "A delivery is given up for now; it is not set aside."
    CONSUMER_PARKED = "consumer.parked", "A delivery is set aside with its cause; not committed."
    CONSUMER_WAITING_BEHIND = "consumer.waiting-behind", "A delivery is set aside behind one of its subject."
    CONSUMER_REVOKED = "consumer.revoked", "Partitions are taken away; what is in hand is not finished."
    CONSUMER_GIVEN_UP = "consumer.given-up", "What was in hand of partitions taken away is finished."
    CONSUMER_DRAINING = "consumer.draining", "Told to end; what is in hand is not finished."
    CONSUMER_DRAINED = "consumer.drained", "Told to end; all is finished, the group is not left."
    CONSUMER_HEARTBEAT_WRITTEN = "consumer.heartbeat-written", "How fresh grants are is written down."
    CONSUMER_EPOCH_OVER = "consumer.epoch-over", "A rebuild has switched under a batch, which is rolled back."

    REPLAY_RUN = "replay.run", "Parked deliveries have run again; not released, not committed."

    REBUILD_EMPTIED = "rebuild.emptied", "The idle side is empty; nothing is read."
    REBUILD_NEAR = "rebuild.near", "The idle side is nearly there; the other one serves."
    REBUILD_ALONE = "rebuild.alone", "Live batches are held back; the rest is not read."
    REBUILD_TAKEN_OVER = "rebuild.taken-over", "The new side has all, and what waited; nothing is switched."
    REBUILD_FLIPPED = "rebuild.flipped", "The row is flipped; not committed."
    REBUILD_SWITCHED = "rebuild.switched", "The new side serves; what the old epoch remembers is not let go."

    JOB_TAKEN = "job.taken", "A job is leased; nothing is done."
    JOB_CHUNK_WRITTEN = "job.chunk-written", "A chunk's effects are written with its progress; not committed."
    JOB_BETWEEN_CHUNKS = "job.between-chunks", "A chunk is committed; the next one has not begun."
    JOB_BEFORE_FINISH = "job.before-finish", "The report is written; not committed."
    JOB_AFTER_FINISH = "job.after-finish", "The job is done, which nobody has counted."

    TIMER_DUE = "timer.due", "What is due is known; nothing has fired."
    TIMER_MARKED = "timer.marked", "The mark that a timer has fired is written, its effect is not; not committed."
    TIMER_FIRED = "timer.fired", "A timer has fired and is marked; not committed."
    TIMER_COMMITTED = "timer.committed", "A timer's mark and effect are committed."

    MIGRATE_FILES_UNDER_WAY = "migrate.files-under-way", "Another program applies a folder's files, and goes on alone."
    MIGRATE_BETWEEN_FOLDERS = "migrate.between-folders", "One folder's files are applied, the next one's are not."
    MIGRATE_BEFORE_RIGHTS = "migrate.before-rights", "All files are applied; the roles may not use what is new."

    SERVE_LEAVING = "serve.leaving", "Told to end; requests are still answered."
    SERVE_CLOSED = "serve.closed", "No new connection is taken; requests in flight are not finished."

    PLACE_GIVEN = "registration.place-given", "A registration is stored; nobody is told, nothing committed."
    PLACE_FREED = "registration.place-freed", "A place is given up, and nobody has it yet; not committed."
    WAITER_PROMOTED = "registration.waiter-promoted", "The first in line has the place and is told; not committed."

    MAIL_CLAIMED = "mail.claimed", "Mails are written and ours, which is committed; none has left."
    MAIL_ACCEPTED = "mail.accepted", "The mail server has said 250; nobody has written that down."
    MAIL_SETTLING = "mail.settling", "What became of mails is written; not committed."
    MAIL_RECOVERED = "mail.recovered", "What a dead sender had in hand is picked up; not committed."

    WEBHOOK_CLAIMED = "webhook.claimed", "Webhooks are ours, which is committed; none has left."
    WEBHOOK_ANSWERED = "webhook.answered", "The receiver has answered; nobody has written that down."
    WEBHOOK_SETTLING = "webhook.settling", "What became of webhooks is written; not committed."

    ANNOUNCEMENT_COUNTED = "announcement.counted", "Who is meant is counted; nobody is told."
    ANNOUNCEMENT_CHUNK_WRITTEN = "announcement.chunk-written", "A chunk of people is told in the ledger; not committed."
    ANNOUNCEMENT_BETWEEN_CHUNKS = (
        "announcement.between-chunks",
        "A chunk of people is told and committed; the next has not begun.",
    )

    STREAM_POSITIONS_DRAWN = "stream.positions-drawn", "A partner's items have positions; not committed."
    EXPORT_WRITTEN = "export.written", "An export's file is stored, its job is not done; not committed."
    CHANGE_CARRIED_OUT = "change.carried-out", "A planned change of networks is carried out; not committed."
    ERASURE_WRITTEN = "erasure.written", "Somebody is forgotten, and every cell is told; not committed."
    ERASURE_COMMITTED = "erasure.committed", "One service has forgotten somebody; no other one has heard of it."


Told = Callable[[Point], None]

_told: Told | None = None


def reached(point: Point) -> None:
    """Nothing at all, unless a test listens."""
    if _told is not None:
        _told(point)


def listen(told: Told | None) -> None:
    """A seam that tests alone set: who is told of each point as it is reached. None: nobody, as ever."""
    global _told
    _told = told
