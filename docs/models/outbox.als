/*
 * Outbox and relay: what a transaction wrote leaves once it has committed, in the order of its key.
 *
 * The code: servicekit.outbox (publish, relay, batches, ledger). A signal stands for a batch of one partition, which the
 * broker takes whole or not at all, and of which a relay has one on its way at a time.
 */
module outbox

open util/ordering[Signal] as positions
open util/ordering[Place] as places

sig Place {}
/** Where a record stands on the topic. */

sig Key {}

sig Signal { key: one Key }
/** Ordered by position: the database draws it when the row is written. */

abstract sig Mechanism {}
one sig
  KeyLock,    // the row whose id is the key is locked from before the signal is written until the commit
  SameCommit, // the signal's row commits with what it tells of
  ByPosition, // the relay reads by position, and not by the number that somebody drew before they had the lock
  Unsent,     // it reads what is not marked, and not what lies behind a cursor
  MarkLast,   // it marks a row once the broker has it
  OneRelay,   // whoever relays holds the election's lock
  Fence       // the broker takes nothing more from a producer that was given up; this is NOT built: it is put right afterwards (outbox/doubts.py)
  extends Mechanism {}

one sig World { without: set Mechanism }

pred built { World.without = Fence }
pred fenced { no World.without }
pred only_without[m: Mechanism] { World.without = Fence + m }

var sig Open, Committed, RolledBack, Row, Marked, Strayed, Passed in Signal {}
/** Row: visible in the outbox. Strayed: given up by its relay, and still on its way. Passed: behind a cursor. */

sig Relay { var hand, acknowledged: lone Signal }

one sig Commits { var earlier: Signal -> Signal }
/** The order of commits; nobody keeps it, it is what we hold the topic against. */

one sig Topic { var log: Place -> lone Signal }

fun there: set Signal { Place.(Topic.log) }
fun free: lone Place { min[Place - Topic.log.Signal] }
fun first_place[s: Signal]: lone Place { min[Topic.log.s] }
fun last_place[s: Signal]: lone Place { max[Topic.log.s] }

fact at_first {
  no Open + Committed + RolledBack + Row + Marked + Strayed + Passed
  no hand
  no acknowledged
  no earlier
  no log
}

pred database_same {
  Open' = Open
  Committed' = Committed
  RolledBack' = RolledBack
  Row' = Row
  earlier' = earlier
}

pred relays_same {
  Marked' = Marked
  Passed' = Passed
  hand' = hand
  acknowledged' = acknowledged
}

pred broker_same {
  Strayed' = Strayed
  log' = log
}

pred write[s: Signal] {
  s not in Open + Committed + RolledBack
  s.prevs in Open + Committed + RolledBack
  (KeyLock not in World.without) implies (no Open & key.(s.key))
  Open' = Open + s
  Committed' = Committed
  RolledBack' = RolledBack
  Row' = Row
  earlier' = earlier
  relays_same
  broker_same
}

pred commit[s: Signal] {
  s in Open
  Open' = Open - s
  Committed' = Committed + s
  RolledBack' = RolledBack
  (SameCommit not in World.without) implies Row' = Row + s else (Row' = Row or Row' = Row + s)
  earlier' = earlier + Commits -> (Committed -> s)
  relays_same
  broker_same
}

pred roll_back[s: Signal] {
  s in Open
  Open' = Open - s
  Committed' = Committed
  RolledBack' = RolledBack + s
  (SameCommit not in World.without) implies Row' = Row else (Row' = Row or Row' = Row + s)
  earlier' = earlier
  relays_same
  broker_same
}

fun waiting: set Signal {
  Unsent in World.without => { s: Row - Passed | no s.nexts & Passed } else Row - Marked
}

pred take[r: Relay, s: Signal] {
  no r.hand
  (OneRelay not in World.without) implies no Relay.hand
  s in waiting
  (ByPosition not in World.without) implies no s.prevs & waiting
  hand' = hand + r -> s
  Passed' = Passed + s
  Marked' = Marked
  acknowledged' = acknowledged
  database_same
  broker_same
}

pred append[s: Signal] {
  some free
  log' = log + Topic -> free -> s
}

pred send[r: Relay] {
  some r.hand
  no r.acknowledged
  append[r.hand]
  acknowledged' = acknowledged + r -> r.hand
  Strayed' = Strayed
  Marked' = Marked
  Passed' = Passed
  hand' = hand
  database_same
}

pred mark[r: Relay] {
  some r.acknowledged
  Marked' = Marked + r.hand
  hand' = hand - r -> Signal
  acknowledged' = acknowledged - r -> Signal
  Passed' = Passed
  database_same
  broker_same
}

pred mark_early[r: Relay] {
  MarkLast in World.without
  some r.hand - Marked
  Marked' = Marked + r.hand
  hand' = hand
  acknowledged' = acknowledged
  Passed' = Passed
  database_same
  broker_same
}

/** A crash, a timeout, a lost connection or election: what was not acknowledged may yet arrive. */
pred give_up[r: Relay] {
  some r.hand
  hand' = hand - r -> Signal
  acknowledged' = acknowledged - r -> Signal
  Strayed' = Strayed + (Fence in World.without => r.hand - r.acknowledged else none)
  log' = log
  Marked' = Marked
  Passed' = Passed
  database_same
}

pred arrive[s: Signal] {
  s in Strayed
  append[s]
  Strayed' = Strayed - s
  database_same
  relays_same
}

pred nothing {
  database_same
  relays_same
  broker_same
}

fact whatever_happens {
  always (
    nothing
    or (some s: Signal | write[s] or commit[s] or roll_back[s] or arrive[s])
    or (some r: Relay | send[r] or mark[r] or mark_early[r] or give_up[r])
    or (some r: Relay, s: Signal | take[r, s])
  )
}

// What is promised.

/** Whatever committed is on the topic, or a relay will still take it. */
pred nothing_lost { always Committed - there in (Unsent in World.without => waiting else Row - Marked) + Relay.hand }

pred nothing_invented { always there in Committed }

/** A key's signals come for the first time in the order of their commits. */
pred first_in_order {
  always all s: Signal, t: s.(Commits.earlier) & key.(s.key) & there |
    s in there and lt[first_place[s], first_place[t]]
}

/** Once all is sent and nothing is on its way, the last record of a key is its newest: compaction keeps that one. */
pred last_is_newest {
  always ((Committed in Marked and no Relay.hand and no Strayed) implies
    all s: Signal, t: s.(Commits.earlier) & key.(s.key) | lt[last_place[s], last_place[t]])
}

check nothing_is_lost { built implies nothing_lost } for 2 but 3 Place, 1 Relay, 10..10 steps expect 0
check nothing_is_invented { built implies nothing_invented } for 2 but 3 Place, 1 Relay, 10..10 steps expect 0
check keys_keep_their_order { built implies first_in_order } for 2 but 3 Place, 1 Relay, 10..10 steps expect 0
check compaction_would_keep_the_newest { fenced implies last_is_newest } for 2 but 3 Place, 1 Relay, 14..14 steps expect 0

// Each mechanism taken away, and what breaks.

check without_the_lock_keys_lose_their_order { only_without[KeyLock] implies first_in_order } for 2 but 3 Place, 1 Relay, 10..10 steps expect 1
check by_numbers_keys_lose_their_order { only_without[ByPosition] implies first_in_order } for 2 but 3 Place, 1 Relay, 10..10 steps expect 1
check published_apart_signals_are_lost { only_without[SameCommit] implies nothing_lost } for 2 but 3 Place, 1 Relay, 10..10 steps expect 1
check published_apart_signals_are_invented { only_without[SameCommit] implies nothing_invented } for 2 but 3 Place, 1 Relay, 10..10 steps expect 1
check behind_a_cursor_signals_are_lost { only_without[Unsent] implies nothing_lost } for 2 but 3 Place, 1 Relay, 10..10 steps expect 1
check marked_early_signals_are_lost { only_without[MarkLast] implies nothing_lost } for 2 but 3 Place, 1 Relay, 10..10 steps expect 1
check two_relays_leave_the_older_last { World.without = OneRelay implies last_is_newest } for 2 but 3 Place, 2 Relay, 14..14 steps expect 1

// What surprised.

check two_relays_keep_the_order_of_firsts { only_without[OneRelay] implies first_in_order } for 2 but 3 Place, 2 Relay, 10..10 steps expect 0
check as_built_a_late_send_may_stand_last { built implies last_is_newest } for 2 but 3 Place, 1 Relay, 14..14 steps expect 1

// The model does something: both arrive, one of them twice.
run all_arrive { built and eventually (there = Signal and there in Marked and #Topic.log = 3) } for exactly 2 Signal, exactly 2 Key, 3 Place, 1 Relay, 14..14 steps expect 1
